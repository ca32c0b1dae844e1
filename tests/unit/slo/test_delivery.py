"""What became of each delivery, from what was visible when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from featureguard.arrivals import Delivery
from featureguard.profile import NEVER
from featureguard.schedule import due_windows
from featureguard.slo.delivery import Arrival, Delivered, complete_through, deliveries, delivery_sli
from featureguard.timeline import Sighting, record

HOUR, DAY, MICROSECOND = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
FIRST = datetime(2013, 2, 8, tzinfo=UTC)  # A midnight: the data of the 7th is due at 01:00, until 03:00.
DUE, DEADLINE = FIRST + HOUR, FIRST + 3 * HOUR
PROMISE = Delivery(cron="0 1 * * *", grace=2 * HOUR)
Looks = Sequence[tuple[datetime, object]]


def found(looks: Looks, now: datetime, days: int = 1, promise: Delivery = PROMISE) -> list[Delivered]:
    """What became of the deliveries of some days, by looks that found the newest value."""
    runs = record(Sighting(at, value) for at, value in looks)  # type: ignore[arg-type]
    return deliveries(runs, due_windows(promise, FIRST, FIRST + days * DAY), now)


@pytest.mark.parametrize(
    ("looks", "state"),
    [
        ([(DUE - HOUR, FIRST)], Arrival.EARLY),
        ([(DUE - MICROSECOND, FIRST)], Arrival.EARLY),
        ([(DUE, FIRST)], Arrival.ON_TIME),
        ([(DUE, FIRST - HOUR), (DEADLINE, FIRST)], Arrival.ON_TIME),
        ([(DEADLINE, FIRST - HOUR), (DEADLINE + HOUR, FIRST)], Arrival.LATE),
        ([(DEADLINE - MICROSECOND, FIRST - HOUR), (DEADLINE + HOUR, FIRST)], Arrival.UNKNOWN),
        ([(DEADLINE + MICROSECOND, FIRST)], Arrival.UNKNOWN),
        ([(DEADLINE, FIRST - MICROSECOND)], Arrival.MISSING),
        ([(DEADLINE, NEVER)], Arrival.MISSING),
        ([(DEADLINE - MICROSECOND, NEVER)], Arrival.UNKNOWN),
        ([], Arrival.UNKNOWN),
    ],
)
def test_a_delivery_lies_between_the_last_look_without_and_the_first_with_it(
    looks: Looks, state: Arrival
) -> None:
    (delivered,) = found(looks, FIRST + DAY)
    assert delivered.state is state


def test_what_may_still_come_in_time_is_not_due() -> None:
    for now, state in [(DEADLINE - MICROSECOND, Arrival.NOT_DUE), (DEADLINE, Arrival.UNKNOWN)]:
        (delivered,) = found([(DUE, FIRST - HOUR)], now)
        assert delivered.state is state


def test_later_sightings_are_not_known_yet() -> None:
    looks = [(DEADLINE, FIRST - HOUR), (DEADLINE + HOUR, FIRST)]
    (delivered,) = found(looks, DEADLINE + HOUR - MICROSECOND)
    assert (delivered.state, delivered.seen_at) == (Arrival.MISSING, None)


def test_what_has_arrived_stays_so_though_the_value_goes_back() -> None:
    (delivered,) = found([(DUE, FIRST), (DEADLINE, FIRST - DAY)], FIRST + DAY)
    assert (delivered.state, delivered.seen_at) == (Arrival.ON_TIME, DUE)


@pytest.mark.parametrize(
    ("looks", "lateness"),
    [
        ([(DUE - HOUR, FIRST)], (timedelta(), timedelta())),
        ([(DUE + HOUR, NEVER), (DUE + 5 * HOUR, FIRST)], (HOUR, 5 * HOUR)),
        ([(DUE - HOUR, NEVER), (DUE + 5 * HOUR, FIRST)], (timedelta(), 5 * HOUR)),
        ([(DUE + 5 * HOUR, NEVER)], (5 * HOUR, None)),
        ([], (timedelta(), None)),
    ],
)
def test_lateness_is_what_the_looks_allow(looks: Looks, lateness: tuple[timedelta, timedelta | None]) -> None:
    (delivered,) = found(looks, FIRST + DAY)
    assert delivered.lateness == lateness


def test_the_sli_counts_what_is_known_and_says_what_the_rest_allows() -> None:
    closed = Delivery.model_validate({**PROMISE.model_dump(), "calendar": {"also": ["2013-02-10"]}})
    looks = [
        (DUE, FIRST),  # The 7th on time;
        (DEADLINE + DAY, FIRST),  # the 8th late;
        (FIRST + 2 * DAY - HOUR, FIRST + DAY),
        (DEADLINE + 2 * DAY + HOUR, FIRST + 2 * DAY),  # the 9th, who knows; the 10th is off;
        (DEADLINE + 4 * DAY, FIRST + 2 * DAY),  # the 11th missing.
    ]
    states = [one.state for one in found(looks, FIRST + 5 * DAY, days=6, promise=closed)]
    assert states == ["on_time", "late", "unknown", "not_due", "missing", "not_due"]
    sli = delivery_sli(found(looks, FIRST + 5 * DAY, days=6, promise=closed))
    assert (sli.good, sli.bad, sli.unknown, sli.not_due) == (1, 2, 1, 2)
    assert sli.ratio == 1 / 3
    assert sli.interval == (1 / 4, 2 / 4)


def test_of_nothing_due_there_is_no_share() -> None:
    sli = delivery_sli([])
    assert (sli.ratio, sli.interval) == (None, None)


def test_data_is_complete_through_the_last_of_an_unbroken_row_of_deliveries() -> None:
    closed = Delivery(cron="0 1 * * *", calendar={"also": ["2013-02-08"]})  # type: ignore[arg-type]
    assert complete_through(found([(DUE, FIRST + DAY)], FIRST + 5 * DAY, days=5)) == FIRST + DAY
    of_closed = found([(DUE, FIRST), (FIRST + 3 * DAY, FIRST + 2 * DAY)], FIRST + 5 * DAY, 5, closed)
    assert complete_through(of_closed) == FIRST + 2 * DAY
    assert complete_through(found([(DUE, FIRST - HOUR)], FIRST + 5 * DAY)) is None
