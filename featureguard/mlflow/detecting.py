"""What stands in a protected place of a registry, and whether a decision put it there.

The proof is the recorded decision, at the store or the API: tags in a registry anybody may write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from featureguard.desk import Desk
from featureguard.errors import UsageError
from featureguard.mlflow.asking import promoted
from featureguard.mlflow.places import Kind, Place
from featureguard.mlflow.registry import Registry
from featureguard.mlflow.settings import Settings
from featureguard.mlflow.subjects import Found, NoSubjectError, subject_of
from featureguard.protected import PastDecision, Protected


@dataclass(frozen=True, slots=True)
class Standing:
    """A version in a protected place.

    Attributes:
        place: The place and the version.
        found: The subject that the model is; `None` if none is about it.
        decision: The decision that put it there; `None` if there is none.
        why: Why that is not in order, and what to do; empty if it is.
        reverted: What was done about it, in a sentence; empty if nothing was.
    """

    place: Place
    found: Found | None
    decision: PastDecision | None
    why: str = ""
    reverted: str = ""

    @property
    def known(self) -> bool:
        """Whether a subject is about the model."""
        return self.found is not None

    def to_dict(self) -> dict[str, Any]:
        """The same for programs, as JSON values."""
        decision = self.decision
        return {
            "model": self.place.version.model,
            "version": self.place.version.version,
            "kind": self.place.kind,
            "name": self.place.name,
            "subject": self.found.subject if self.found else None,
            "decision": decision.id if decision else None,
            "decided_at": decision.decided_at.isoformat() if decision else None,
            "in_order": not self.why,
            "why": self.why or None,
            "reverted": self.reverted or None,
        }


def promotions(desk: Desk, registry: Registry, settings: Settings) -> list[Standing]:
    """Every protected place that is taken, by model and name.

    Args:
        desk: Where decisions are recorded.
        registry: The model registry.
        settings: Which places are protected.

    Raises:
        RegistryError: If the registry cannot be read.
        FeatureGuardError: If what is recorded cannot be read.
    """
    subjects = desk.subjects()
    found = [_judged(desk, registry, subjects, place) for place in taken(registry, settings)]
    return sorted(found, key=lambda one: (one.place.version.model, one.place.kind, one.place.name))


def taken(registry: Registry, settings: Settings) -> Iterator[Place]:
    """Every protected place that a version has.

    Raises:
        RegistryError: If the registry cannot be read.
    """
    for model in registry.models():
        for alias, number in (model.aliases or {}).items():
            if settings.protects("alias", alias):
                yield _place(registry, model.name, number, "alias", alias)
        for one in model.latest_versions or ():
            if one.current_stage and settings.protects("stage", one.current_stage):
                yield _place(registry, model.name, one.version, "stage", one.current_stage)


def _place(registry: Registry, model: str, number: object, kind: Kind, name: str) -> Place:
    return Place(registry.version(model, str(number)), kind, name)


def _judged(desk: Desk, registry: Registry, subjects: list[Protected], place: Place) -> Standing:
    try:
        found = subject_of(subjects, place.version.model, registry.lineage(place.version))
    except NoSubjectError as error:
        past = promoted(desk, place, None)  # Somebody named a subject when it was promoted.
        return Standing(place, None, past, "" if past else f"No decision allowed it. {error}")
    except UsageError as error:
        return Standing(place, None, None, f"Nobody can tell whose decision it would be. {error}")
    # Tags may have changed since; what a contract says may not be talked away.
    past = promoted(desk, place, found.subject if found.by in ("alias", "name") else None)
    if past:
        return Standing(place, found, past)
    other = promoted(desk, place, None)
    about = f" Decision {other.id[:16]} was about '{other.subject}'." if other else ""
    return Standing(
        place,
        found,
        None,
        f"No decision about '{found.subject}' allowed {place.version} to be {place}.{about} Put it back, or"
        " promote it with 'featureguard promote'.",
    )


def reverted(one: Standing, told: str) -> Standing:
    """The same, after something was done about it."""
    return replace(one, reverted=told)
