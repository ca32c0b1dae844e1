"""The guard inside of a registry's server: no protected alias or stage is given without a decision.

It sits on the registry's store, where every request ends, whatever its path, method and spelling: REST, the
user interface, GraphQL, and clients inside of the server.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from featureguard.desk import Desk
from featureguard.errors import FeatureGuardError
from featureguard.mlflow.asking import (
    TAG,
    Question,
    decision_tag,
    document_of,
    fresh_decision,
    question_of,
    sentence,
)
from featureguard.mlflow.places import Place, Version, folded
from featureguard.mlflow.settings import Settings
from featureguard.mlflow.subjects import SERVICE_TAG, NoSubjectError, subject_of
from featureguard.ruling import Ruling

_log = logging.getLogger("featureguard.mlflow")

Runs = Callable[[str], Mapping[str, str]]
"""Gives the lineage tags of a run."""


class RefusedPromotionError(FeatureGuardError):
    """The guard lets something not pass.

    Attributes:
        document: Why, for programs.
    """

    def __init__(self, message: str, document: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.document = dict(document or {"verdict": "hold", "allowed": False})


@dataclass(frozen=True, slots=True)
class Veto:
    """Decides what may pass. It takes nobody's word: subject, evidence and history are its own.

    Attributes:
        settings: What is protected, and whom to ask.
        broken: Why the settings cannot be used: then everything is protected, and nothing passes.
        runs: Gives the lineage tags of a run.
    """

    settings: Settings
    broken: str = ""
    runs: Runs = lambda _: {}

    def protects(self, place: Place) -> bool:
        """Whether a place needs a decision."""
        return bool(self.broken) or self.settings.protects(place.kind, place.name)

    def pass_or_refuse(self, place: Place, holder: Place | None) -> tuple[str, str] | None:
        """Ask the gate, and record its decision.

        Args:
            place: What is to be given, and to whom.
            holder: The same place with the version that has it now; `None` if none has.

        Returns:
            The tag that tells of the decision; `None` where no decision was needed.

        Raises:
            RefusedPromotionError: If it may not pass, or nobody can tell.
        """
        if self.broken:
            raise RefusedPromotionError(f"featureguard: hold: the guard's settings are wrong. {self.broken}")
        try:
            return self._asked(place, holder)
        except RefusedPromotionError:
            raise
        except FeatureGuardError as error:
            raise RefusedPromotionError(
                f"featureguard: hold: {place} was not given to {place.version}, since the gate could not be"
                f" asked. {error}"
            ) from None
        except Exception as error:
            _log.exception("The guard failed while it judged %s", place)
            raise RefusedPromotionError(
                f"featureguard: hold: {place} was not given to {place.version}: an unexpected"
                f" {type(error).__name__}. The server's log tells more."
            ) from None

    def _asked(self, place: Place, holder: Place | None) -> tuple[str, str] | None:
        with self.settings.desk() as desk:
            try:
                found = subject_of(desk.subjects(), place.version.model, self._tags(place.version))
            except NoSubjectError as error:
                self._refuse_unknown(place, error)
                return None
            question = question_of(desk, found.protected, place, holder, rollback=self.settings.rollback)
            ruling = self._ruled(desk, place, question)
            if not ruling.allowed:
                raise RefusedPromotionError(sentence(ruling, question.hint), document_of(ruling))
            if ruling.id is None:  # Only in dry run, which holds nothing back.
                _log.warning("%s goes to %s, and that could not be recorded", place, place.version)
                return None
            _log.info("%s goes to %s by decision %s", place, place.version, ruling.id)
            return decision_tag(place, ruling)

    def _tags(self, version: Version) -> Mapping[str, str]:
        """The tags that may tell which subject a model is: the version's own, else those of its run."""
        if not self.settings.lineage:
            return {}
        return version.tags if SERVICE_TAG in version.tags else self.runs(version.run_id)

    def _ruled(self, desk: Desk, place: Place, question: Question) -> Ruling:
        """The confirmed answer, under the id of the decision that it confirms."""
        past = fresh_decision(desk, place, question, datetime.now(UTC))
        if past:  # `featureguard promote` has just asked: one promotion is one decision.
            decision_id = past.id
        else:
            key = place.key(question.action, f"server-{uuid.uuid4().hex}")
            ruling = desk.decide(question.subject, question.action, key=key)
            if not ruling.allowed or ruling.id is None:
                return ruling
            decision_id = ruling.id
        again = desk.confirm(decision_id, subject=question.subject, action=question.action)
        return again if again.id is None else Ruling(again.decision, decision_id)

    def _refuse_unknown(self, place: Place, error: NoSubjectError) -> None:
        """Refuse a model that no subject is about, unless such models pass."""
        if self.settings.unknown == "allow":
            _log.warning("%s goes to %s without a decision: no subject is about it", place, place.version)
            return
        text = str(error).replace(", or name one with --subject", "")
        if not self.settings.lineage:
            model, said = place.version.model, place.version.tags.get(SERVICE_TAG)
            write = f"Write 'aliases: {{mlflow: {model}}}' in the subject that it is."
            trust = f" Its tag '{SERVICE_TAG}' says '{said}', and tags are not believed here." if said else ""
            text = f"No subject is about the model '{model}'. {write}{trust}"
        raise RefusedPromotionError(f"featureguard: hold: {text}")


def is_guards(key: object) -> bool:
    """Whether a tag's key is one that only the guard writes."""
    return folded(str(key)).startswith(TAG)
