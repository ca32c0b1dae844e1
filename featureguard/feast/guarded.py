"""A Feast `FeatureStore` that looks at how old its answers are, and at what a training join lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from featureguard.duration import format_duration
from featureguard.errors import StaleFeaturesError, UsageError
from featureguard.feast.asked import Asked, Stored, asked_of
from featureguard.feast.freshness import Freshness, Judged, judged, times_of, without, worst
from featureguard.feast.promises import ViewPromise, contracts_of, promises_of
from featureguard.feast.response import GuardedResponse
from featureguard.feast.training import CheckedJob, Expected
from featureguard.feature_registry import Registry
from featureguard.feature_registry.decoding import registry_of

On = Literal["raise", "null", "tag"]

SKEW = timedelta(minutes=5)
_EXAMPLES = 3


class GuardedFeatureStore:
    """A Feast `FeatureStore` that serves no stale feature unseen. All else is the store's own.

    Args:
        store: Feast's `FeatureStore`.
        promises: What is promised of each view. A view's ttl counts too: the smaller of both is the limit.
        limits: Largest ages that count more than what is promised, by view; `None` for a view of which nobody
            says how old it may be, so that its features are served and called `unpromised`.
        clock: The time now, aware.
    """

    def __init__(
        self,
        store: Any,
        promises: Mapping[str, ViewPromise] | None = None,
        *,
        limits: Mapping[str, timedelta | None] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._clock = store, clock
        self._promises, self._limits = dict(promises or {}), dict(limits or {})
        self._known: Registry | None = None

    @classmethod
    def open(
        cls,
        store: Any,
        project: Path | None = None,
        environment: str | None = None,
        *,
        limits: Mapping[str, timedelta | None] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> GuardedFeatureStore:
        """A store with what a project's contracts promise of it.

        Args:
            store: Feast's `FeatureStore`.
            project: The project file or a folder below it; `None` looks from the current folder upwards.
            environment: Name of the project's environment; `None` takes its default.
            limits: As for the class.
            clock: As for the class.

        Raises:
            ProjectError: If there is no project, or it cannot be read.
            ContractError: If its contracts are wrong.
            UsageError: If none of them is about this feature repository.
        """
        repo = Path(store.repo_path)
        contracts = contracts_of(repo, project, environment)
        if not contracts:
            raise UsageError(
                f"No contract is about the feature repository '{repo}'. Run 'featureguard import feast --repo"
                f" {repo}'."
            )
        registry = registry_of(store.registry.proto(), store.project)
        return cls(store, promises_of(contracts, registry.views), limits=limits, clock=clock)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def refresh_registry(self) -> None:
        """Read the registry anew, here and in Feast."""
        self._store.refresh_registry()
        self._known = None

    def get_online_features(
        self,
        features: Any,
        entity_rows: Any,
        full_feature_names: bool = False,
        *,
        on_stale: On = "raise",
        on_missing: On | None = None,
    ) -> GuardedResponse:
        """Feast's features, judged by the times that come with them.

        A feature that an on-demand view computes is as old as the oldest of what it is computed from; that
        is asked for before, so that its age is never told too small.

        Args:
            features: References `view:feature`, or a `FeatureService`.
            entity_rows: As for Feast: a list of mappings, or a mapping of columns.
            full_feature_names: Whether names are `view__feature`.
            on_stale: What to do with a feature that is too old or from the future: `raise` an error, take
                its value away (`null`), or serve it as it is and say so (`tag`).
            on_missing: The same where the store holds nothing; `None` for the same as `on_stale`.

        Raises:
            StaleFeaturesError: If something is not fresh and is to raise.
            UsageError: If nobody promises how old a view's features may be, or the request cannot be judged.
        """
        asked = self._asked(features, full_names=full_feature_names)
        before = self._inputs(asked, entity_rows)
        response = self._store.get_online_features(features, entity_rows, full_feature_names)
        return self._guarded(
            response, asked, self._keys(entity_rows), before, on_stale, on_missing or on_stale
        )

    async def get_online_features_async(
        self,
        features: Any,
        entity_rows: Any,
        full_feature_names: bool = False,
        *,
        on_stale: On = "raise",
        on_missing: On | None = None,
    ) -> GuardedResponse:
        """The same by Feast's asynchronous call.

        Raises:
            StaleFeaturesError: If something is not fresh and is to raise.
            UsageError: If nobody promises how old a view's features may be, or the request cannot be judged.
        """
        asked = self._asked(features, full_names=full_feature_names)
        before = {}
        if wanted := _references(asked):
            told = await self._store.get_online_features_async(wanted, entity_rows, full_feature_names=True)
            before = times_of(told.proto)
        response = await self._store.get_online_features_async(features, entity_rows, full_feature_names)
        return self._guarded(
            response, asked, self._keys(entity_rows), before, on_stale, on_missing or on_stale
        )

    def get_historical_features(
        self, entity_df: Any, features: Any, full_feature_names: bool = False, **more: Any
    ) -> CheckedJob:
        """Feast's training join; what it returns is checked when it is taken.

        Args:
            entity_df: As for Feast: a DataFrame of entities and times. One that is SQL cannot be counted.
            features: References `view:feature`, or a `FeatureService`.
            full_feature_names: Whether names are `view__feature`.
            more: Whatever else Feast takes.

        Raises:
            UsageError: If the entities cannot be counted, or the request cannot be judged.
        """
        asked = self._asked(features, full_names=full_feature_names, need_ages=False)
        if not hasattr(entity_df, "shape"):
            raise UsageError(
                "The entities of a checked training join must be a DataFrame: rows of a query cannot be"
                " counted"
                " before Feast runs it. Read them first, or use 'check_training' on what Feast returned."
            )
        job = self._store.get_historical_features(entity_df, features, full_feature_names, **more)
        return CheckedJob(job, len(entity_df), self._expected(asked))

    def _registry(self) -> Registry:
        if self._known is None:
            self._known = registry_of(self._store.registry.proto(), self._store.project)
        return self._known

    def _asked(self, features: Any, *, full_names: bool, need_ages: bool = True) -> list[Asked]:
        told = features if isinstance(features, list) else str(features.name)
        try:
            asked = asked_of(self._registry(), told, full_names=full_names)
        except UsageError:
            self._known = None  # It may have been added since.
            asked = asked_of(self._registry(), told, full_names=full_names)
        unpromised = sorted(
            {one.view for each in asked for one in each.rests_on if not self._is_limited(one.view)}
        )
        if unpromised and need_ages:
            raise UsageError(
                f"Nobody says how old the features of '{unpromised[0]}' may be: its view has no ttl, and no"
                " contract"
                f" promises it freshness. Write one, or hand in limits={{'{unpromised[0]}': timedelta(…)}},"
                " or None"
                " there if any age will do."
            )
        return asked

    def _is_limited(self, view: str) -> bool:
        return view in self._limits or self._limit(view) is not None

    def _limit(self, view: str) -> timedelta | None:
        if view in self._limits:
            return self._limits[view]
        promised = self._promises.get(view, ViewPromise()).max_age
        known = self._registry().views.get(view)
        both = [one for one in (promised, known.ttl if known else None) if one is not None]
        return min(both, default=None)

    def _inputs(self, asked: Sequence[Asked], entity_rows: Any) -> dict[str, list[int]]:
        """Times of what on-demand views compute from."""
        wanted = _references(asked)
        if not wanted:
            return {}
        return times_of(self._store.get_online_features(wanted, entity_rows, full_feature_names=True).proto)

    def _guarded(
        self,
        response: Any,
        asked: Sequence[Asked],
        keys: set[str],
        before: Mapping[str, list[int]],
        on_stale: On,
        on_missing: On,
    ) -> GuardedResponse:
        now, times = self._clock(), times_of(response.proto)
        found: dict[str, Judged] = {}
        for one in asked:
            if one.name not in times:
                continue  # With full names Feast leaves out what on-demand views in Python compute.
            parts = [
                self._judged(
                    before[f"{stored.view}__{stored.feature}"] if one.computed else times[one.name],
                    stored,
                    now,
                )
                for stored in one.rests_on
            ]
            if parts:
                found[one.name] = worst(parts)
        if strange := set(times) - {one.name for one in asked} - keys:
            raise UsageError(
                f"Feast answered '{min(strange)}', and nobody asked for it: it cannot be judged."
            )
        ways = {Freshness.STALE: on_stale, Freshness.FUTURE: on_stale, Freshness.MISSING: on_missing}
        self._refuse(found, [state for state, way in ways.items() if way == "raise"], response.proto)
        states = {name: one.states for name, one in found.items()}
        without(response.proto, states, [state for state, way in ways.items() if way == "null"])
        return GuardedResponse(response, states, tagged="tag" in (on_stale, on_missing))

    def _keys(self, entity_rows: Any) -> set[str]:
        """Names that are in a response beside the features: what the request gave, and join keys."""
        given = (
            entity_rows if isinstance(entity_rows, Mapping) else (name for row in entity_rows for name in row)
        )
        return {*given, *(key for view in self._registry().views.values() for key in view.join_keys)}

    def _judged(self, times_us: Sequence[int], stored: Stored, now: datetime) -> Judged:
        limit = self._limit(stored.view)
        return judged(times_us, now, limit, promised=limit is not None, skew=SKEW)

    def _refuse(self, found: Mapping[str, Judged], bad: Sequence[Freshness], proto: Any) -> None:
        parts = [
            f"'{name}' {_of(state, one)}"
            for name, one in found.items()
            for state in bad
            if state in one.states
        ]
        if not parts:
            return
        rows = len(proto.results[0].values) if proto.results else 0
        shown = "; ".join(parts[:_EXAMPLES]) + (
            f"; and {len(parts) - _EXAMPLES} more" if len(parts) > _EXAMPLES else ""
        )
        raise StaleFeaturesError(
            f"Features are not fresh, of {rows:,} entities: {shown}. Materialize them, or ask with"
            " on_stale='null' or"
            " 'tag' where the model can do without.",
            {name: one.states for name, one in found.items()},
        )

    def _expected(self, asked: Sequence[Asked]) -> list[Expected]:
        found = []
        for one in asked:
            stored = one.rests_on[0] if len(one.rests_on) == 1 and not one.computed else None
            columns = self._promises.get(stored.view, ViewPromise()).columns if stored else {}
            found.append(Expected(one.name, columns.get(stored.feature) if stored else None))
        return found


def _references(asked: Sequence[Asked]) -> list[str]:
    """What on-demand views compute from, as Feast refers to it."""
    return list(dict.fromkeys(one.reference for each in asked if each.computed for one in each.rests_on))


def _of(state: Freshness, one: Judged) -> str:
    count = one.states.count(state)
    if state is not Freshness.STALE:
        return f"is {'missing' if state is Freshness.MISSING else 'from the future'} for {count:,}"
    ages = [
        age for age, found in zip(one.ages, one.states, strict=True) if found is state and age is not None
    ]
    oldest = timedelta(seconds=round(max(ages).total_seconds()))
    return f"is too old for {count:,}, up to {format_duration(oldest)}"
