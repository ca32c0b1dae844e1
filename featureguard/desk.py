"""Where a host asks: at the freshness API, or at the evidence store itself. The answers are the same.

with open_desk(api_url="https://freshness.example.org", token=token) as desk:
if not desk.decide("pricing", "train", key=run_id).allowed:
...
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from featureguard.errors import ProjectError, StoreError, UsageError
from featureguard.instant import parse_instant
from featureguard.project import Project, load_project
from featureguard.ruling import Ruling

if TYPE_CHECKING:
    from featureguard.catalog import Catalog
    from featureguard.client import Client
    from featureguard.guard import Guard
    from featureguard.judging import Report
    from featureguard.protected import PastDecision, Protected
    from featureguard.sightings import Known, Sighting

_FRESH = frozenset({"fresh", "aging"})


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh a dataset is.

    Attributes:
        dataset: Its name.
        state: `fresh`, `aging`, `stale`, `never`, `unknown`, or `none`: its contract promises no freshness.
        age_seconds: Age of its newest value; `None` if not measured.
        max_age_seconds: What the contract allows; `None` if it names no age.
        fresh_until: When its newest value gets too old; `None` if not known.
    """

    dataset: str
    state: str
    age_seconds: float | None = None
    max_age_seconds: float | None = None
    fresh_until: datetime | None = None

    @property
    def fresh(self) -> bool:
        """Whether it is: known, and within its limit."""
        return self.state in _FRESH


class Desk(Protocol):
    """Answers what a host asks."""

    def preview(self, subject: str, action: str) -> Ruling:
        """What the gate would say; nothing is recorded, so nothing may start on it.

        Raises:
            FeatureGuardError: If the question makes no sense, or may not be asked.
        """
        ...

    def decide(self, subject: str, action: str, *, key: str | None = None) -> Ruling:
        """The gate's answer, recorded before it is given; a hold without id where it cannot be had.

        Raises:
            FeatureGuardError: If the question makes no sense, or may not be asked.
        """
        ...

    def confirm(self, decision_id: str, *, subject: str, action: str) -> Ruling:
        """Ask again right before the action: the answer may keep or worsen the decision, never improve it.

        Raises:
            FeatureGuardError: If there is no such decision, it is about something else, or may not be asked.
        """
        ...

    def subjects(self) -> list[Protected]:
        """Every subject with the names that hosts know it by.

        Raises:
            FeatureGuardError: If they cannot be had, or may not be asked for.
        """
        ...

    def decisions(self, key_prefix: str) -> list[PastDecision]:
        """Recorded decisions and confirmations whose key begins so, newest first.

        Raises:
            FeatureGuardError: If they cannot be read, or may not be asked for.
        """
        ...

    def freshness(self, dataset: str) -> Freshness:
        """How fresh a dataset is; `unknown` where nobody can tell.

        Raises:
            FeatureGuardError: If there is no such dataset, or it may not be asked about.
        """
        ...

    def check(self, names: Sequence[str], project: Project | None = None) -> list[Report]:
        """Look at data from this machine and record the evidence, so that gates may rely on it.

        Args:
            names: Datasets, and subjects for everything that they stand on.
            project: Whose contracts and sources count where an API is asked; at a store it is the store's.

        Raises:
            FeatureGuardError: If the data may not be checked, or the evidence is not taken: then none was.
        """
        ...

    def known(self) -> list[Known]:
        """Every dataset with the names that hosts know it by.

        Raises:
            FeatureGuardError: If they cannot be had, or may not be asked for.
        """
        ...

    def observe(self, sightings: Sequence[Sighting]) -> None:
        """Record how new datasets were seen to be; again is the same. It is no check: no gate relies on it.

        Raises:
            FeatureGuardError: If they are not taken: then none was.
        """
        ...

    def hello(self) -> str:
        """Whether somebody is there, in a sentence.

        Raises:
            FeatureGuardError: If not, or if nothing may be asked.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_desk(
    *,
    api_url: str | None = None,
    token: str | None = None,
    project: str | Path | None = None,
    environment: str | None = None,
    now: str | None = None,
    by: str = "featureguard",
    timeout_seconds: float = 5.0,
    insecure: bool = False,
) -> Desk:
    """A desk at an API, or, without an address, at the store that a project names.

    Args:
        api_url: Where the API is.
        token: What it asks for.
        project: The project file or its folder; left out: FEATUREGUARD_PROJECT, else the current folder.
        environment: Which of the project's environments applies; left out: FEATUREGUARD_ENV.
        now: The instant, for a simulated store only: ISO 8601 with a zone.
        by: Who asks, kept with what is recorded.
        timeout_seconds: How long one question to an API may take.
        insecure: Send the token to another machine without encryption.

    Raises:
        UsageError: If an argument makes no sense.
        ProjectError: If the project cannot be read.
    """
    if api_url:
        from featureguard.client import Client  # noqa: PLC0415  (httpx, only where there is an API)

        client = Client(api_url, token, timeout_seconds=timeout_seconds, insecure=insecure)
        return _ServiceDesk(client)
    found = load_project(Path(project) if project else None, os.environ, environment)
    return StoreDesk(found, clock_of(found, now), by)


class _Closing:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections."""


