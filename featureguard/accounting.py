"""The books of a dataset: SLI, error budget, burn and incidents, derived from recorded facts.

Nothing here is stored. Contract versions, timeline and looks are read, the rest is computed from them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal, Protocol

from featureguard.contract import Contract, Slo
from featureguard.evidence import ContractVersion
from featureguard.incident import Incident, check_incidents, default_hysteresis, freshness_incidents
from featureguard.observation import PopulationReading
from featureguard.result import CheckResult, Severity
from featureguard.schedule import due_windows
from featureguard.slo.alerts import LONG_WINDOWS, SHORT_WINDOWS
from featureguard.slo.budget import Budget, budget, burn_rate
from featureguard.slo.delivery import Delivered, deliveries, delivery_sli
from featureguard.slo.paging import bad_since_in_force, first_page
from featureguard.slo.pieces import cut
from featureguard.slo.population import PopulationLimit, population_sli
from featureguard.slo.reading import Segment, segments
from featureguard.slo.refusals import typical_gap
from featureguard.slo.sli import Sli, integrate
from featureguard.slo.spans import Period
from featureguard.slo.spells import Spell, spells
from featureguard.timeline import Limit, Run
from featureguard.windows import from_micros

BURN_WINDOWS = tuple(sorted({*LONG_WINDOWS, *SHORT_WINDOWS}))
"""Windows whose burn rates are computed: all that alerts need."""

Kind = Literal["time", "population", "delivery"]
"""What an SLI counts."""
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of an objective.

    Attributes:
        dataset: Name of the dataset.
        slo: What was promised.
        start, end: The window that is told about, UTC.
        sli: Good, bad, unknown and excluded time; of deliveries, one microsecond stands for one.
        unknown_as_bad: Whether the budget counts unknown time, as bad, or leaves it out.
        budget: What the objective allows, and what of it is spent.
        burn_rates: Burn rate over each of the last windows up to `end`; `None` where nothing is counted.
        bad_since: Begin of the bad spell that lasts until now; `None` if there is none.
        pages_at: When that spell begins to page, if it goes on; `None` if it never does.
        deliveries: What became of each delivery, for an objective about them.
    """

    dataset: str
    slo: Slo
    start: datetime
    end: datetime
    sli: Sli
    unknown_as_bad: bool
    budget: Budget
    burn_rates: Mapping[timedelta, float | None]
    bad_since: datetime | None = None
    pages_at: datetime | None = None
    deliveries: tuple[Delivered, ...] = ()

    @property
    def meets(self) -> bool | None:
        """Whether the objective is met so far; `None` if nothing is counted."""
        return self.budget.met

    @property
    def long_burn_rates(self) -> dict[timedelta, float | None]:
        """Burn rates that are told to people; the short windows only let alerts end."""
        return {length: rate for length, rate in self.burn_rates.items() if length in LONG_WINDOWS}


class Facts(Protocol):
    """Where the facts come from: an evidence store, or something that keeps what it read."""

    def contract_versions(self, dataset: str, /) -> Sequence[ContractVersion]: ...
    def timeline(self, dataset: str, clock: str, /) -> Sequence[Run]: ...
    def verdicts(
        self, dataset: str, since: datetime, until: datetime, /
    ) -> Sequence[tuple[datetime, str | None, CheckResult]]: ...
    def populations(
        self, dataset: str, since: datetime, until: datetime, /
    ) -> list[tuple[datetime, PopulationReading]]: ...


@dataclass(frozen=True, slots=True)
class _InForce:
    """A contract and since when it held."""

    since: datetime
    contract: Contract


