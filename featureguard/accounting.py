"""The books of a dataset: SLI, error budget, burn and incidents, derived from recorded facts.

Nothing here is stored. Contract versions, timeline and looks are read, the rest is computed from them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from featureguard.contract import Contract, Slo
from featureguard.incident import (
    Incident,
    check_incidents,
    default_hysteresis,
    freshness_incidents,
)
from featureguard.observation import PopulationReading
from featureguard.schedule import due_windows
from featureguard.slo.alerts import hold_time, pages_at
from featureguard.slo.budget import Budget, budget, burn_rate
from featureguard.slo.delivery import Delivered, deliveries, delivery_sli
from featureguard.slo.population import PopulationLimit, population_sli
from featureguard.slo.sli import Sli, time_sli
from featureguard.slo.spells import Spell, bad_since, spells
from featureguard.timeline import Limit, Run

if TYPE_CHECKING:
    from featureguard.store import Store

BURN_WINDOWS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))
"""Windows whose burn rates are told."""


@dataclass(frozen=True, slots=True)
class Account:
    """What became of an objective.

    Attributes:
        dataset: Name of the dataset.
        slo: What was promised.
        start, end: The rolling window, UTC.
        sli: Good, bad, unknown and excluded time; of deliveries, one microsecond stands for one.
        budget: What the objective allows, and what of it is spent.
        burn_rates: Burn rate over each of the last windows; `None` where nothing is counted.
        bad_since: Begin of the bad spell that lasts until now; `None` if there is none.
        pages_at: When that spell begins to page, if it goes on; `None` if it never does.
        deliveries: What became of each delivery, for an objective about them.
    """

    dataset: str
    slo: Slo
    start: datetime
    end: datetime
    sli: Sli
    budget: Budget
    burn_rates: Mapping[timedelta, float | None]
    bad_since: datetime | None = None
    pages_at: datetime | None = None
    deliveries: tuple[Delivered, ...] = ()

    @property
    def meets(self) -> bool | None:
        """Whether the objective is met so far; `None` if nothing is counted."""
        exhausted = self.budget.exhausted
        return None if exhausted is None else not exhausted


class Books:
    """Facts of one dataset, read once.

    Args:
        store: Where they are.
        contract: Today's contract: its clock and limit hold where nobody has looked by another one.
        now: The instant of the question; later facts are left out.
    """

    def __init__(self, store: Store, contract: Contract, now: datetime) -> None:
        self._store, self.contract, self.now = store, contract, now

    @cached_property
    def versions(self) -> list[tuple[datetime, Contract]]:
        """Contracts by the instant they came into force."""
        found = self._store.contract_versions(self.contract.dataset)
        return [(v.in_force_since, v.contract) for v in found if v.in_force_since <= self.now]

    @cached_property
    def limits(self) -> list[Limit]:
        """The limits of those contracts."""
        return [
            Limit(since, c.clock, c.freshness.max_age if c.freshness else None) for since, c in self.versions
        ]

    @cached_property
    def first_look(self) -> datetime | None:
        """The first look ever."""
        return self.versions[0][0] if self.versions else None

    @cached_property
    def runs(self) -> Mapping[str, Sequence[Run]]:
        """The timeline up to now, by clock."""
        clocks = {limit.clock for limit in self.limits} | {self.contract.clock}
        return {clock: self._seen(clock) for clock in sorted(c for c in clocks if c)}

    @property
    def cadence(self) -> timedelta:
        """How often the newest value advances, as far as known; 0 if it is not."""
        return 4 * self.hysteresis

    @cached_property
    def hysteresis(self) -> timedelta:
        """Good time that parts two incidents: a quarter of the cadence."""
        return default_hysteresis(self.runs.get(self.contract.clock or "", ()))

    def sli(self, slo: Slo, start: datetime, end: datetime) -> Sli:
        """The SLI that an objective names, over a window."""
        window, away = (start, end), [(m.start, m.end) for m in self.contract.maintenance]
        if slo.sli == "population":
            return population_sli(
                self._populations(start, end),
                [
                    PopulationLimit(
                        since, c.freshness.population if c.freshness else None, c.time.skew_tolerance
                    )
                    for since, c in self.versions
                ],
                window,
                now=self.now,
                first_look=self.first_look,
                maintenance=away,
            )
        if slo.sli == "delivery":
            found = delivery_sli(self.deliveries(start, end))
            return Sli(good=found.good, bad=found.bad, unknown=found.unknown)
        return time_sli(
            self.runs, self.limits, window, now=self.now, first_look=self.first_look, maintenance=away
        )

    def deliveries(self, start: datetime, end: datetime) -> list[Delivered]:
        """What became of each delivery due in a window, since the first look."""
        promise = self.contract.freshness.delivery if self.contract.freshness else None
        if promise is None or self.first_look is None:
            return []
        due = due_windows(promise, max(start, self.first_look), min(end, self.now))
        return deliveries(self.runs.get(self.contract.clock or "", ()), due, self.now)

    def account(self, *, unknown_as_bad: bool) -> Account | None:
        """How the contract's objective stands now; `None` if it has none."""
        slo, now = self.contract.slo, self.now
        if slo is None:
            return None
        start = now - slo.window
        sli = self.sli(slo, start, now)
        windows = [w for w in BURN_WINDOWS if w <= slo.window] if slo.sli != "delivery" else []
        since = self._bad_since(slo)
        return Account(
            self.contract.dataset,
            slo,
            start,
            now,
            sli,
            budget(sli, slo.objective, unknown_as_bad=unknown_as_bad),
            {
                w: burn_rate(self.sli(slo, now - w, now), slo.objective, unknown_as_bad=unknown_as_bad)
                for w in windows
            },
            since,
            self._pages_at(slo, since),
            tuple(self.deliveries(start, now)) if slo.sli == "delivery" else (),
        )

    def strip(self, start: datetime, end: datetime) -> list[Spell]:
        """Good, bad and unknown time of a window under today's limit."""
        freshness = self.contract.freshness
        if freshness is None or freshness.max_age is None:
            return []
        runs = self.runs.get(self.contract.clock or "", ())
        return spells(runs, start, min(end, self.now), freshness.max_age)

    def incidents(self, since: datetime | None = None) -> tuple[Incident, ...]:
        """Everything that was broken for a while, oldest first.

        Args:
            since: Results of looks before it are left out; freshness is always told from the beginning.
        """
        severity = self.contract.freshness.severity if self.contract.freshness else None
        of_freshness = freshness_incidents(
            self.contract.dataset,
            self.runs,
            self.limits,
            self.hysteresis,
            **({"severity": severity} if severity else {}),
        )
        first = since or self.first_look or self.now
        looks = self._store.verdicts(self.contract.dataset, first, self.now + _TICK)
        of_checks = check_incidents(self.contract.dataset, looks, self.hysteresis)
        return tuple(
            sorted((*of_freshness, *of_checks), key=lambda one: (one.opened, one.check, one.column or ""))
        )

    def _seen(self, clock: str) -> list[Run]:
        """The runs of one clock, without what was seen after now."""
        return [
            run for run in self._store.timeline(self.contract.dataset, clock) if run.last_seen <= self.now
        ]

    def _populations(self, start: datetime, end: datetime) -> list[tuple[datetime, PopulationReading]]:
        first = min(self.first_look or start, start)
        return self._store.populations(self.contract.dataset, first, end + _TICK)

    def _bad_since(self, slo: Slo) -> datetime | None:
        freshness = self.contract.freshness
        if slo.sli != "time" or freshness is None or freshness.max_age is None:
            return None
        return bad_since(self.runs.get(self.contract.clock or "", ()), freshness.max_age)

    def _pages_at(self, slo: Slo, since: datetime | None) -> datetime | None:
        if since is None:
            return None
        delivery = self.contract.freshness.delivery if self.contract.freshness else None
        hold = hold_time(delivery.grace if delivery else None, self.cadence or None)
        return pages_at(since, slo.objective, slo.window, tier=self.contract.tier, hold=hold)


_TICK = timedelta(microseconds=1)


def _max_age(contract: Contract) -> timedelta | None:
    return contract.freshness.max_age if contract.freshness else None


def _population_limit(since: datetime, contract: Contract) -> PopulationLimit:
    promise = contract.freshness.population if contract.freshness else None
    return PopulationLimit(since, promise, contract.time.skew_tolerance)


def _until(run: Run, now: datetime) -> Run:
    """A run as it was known at an instant; of its sightings before, the first is sure."""
    if run.last_seen <= now:
        return run
    stale = run.first_stale if run.first_stale and run.first_stale <= now else None
    return dataclasses.replace(run, last_seen=stale or run.first_seen, first_stale=stale)


def _by_opening(incident: Incident) -> tuple[datetime, str, str]:
    return incident.opened, incident.check, incident.column or ""
