"""What a request to Feast's online store asks for, and which stored features each answer rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from featureguard.errors import UsageError
from featureguard.feature_registry import Projection, Registry
from featureguard.problems import suggestion


@dataclass(frozen=True, slots=True)
class Stored:
    """A feature that the online store holds."""

    view: str
    feature: str

    @property
    def reference(self) -> str:
        """As Feast refers to it."""
        return f"{self.view}:{self.feature}"


@dataclass(frozen=True, slots=True)
class Asked:
    """One feature of a response.

    Attributes:
        name: What the response calls it.
        rests_on: The stored features that it is, or is computed from; none if from the request alone.
        computed: Whether it is computed at the request, by an on-demand view.
    """

    name: str
    rests_on: tuple[Stored, ...]
    computed: bool = False


def asked_of(registry: Registry, features: Sequence[str] | str, *, full_names: bool) -> list[Asked]:
    """What is asked for.

    Args:
        registry: The registry.
        features: References `view:feature`, or the name of a feature service.
        full_names: Whether the response has names as `view__feature`.

    Raises:
        UsageError: If the registry does not know it, or the service keeps whole vectors, whose time says
            nothing of their data.
    """
    projections = (
        _of_service(registry, features) if isinstance(features, str) else list(map(_of_reference, features))
    )
    found = []
    for projection in projections:
        view = registry.views.get(projection.view)
        if view is None:
            hint = suggestion(projection.view, sorted(registry.views))
            raise UsageError(f"Feast knows no feature view '{projection.view}'.{hint}")
        computed = view.kind == "on_demand"
        for feature in projection.features:
            called = f"{projection.alias or projection.view}__{feature}" if full_names else feature
            rests_on = _inputs(registry, projection.view) if computed else (Stored(view.name, feature),)
            found.append(Asked(called, tuple(rests_on), computed))
    return found


def _of_service(registry: Registry, name: str) -> Sequence[Projection]:
    service = registry.services.get(name)
    if service is None:
        hint = suggestion(name, sorted(registry.services))
        raise UsageError(f"Feast knows no feature service '{name}'.{hint}")
    if service.precomputed:
        raise UsageError(
            f"The feature service '{name}' keeps vectors that were computed before, whose time says nothing"
            " of the"
            " age of their data. Ask for its features by reference: ['view:feature', …]."
        )
    return service.projections


def _of_reference(written: str) -> Projection:
    view, _, feature = written.partition(":")
    if not view or not feature:
        raise UsageError(f"'{written}' is no reference to a feature. Write 'view:feature'.")
    return Projection(view.partition("@")[0], (feature,), alias=view)


def _inputs(registry: Registry, view: str) -> list[Stored]:
    """Stored features below an on-demand view, each once."""
    found: dict[Stored, None] = {}
    seen: set[str] = set()
    waiting = list(registry.views[view].sources)
    while waiting:
        projection = waiting.pop(0)
        below = registry.views.get(projection.view)
        if below is not None and below.kind == "on_demand":
            if below.name not in seen:
                seen.add(below.name)
                waiting.extend(below.sources)
            continue
        found |= dict.fromkeys(Stored(projection.view, feature) for feature in projection.features)
    return list(found)