class Books:
    """Facts of one dataset, each read once and only if it is needed.

    Args:
        store: Where they are.
        contract: Today's contract: its objective, tier and maintenance count for the past too; clocks and
            limits are those that looks were judged by.
        now: The instant of the question; later facts are left out.
    """

    def __init__(self, store: Facts, contract: Contract, now: datetime) -> None:
        self._store, self.contract, self.now = store, contract, now
        self._read: dict[str, list[Segment]] = {}

    @cached_property
    def versions(self) -> list[tuple[datetime, Contract]]:
        """Contracts by the instant they came into force: the first look that was judged by them."""
        found = self._store.contract_versions(self.contract.dataset)
        return [(v.in_force_since, v.contract) for v in found if v.in_force_since <= self.now]

    @cached_property
    def limits(self) -> list[Limit]:
        """The limits of those contracts."""
        return [
            Limit(since, c.clock, c.freshness.max_age if c.freshness else None) for since, c in self.versions
        ]

    @property
    def first_look(self) -> datetime | None:
        """The first look ever."""
        return self.versions[0][0] if self.versions else None

    @cached_property
    def runs(self) -> Mapping[str, Sequence[Run]]:
        """The timeline up to now, by clock."""
        clocks = {limit.clock for limit in self.limits} | {self.contract.clock}
        return {clock: self._seen(clock) for clock in sorted(c for c in clocks if c)}

    def _segments(self, clock: str) -> list[Segment]:
        """The timeline of a clock, read once for all windows."""
        if clock not in self._read:
            self._read[clock] = segments(self.runs.get(clock, ()))
        return self._read[clock]

    @cached_property
    def cadence(self) -> timedelta:
        """How often new data comes: as declared, else as the newest value advanced; 0 if nobody knows."""
        declared = self.contract.freshness.delivery if self.contract.freshness else None
        found = typical_gap(declared) if declared else None
        return found or 4 * default_hysteresis(self._runs_of(self.contract))

    @property
    def hysteresis(self) -> timedelta:
        """Good time that parts two incidents: a quarter of the cadence."""
        return self.cadence / 4

    def sli(self, kind: Kind, start: datetime, end: datetime) -> Sli:
        """An SLI over a window; of deliveries, one microsecond stands for one."""
        if kind == "delivery":
            return self._delivery_sli(start, end)
        window = start, end
        if kind == "population":
            return population_sli(
                self._populations,
                [_population_limit(since, contract) for since, contract in self.versions],
                window,
                now=self.now,
                first_look=self.first_look,
                maintenance=self._away,
            )
        return integrate(
            self._segments,
            self.limits,
            window,
            now=self.now,
            first_look=self.first_look,
            maintenance=self._away,
        )

    def deliveries(self, start: datetime, end: datetime) -> list[Delivered]:
        """What became of each delivery due in a window, oldest first, by the promise then in force.

        Those due before the first look or in declared maintenance count nowhere and are left out.
        """
        versions = [_InForce(*version) for version in self.versions]
        lived = cut((start, end), self.now, versions, self.first_look, lambda one: _delivers(one.contract))
        found: list[Delivered] = []
        for one, span in lived.pieces:
            promise = one.contract.freshness.delivery if one.contract.freshness else None
            if promise:
                due = due_windows(promise, from_micros(span[0]), from_micros(span[1]))
                found += deliveries(self._runs_of(one.contract), due, self.now)
        return [one for one in found if not self._is_away(one.window.due)]

    def account(self, *, unknown_as_bad: bool, window: Period | None = None) -> Account | None:
        """How the contract's objective stands; `None` if it has none.

        Args:
            unknown_as_bad: Whether the budget counts unknown time.
            window: Another window than the objective's own, which ends now.
        """
        slo = self.contract.slo
        if slo is None:
            return None
        start, end = window or (self.now - slo.window, self.now)
        sli = self.sli(slo.sli, start, end)
        since = bad_since_in_force(self.runs, self.limits) if slo.sli == "time" else None
        burning = [length for length in BURN_WINDOWS if length <= slo.window and slo.sli != "delivery"]
        return Account(
            dataset=self.contract.dataset,
            slo=slo,
            start=start,
            end=end,
            sli=sli,
            unknown_as_bad=unknown_as_bad,
            budget=budget(sli, slo.objective, unknown_as_bad=unknown_as_bad),
            burn_rates={
                length: burn_rate(
                    self.sli(slo.sli, end - length, end), slo.objective, unknown_as_bad=unknown_as_bad
                )
                for length in burning
            },
            bad_since=since,
            pages_at=first_page(self.contract, since, self.cadence) if since else None,
            deliveries=tuple(self.deliveries(start, end)) if slo.sli == "delivery" else (),
        )

    def strip(self, start: datetime, end: datetime) -> list[Spell]:
        """Good, bad and unknown time of a window under today's limit."""
        freshness = self.contract.freshness
        if freshness is None or freshness.max_age is None:
            return []
        return spells(self._runs_of(self.contract), start, min(end, self.now), freshness.max_age)

    def incidents(self, since: datetime | None = None) -> tuple[Incident, ...]:
        """Everything that was broken for a while, oldest first.

        Args:
            since: Incidents that were over before it are left out, and results before it are read only as far
                as the others reach back.
        """
        of_freshness = freshness_incidents(
            self.contract.dataset, self.runs, self.limits, self.hysteresis, severity=self._severity
        )
        found = (*of_freshness, *self._check_incidents(since))
        told = (one for one in found if since is None or one.resolved is None or one.resolved >= since)
        return tuple(sorted(told, key=_by_opening))

    @property
    def _severity(self) -> Severity:
        """Of the freshness promise, today's or the last there was."""
        contracts = (self.contract, *(contract for _, contract in reversed(self.versions)))
        return next((c.freshness.severity for c in contracts if c.freshness), Severity.BLOCK)

    def _check_incidents(self, since: datetime | None) -> tuple[Incident, ...]:
        """Incidents of results, read back to where those that reach into the time since `since` began."""
        first, until = self.first_look, self.now + _TICK
        if first is None:
            return ()
        start, step = max(first, since or first), timedelta(days=1)
        while True:
            told = self._store.verdicts(self.contract.dataset, start, until)
            # At the age that warns nothing is broken yet; once it is, that is told as `freshness`.
            looks = [one for one in told if one[2].check != "freshness_warn"]
            found = check_incidents(self.contract.dataset, looks, self.hysteresis)
            # Less good time than the hysteresis before one, and it may be the end of another.
            known_from = looks[0][0] + self.hysteresis if looks else until
            if start == first or all(one.started.after and one.started.after >= known_from for one in found):
                return found
            start, step = max(first, start - step), 4 * step

    def _seen(self, clock: str) -> list[Run]:
        """The runs of one clock, as they were known now."""
        runs = self._store.timeline(self.contract.dataset, clock)
        return as_known(runs, self.now)

    def _runs_of(self, contract: Contract) -> Sequence[Run]:
        return self.runs.get(contract.clock or "", ())

    @cached_property
    def _populations(self) -> list[tuple[datetime, PopulationReading]]:
        first = self.first_look
        return self._store.populations(self.contract.dataset, first, self.now + _TICK) if first else []

    @property
    def _away(self) -> list[Period]:
        return [(one.start, one.end) for one in self.contract.maintenance]

    def _is_away(self, instant: datetime) -> bool:
        return any(start <= instant < end for start, end in self._away)

    def _delivery_sli(self, start: datetime, end: datetime) -> Sli:
        found = delivery_sli(self.deliveries(start, end))
        first, promise = self.first_look, self.versions[0][1].freshness if self.versions else None
        early = (
            due_windows(promise.delivery, start, min(end, first))
            if first and start < first and promise and promise.delivery
            else []
        )
        cold = sum(not one.is_off for one in early)
        return Sli(good=found.good, bad=found.bad, unknown=found.unknown, cold_start=cold)


def as_known(runs: Iterable[Run], now: datetime) -> list[Run]:
    """A timeline as it was known at an instant, claiming less where a run went on after it.

    Of a run's sightings before, the first and the first stale one are sure.
    """
    return [_until(run, now) for run in runs if run.first_seen <= now]


def _until(run: Run, now: datetime) -> Run:
    if run.last_seen <= now:
        return run
    stale = run.first_stale if run.first_stale and run.first_stale <= now else None
    return dataclasses.replace(run, last_seen=stale or run.first_seen, first_stale=stale)


def _delivers(contract: Contract) -> bool:
    return contract.freshness is not None and contract.freshness.delivery is not None


def _population_limit(since: datetime, contract: Contract) -> PopulationLimit:
    promise = contract.freshness.population if contract.freshness else None
    return PopulationLimit(since, promise, contract.time.skew_tolerance)


def _by_opening(incident: Incident) -> tuple[datetime, str, str]:
    return incident.opened, incident.check, incident.column or ""
