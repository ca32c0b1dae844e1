"""The books of a dataset on real stores: each instant by the promise then in force, nothing from later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from featureguard.accounting import Books
from featureguard.contract import Contract
from featureguard.histogram import TimeHistogram
from featureguard.incident import check_incidents
from featureguard.observation import PopulationReading
from featureguard.result import CheckResult, Code, Severity, Status
from featureguard.slo.delivery import Arrival
from featureguard.slo.sli import Sli
from featureguard.store import Store, open_store
from featureguard.windows import to_micros
from tests.builders import DAY, HOUR, NOW, look, rides

DAWN = NOW - 12 * HOUR
"""Midnight; hours of these tests count from here."""
MICROS = to_micros(DAWN + HOUR) - to_micros(DAWN)
EVENTS: dict[str, Any] = {"time": {"event": "at"}, "tier": 0}
FRESH: dict[str, Any] = {**EVENTS, "freshness": {"max_age": "2h"}}
DAILY = {"cron": "0 6 * * *", "grace": "2h"}


def hour(count: float) -> datetime:
    return DAWN + count * HOUR


class Ledger:
    """Looks at `rides`, as a contract promises them."""

    def __init__(self, store: Store, **contract: Any) -> None:
        self.store, self.contract = store, rides(**contract)

    def promise(self, **contract: Any) -> None:
        """What the next looks are judged by."""
        self.contract = rides(**contract)

    def look(self, at: float, newest: float | None, *results: CheckResult, **seen: Any) -> None:
        """Somebody looks."""
        value = None if newest is None else hour(newest)
        observation = look(newest=value, observed_at=hour(at), **seen)
        self.store.record(observation, results, contract=self.contract, now=hour(at), recorder="worker")

    def books(self, at: float, contract: Contract | None = None) -> Books:
        """The books as of an hour."""
        return Books(self.store, contract or self.contract, hour(at))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url, simulated=True) as opened:
        yield opened


def hours(sli: Sli) -> tuple[float, float, float, float]:
    """Good, bad, unknown and excluded hours."""
    return sli.good / MICROS, sli.bad / MICROS, sli.unknown / MICROS, sli.excluded / MICROS


def failed(check: str = "nulls", status: Status = Status.FAIL) -> CheckResult:
    code = None if status is Status.PASS else Code.NULL_LIMIT
    return CheckResult(check, status, Severity.BLOCK, code, column="fare")


def test_a_dataset_that_nobody_looked_at_has_no_books(store: Store) -> None:
    books = Ledger(store, **FRESH, slo={"objective": 0.95, "window": "1d"}).books(12)
    account = books.account(unknown_as_bad=True)
    assert account is not None
    assert (account.sli.valid, account.meets, account.budget.remaining_ratio) == (0, None, None)
    assert (account.bad_since, books.incidents(), books.first_look) == (None, (), None)


def test_what_was_seen_after_now_is_left_out(store: Store) -> None:
    ledger = Ledger(store, **FRESH)
    for at in (1.1, 1.5, 1.9, 3):  # one run of the hour, and one after it
        ledger.look(at, 1)
    (run,) = ledger.books(1.6).runs["event_time"]
    assert (run.first_seen, run.last_seen) == (hour(1.1), hour(1.1))
    assert len(ledger.books(3).runs["event_time"]) == 2


def test_a_run_that_goes_on_after_now_keeps_the_look_that_found_it_stale(store: Store) -> None:
    ledger = Ledger(store, **FRESH)
    for at in (4.1, 4.3, 4.8):
        ledger.look(at, 1)
    (run,) = ledger.books(4.2).runs["event_time"]
    assert (run.last_seen, run.first_stale) == (hour(4.1), hour(4.1))
    (incident,) = ledger.books(4.2).incidents()
    assert incident.detected == hour(4.1)


def test_later_results_and_contracts_do_not_count(store: Store) -> None:
    ledger = Ledger(store, **FRESH)
    ledger.look(1, 1, failed(status=Status.PASS))
    ledger.promise(**EVENTS, freshness={"max_age": "9h"})
    ledger.look(2, 1, failed())
    before, after = ledger.books(1.5), ledger.books(2)
    assert (len(before.versions), before.incidents()) == (1, ())
    assert (len(after.versions), len(after.incidents())) == (2, 1)


def test_each_instant_counts_by_the_limit_then_in_force(store: Store) -> None:
    ledger = Ledger(store, **FRESH)
    ledger.look(0, 0)
    ledger.look(4, 0)  # stale from 2 to 4
    ledger.promise(**EVENTS, freshness={"max_age": "9h"})
    ledger.look(5, 0)  # fresh again, until 9
    ledger.look(8, 0)
    assert hours(ledger.books(8).sli("time", hour(0), hour(8))) == (5, 3, 0, 0)


def test_each_instant_counts_by_the_clock_then_in_force(store: Store) -> None:
    ledger = Ledger(store, **FRESH)
    ledger.look(0, 0, files=hour(0))
    ledger.promise(**EVENTS | {"time": {"event": "at", "clock": "file_mtime"}}, freshness={"max_age": "2h"})
    ledger.look(3, 0, files=hour(3))
    ledger.look(5, 0, files=hour(3))
    assert hours(ledger.books(5).sli("time", hour(0), hour(5))) == (4, 1, 0, 0)


def test_maintenance_and_time_before_the_first_look_are_excluded(store: Store) -> None:
    away = [{"start": hour(1), "end": hour(3), "reason": "move"}]
    ledger = Ledger(store, **FRESH, maintenance=away)
    ledger.look(0, 0)
    ledger.look(4, 0)
    sli = ledger.books(4).sli("time", hour(-6), hour(4))
    assert hours(sli) == (1, 1, 0, 8)
    assert (sli.cold_start / MICROS, sli.maintenance / MICROS) == (6, 2)


@pytest.mark.parametrize(("back", "meets"), [(3, True), (3.01, False)])
def test_an_objective_is_met_until_more_than_its_budget_is_spent(
    store: Store, back: float, meets: bool
) -> None:
    ledger = Ledger(store, **FRESH, slo={"objective": 0.75, "window": "4h"})
    for at, newest in ((0, 0), (back, 0), (back, back)):  # stale from 2 on
        ledger.look(at, newest)
    account = ledger.books(4).account(unknown_as_bad=True)
    assert account is not None
    assert (account.meets, account.sli.unknown) == (meets, 0)
    assert account.budget.exhausted


def delivered(store: Store, **more: Any) -> Ledger:
    """Five mornings, due at 6 with 2 h of grace: on time, late, on time, on time, missing."""
    ledger = Ledger(
        store,
        **EVENTS,
        freshness={"delivery": DAILY},
        slo={"sli": "delivery", "objective": 0.6, "window": "30d"},
        **more,
    )
    seen = ((0, -1), (7, 0), (32.5, 1), (33, 24), (54.5, 48), (78.5, 72), (105, 73))
    for at, newest in seen:
        ledger.look(at, newest)
    return ledger


def test_deliveries_are_counted_one_by_one_and_those_before_the_first_look_are_cold(store: Store) -> None:
    ledger = delivered(store)
    account = ledger.books(24 * 4 + 10).account(unknown_as_bad=True)
    assert account is not None
    assert [one.state for one in account.deliveries] == [
        Arrival.ON_TIME,
        Arrival.LATE,
        Arrival.ON_TIME,
        Arrival.ON_TIME,
        Arrival.MISSING,
    ]
    assert (account.sli.good, account.sli.bad, account.sli.unknown) == (3, 2, 0)
    assert account.sli.cold_start == 25  # of the 30 days
    assert (account.meets, account.burn_rates) == (True, {})


def test_a_delivery_due_in_maintenance_does_not_count(store: Store) -> None:
    ledger = delivered(store, maintenance=[{"start": hour(29), "end": hour(30.5), "reason": "move"}])
    sli = ledger.books(24 * 4 + 10).sli("delivery", hour(0), hour(24 * 5))
    assert (sli.good, sli.bad) == (3, 1)


def test_a_delivery_counts_by_the_promise_then_in_force(store: Store) -> None:
    ledger = delivered(store)
    ledger.promise(**EVENTS, freshness={"delivery": {"cron": "0 18 * * *", "grace": "2h"}})
    ledger.look(24 * 4 + 9.5, 24 * 4)
    ledger.look(24 * 4 + 19, 24 * 4)
    found = ledger.books(24 * 4 + 20).deliveries(hour(0), hour(24 * 5))
    assert [one.window.due.hour for one in found] == [6, 6, 6, 6, 6, 18]
    assert found[-1].state is Arrival.EARLY


def population(*ages: float, at: float) -> PopulationReading:
    """The newest rides of some entities, so many hours old."""
    counts = [(to_micros(hour(at - age)) // 1_000_000, 1) for age in ages]
    return PopulationReading("entities", TimeHistogram.of_seconds(counts))


def test_a_look_after_a_period_settles_what_was_open_in_it(store: Store) -> None:
    promise = {"of": "entities", "entity": ["id"], "within": "6h", "at_least": 0.5}
    ledger = Ledger(store, **EVENTS, freshness={"population": promise})
    ledger.look(0, 0, population=population(1, at=0))
    before = ledger.books(8).sli("population", hour(0), hour(8))
    ledger.look(10, 0, population=population(11, at=10))  # nothing had come meanwhile
    after = ledger.books(10).sli("population", hour(0), hour(8))
    assert before.unknown > 0
    assert after.unknown < before.unknown
    assert after.bad > 0


def spell(store: Store, tier: int = 0, **more: Any) -> Ledger:
    """Stale since 2, seen at 4; the budget of 10 h pages after one."""
    ledger = Ledger(store, **{**FRESH, "tier": tier}, slo={"objective": 0.9, "window": "100h"}, **more)
    ledger.look(0, 0)
    ledger.look(4, 0)
    return ledger


@pytest.mark.parametrize(("tier", "pages"), [(0, hour(3)), (1, hour(4.5)), (2, None)])
def test_a_bad_spell_pages_by_tier(store: Store, tier: int, pages: datetime | None) -> None:
    account = spell(store, tier).books(4).account(unknown_as_bad=True)
    assert account is not None
    assert (account.bad_since, account.pages_at) == (hour(2), pages)


def test_maintenance_delays_the_page(store: Store) -> None:
    ledger = spell(store, maintenance=[{"start": hour(1), "end": hour(2.5), "reason": "move"}])
    account = ledger.books(4).account(unknown_as_bad=True)
    assert account is not None
    assert account.pages_at == hour(3.5)


def test_a_spell_begins_no_earlier_than_its_limit(store: Store) -> None:
    ledger = Ledger(store, **EVENTS, freshness={"max_age": "9h"})
    ledger.look(0, 0)
    ledger.promise(**FRESH, slo={"objective": 0.9, "window": "100h"})
    ledger.look(5, 0)
    ledger.promise(
        **FRESH, slo={"objective": 0.8, "window": "100h"}
    )  # the same limit under another objective
    ledger.look(6, 0)
    account = ledger.books(6).account(unknown_as_bad=True)
    assert account is not None
    assert account.bad_since == hour(5)


def test_a_declared_cadence_counts_before_the_observed_one(store: Store) -> None:
    observed = Ledger(store, **FRESH)
    for at in (0, 2, 4, 6, 8):
        observed.look(at, at)
    assert observed.books(8).hysteresis == HOUR / 2
    declared = rides(**EVENTS, freshness={"max_age": "2h", "delivery": DAILY})
    assert observed.books(8, declared).hysteresis == DAY / 4


def test_an_incident_outlives_a_change_of_what_else_is_promised(store: Store) -> None:
    ledger = Ledger(store, **FRESH)
    ledger.look(0, 0, failed(status=Status.PASS))
    ledger.look(3, 0, failed())
    ledger.promise(**FRESH, volume={"at_least": 1})
    ledger.look(4, 0, failed())
    freshness, nulls = sorted(ledger.books(4).incidents(), key=lambda one: one.check)
    assert (freshness.started.by, freshness.detected, freshness.is_open) == (hour(2), hour(3), True)
    assert (nulls.started.after, nulls.detected, nulls.is_open) == (hour(0), hour(3), True)


def test_an_incident_that_reaches_into_a_period_keeps_its_beginning_and_key(store: Store) -> None:
    ledger = Ledger(store, **FRESH)
    ledger.look(-200, -200, failed(status=Status.PASS))
    for at in range(-100, 1, 10):
        ledger.look(at, at, failed())
    books = ledger.books(0)
    whole = [one for one in books.incidents() if one.check == "nulls"]
    part = [one for one in books.incidents(since=hour(-5)) if one.check == "nulls"]
    assert part == whole
    # Negative control: read from the period's start alone, it is another incident.
    alone = check_incidents("rides", store.verdicts("rides", hour(-5), hour(1)), books.hysteresis)
    assert [one.key for one in alone] != [one.key for one in whole]


@pytest.mark.parametrize(("check", "incidents"), [("freshness_warn", 0), ("future", 1)])
def test_an_early_warning_is_no_incident(store: Store, check: str, incidents: int) -> None:
    ledger = Ledger(store, **FRESH)
    ledger.look(0, 0, failed(check))
    assert len(ledger.books(0).incidents()) == incidents


def test_what_was_over_before_a_period_is_left_out(store: Store) -> None:
    ledger = Ledger(store, **FRESH)
    for at, status in ((0, Status.FAIL), (1, Status.PASS), (2, Status.PASS), (50, Status.PASS)):
        ledger.look(at, at, failed(status=status))
    books = ledger.books(50)
    assert [one.check for one in books.incidents(since=hour(-1))] == ["nulls"]
    assert books.incidents(since=hour(1) + timedelta(microseconds=1)) == ()