class _ServiceDesk(_Closing):
    """At the API."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def preview(self, subject: str, action: str) -> Ruling:
        return self._client.preview(subject, action)

    def decide(self, subject: str, action: str, *, key: str | None = None) -> Ruling:
        return self._client.decide(subject, action, key=key)

    def confirm(self, decision_id: str, *, subject: str, action: str) -> Ruling:
        return self._client.confirm(decision_id, subject=subject, action=action)

    def subjects(self) -> list[Protected]:
        from featureguard.protected import Protected  # noqa: PLC0415

        return [Protected.told(one) for one in self._client.subjects()]

    def decisions(self, key_prefix: str) -> list[PastDecision]:
        from featureguard.protected import PastDecision  # noqa: PLC0415

        found = [PastDecision.told(one) for one in self._client.decisions(key_prefix=key_prefix)]
        return [one for one in found if (one.key or "").startswith(key_prefix)]

    def freshness(self, dataset: str) -> Freshness:
        from featureguard.client.asking import UnreachableError  # noqa: PLC0415

        try:
            return freshness_of(self._client.dataset(dataset))
        except UnreachableError:
            return Freshness(dataset, "unknown")

    def check(self, names: Sequence[str], project: Project | None = None) -> list[Report]:
        from featureguard.wire import look_to_dict  # noqa: PLC0415

        if project is None:
            raise UsageError(
                "An API has no sight of the data: name the project whose contracts and sources count."
            )
        from featureguard.guard import Guard  # noqa: PLC0415

        clock = clock_of(project, None)
        with Guard.without_store(project, catalog_of(project), clock=clock, environ=os.environ) as guard:
            found = _checked(guard, names)
        self._client.observe(looks=[look_to_dict(one.observation) for one in found])
        return found

    def known(self) -> list[Known]:
        from featureguard.sightings import Known  # noqa: PLC0415

        return [Known.told(one) for one in self._client.datasets()]

    def observe(self, sightings: Sequence[Sighting]) -> None:
        if sightings:
            self._client.observe(readings=[one.to_dict() for one in sightings])

    def hello(self) -> str:
        next(self._client.datasets(), None)
        return "The API answers, and the token may ask."

    def close(self) -> None:
        self._client.close()


class StoreDesk(_Closing):
    """At the store that a project names; contracts are read anew for every question.

    Args:
        project: The project.
        clock: Tells the time; aware.
        by: Who asks.
    """

    def __init__(self, project: Project, clock: Callable[[], datetime], by: str) -> None:
        self.project, self._clock, self._by = project, clock, by

    def catalog(self) -> Catalog:
        """Today's contracts.

        Raises:
            ContractError: If they are wrong.
        """
        return catalog_of(self.project)

    @contextmanager
    def guard(self, catalog: Catalog | None = None) -> Iterator[Guard]:
        """A guard on the project's store and sources, closed afterwards.

        Raises:
            FeatureGuardError: If contracts cannot be read or the store cannot be opened.
        """
        from featureguard.guard import Guard  # noqa: PLC0415

        found = catalog if catalog is not None else self.catalog()
        with Guard.open(
            self.project, found, clock=self._clock, environ=os.environ, recorder=self._by
        ) as guard:
            yield guard

    def preview(self, subject: str, action: str) -> Ruling:
        return self._asked(subject, action, lambda guard: Ruling(guard.preview(subject, action)))

    def decide(self, subject: str, action: str, *, key: str | None = None) -> Ruling:
        return self._asked(subject, action, lambda guard: guard.decide(subject, action, key=key))

    def confirm(self, decision_id: str, *, subject: str, action: str) -> Ruling:
        return self._asked(
            subject, action, lambda guard: guard.confirm(decision_id, subject=subject, action=action)
        )

    def subjects(self) -> list[Protected]:
        from featureguard.protected import Protected  # noqa: PLC0415

        catalog = self.catalog()
        return [Protected.of(catalog, name) for name in catalog.subjects]

    def decisions(self, key_prefix: str) -> list[PastDecision]:
        from featureguard.protected import PastDecision  # noqa: PLC0415

        with self.guard() as guard:
            log = guard.store_in_use.decisions
            return [PastDecision.of(one) for one in log.recorded(key_prefix=key_prefix, newest_first=True)]

    def freshness(self, dataset: str) -> Freshness:
        from featureguard.serving.keeper import Keeper  # noqa: PLC0415

        catalog = self.catalog()
        alone = dataclasses.replace(
            catalog, contracts={k: v for k, v in catalog.contracts.items() if k == dataset}, subjects={}
        )
        try:
            with self.guard(catalog) as guard:
                guard.contract(dataset)
                picture = Keeper(guard.store_in_use, lambda: alone, clock=self._clock).refresh()
                state = picture.dataset(dataset)
        except StoreError:
            return Freshness(dataset, "unknown")
        return Freshness(
            dataset,
            state.state.value,
            state.age.total_seconds() if state.age is not None else None,
            state.max_age.total_seconds() if state.max_age is not None else None,
            state.fresh_until,
        )

    def check(self, names: Sequence[str], project: Project | None = None) -> list[Report]:
        with self.guard() as guard:
            return _checked(guard, names)

    def known(self) -> list[Known]:
        from featureguard.sightings import Known  # noqa: PLC0415

        return [Known.of(contract) for contract in self.catalog().contracts.values()]

    def observe(self, sightings: Sequence[Sighting]) -> None:
        from featureguard.serving.intake import Intake  # noqa: PLC0415
        from featureguard.store.intake import Batch  # noqa: PLC0415

        with self.guard() as guard:
            readings = [one.to_reading(guard.contract(one.dataset), self._by) for one in sightings]
            for told in Intake(guard.store_in_use).record([Batch(readings)]):
                if isinstance(told, Exception):
                    raise told

    def hello(self) -> str:
        catalog = self.catalog()
        with self.guard(catalog) as guard:
            guard.store_in_use.versions()
        return f"The store answers; {len(catalog.contracts)} datasets, {len(catalog.subjects)} subjects."

    def _asked(self, subject: str, action: str, ask: Callable[[Guard], Ruling]) -> Ruling:
        from featureguard.fallback import without_store  # noqa: PLC0415

        catalog = self.catalog()
        try:
            with self.guard(catalog) as guard:
                return ask(guard)
        except StoreError as error:
            mode, now = self.project.enforcement, self._clock()
            return Ruling(without_store(catalog, subject, action, now, mode=mode, why=str(error)))


def _checked(guard: Guard, names: Sequence[str]) -> list[Report]:
    datasets = dict.fromkeys(dataset for name in names for dataset in guard.datasets_of(name))
    return [guard.check(dataset) for dataset in datasets]


def freshness_of(told: Mapping[str, Any]) -> Freshness:
    """How fresh a dataset is, as the API tells it; `unknown` while it cannot read its store.

    Raises:
        UsageError: If what it tells makes no sense.
    """
    from featureguard.client.asking import STALE  # noqa: PLC0415

    try:
        if not isinstance(told, Mapping):
            raise TypeError
        if told.get(STALE):  # The last picture, and nobody knows whether it is still true.
            return Freshness(str(told["dataset"]), "unknown")
        found = told["freshness"]
        until = found["fresh_until"]
        return Freshness(
            str(told["dataset"]),
            str(told["state"]),
            found["age_seconds"],
            found["max_age_seconds"],
            datetime.fromisoformat(until) if until else None,
        )
    except (KeyError, TypeError, ValueError):
        raise UsageError(
            "What the API tells about a dataset makes no sense: is it of another version?"
        ) from None


def catalog_of(project: Project) -> Catalog:
    """The contracts of a project.

    Raises:
        ContractError: If they are wrong.
    """
    from featureguard.catalog import load_catalog  # noqa: PLC0415

    return load_catalog(project.catalog_places, project.vars, connections=project.connections)


def clock_of(project: Project, now: str | None) -> Callable[[], datetime]:
    """The machine's clock, unless times are made up.

    Args:
        project: The project; only of a simulated store may the time be told.
        now: The instant, ISO 8601 with a zone.

    Raises:
        ProjectError: If the store is not simulated.
        UsageError: If it is no instant.
    """
    if now is None:
        return lambda: datetime.now(UTC)
    if not project.simulated:
        raise ProjectError(
            "'now' is set, and the store is not simulated: decisions are for now. Leave it out."
        )
    if (instant := parse_instant(now)) is None:
        raise UsageError(f"'now' is {now!r}. Write an instant with its zone, e.g. 2013-02-09T11:00:00Z.")
    return lambda: instant
