"""The delivery SLI never claims more than looks can show, in a world that knows when everything arrived."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureguard.arrivals import Delivery
from featureguard.profile import NEVER, Never
from featureguard.schedule import DueWindow, due_windows
from featureguard.slo.delivery import Arrival, Delivered, deliveries, delivery_sli
from featureguard.timeline import Sighting, record
from tests.thorough import often

law = settings(max_examples=often(200), deadline=None, database=None)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST, DAYS = datetime(2013, 2, 8, tzinfo=UTC), 5
NOW = FIRST + (DAYS + 1) * DAY
DUE = due_windows(Delivery(cron="0 1 * * *", grace=2 * HOUR), FIRST, FIRST + DAYS * DAY)

# When the data of each day arrived, if ever, in hours after its end; and when somebody looked.
Worlds = list[int | None]
worlds = st.lists(st.none() | st.integers(-1, 40), min_size=DAYS, max_size=DAYS)
hours = st.lists(st.integers(-2, (DAYS + 1) * 24), max_size=20)


def arrived_at(world: Worlds, window: DueWindow) -> datetime | None:
    """When data that reaches the end of a window was there; later data reaches it too."""
    later = [
        w.ends + hours * HOUR
        for w, hours in zip(DUE, world, strict=True)
        if hours is not None and w.ends >= window.ends
    ]
    return min(later, default=None)


def newest_at(world: Worlds, at: datetime) -> datetime | Never:
    there = [w.ends for w in DUE if (arrived := arrived_at(world, w)) and arrived <= at]
    return max(there, default=NEVER)


def truth(world: Worlds, window: DueWindow) -> Arrival:
    arrived = arrived_at(world, window)
    if arrived is None or arrived > NOW:
        return Arrival.MISSING
    early = Arrival.EARLY if arrived < window.due else Arrival.ON_TIME
    return early if arrived <= window.deadline else Arrival.LATE


def seen(world: Worlds, looks: list[int]) -> list[Delivered]:
    times = [FIRST + hour * HOUR for hour in looks]
    return deliveries(record(Sighting(at, newest_at(world, at)) for at in times), DUE, NOW)


def is_late(one: Delivered) -> bool:
    return one.state in (Arrival.LATE, Arrival.MISSING)


def overclaims(late: Callable[[Delivered], bool], world: Worlds, looks: list[int]) -> bool:
    """Whether something is called late that came in time."""
    in_time = (Arrival.EARLY, Arrival.ON_TIME)
    return any(late(one) and truth(world, one.window) in in_time for one in seen(world, looks))


@law
@given(worlds, hours)
def test_what_is_said_of_a_delivery_is_true(world: Worlds, looks: list[int]) -> None:
    for one in seen(world, looks):
        arrived = arrived_at(world, one.window)
        assert (one.state in (Arrival.EARLY, Arrival.ON_TIME)) <= (
            arrived is not None and arrived <= one.window.deadline
        )
        assert (one.state is Arrival.EARLY) <= (truth(world, one.window) is Arrival.EARLY)
        least, most = one.lateness
        lateness = max(timedelta(), (arrived or NOW) - one.window.due)
        assert least <= lateness <= (most or lateness)
    assert not overclaims(is_late, world, looks)


@law
@given(worlds, hours)
def test_the_interval_holds_the_true_share(world: Worlds, looks: list[int]) -> None:
    states = [truth(world, window) for window in DUE]
    share = sum(state in (Arrival.EARLY, Arrival.ON_TIME) for state in states) / DAYS
    interval = delivery_sli(seen(world, looks)).interval
    assert interval is not None
    assert interval[0] <= share <= interval[1]


@law
@given(worlds, hours, st.lists(st.integers(-2, (DAYS + 1) * 24), min_size=1, max_size=5))
def test_more_looks_never_make_it_vaguer(world: Worlds, looks: list[int], more: list[int]) -> None:
    before, after = delivery_sli(seen(world, looks)), delivery_sli(seen(world, looks + more))
    assert after.good >= before.good
    assert after.bad >= before.bad


@law
@given(worlds)
def test_looking_every_hour_leaves_nothing_unknown(world: Worlds) -> None:
    found = seen(world, list(range(-2, (DAYS + 1) * 24 + 1)))
    assert [one.state for one in found] == [truth(world, window) for window in DUE]


def test_control_calling_late_what_was_first_seen_late_is_caught() -> None:
    def seen_late(one: Delivered) -> bool:
        return one.seen_at is None or one.seen_at > one.window.deadline

    @law
    @given(worlds, hours)
    def claim(world: Worlds, looks: list[int]) -> None:
        assert not overclaims(seen_late, world, looks)

    with pytest.raises(AssertionError):
        claim()
