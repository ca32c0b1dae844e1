"""What is due is due once, in every zone and at every jump of its clocks, against an oracle by the minute."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from featureguard.arrivals import Delivery
from featureguard.cron import due_between
from featureguard.schedule import due_windows, last_owed
from tests.thorough import often

law = settings(max_examples=often(100), deadline=None, database=None)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

# Zones and an instant (UTC) at which they skip or repeat an hour, a midnight or a day.
JUMPS = [
    ("America/New_York", datetime(2013, 3, 10, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2013, 11, 3, 6, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2017, 10, 15, 3, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 2, 18, 2, tzinfo=UTC)),
    ("America/Havana", datetime(2013, 11, 3, 5, tzinfo=UTC)),
    ("America/Nuuk", datetime(2024, 3, 31, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2019, 4, 6, 15, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2019, 3, 31, 1, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
]
zones = st.sampled_from(sorted(zoneinfo.available_timezones() - {"localtime", "Factory"}))
places = st.sampled_from(JUMPS) | st.tuples(
    zones, st.integers(5 * 365, 120 * 365).map(lambda days: datetime(1970, 1, 1, tzinfo=UTC) + days * DAY)
)
hours, minutes = st.integers(0, 23), st.integers(0, 59)
crons = st.one_of(
    st.builds("{} {} * * *".format, minutes, hours),
    st.builds("*/{} {} * * *".format, st.integers(7, 40), st.sampled_from(["0", "1,2,3", "*/5", "*"])),
    st.builds("{} {} * * {}".format, minutes, hours, st.sampled_from(["MON-FRI", "SUN", "2#1"])),
)


def wall(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)


def first_shown(zone: str, moment: time, start: datetime, end: datetime) -> list[datetime]:
    """By the minute: when a clock of the zone first shows a time of each of its days, or a later one."""
    found: dict[date, datetime] = {}
    previous, at = wall(start, zone).date(), start
    while at < end:
        shown = wall(at, zone)
        days_over = [previous] if shown.date() > previous else []
        for day in [*days_over, *([shown.date()] if shown.time() >= moment else [])]:
            found.setdefault(day, at)
        previous, at = shown.date(), at + MINUTE
    return sorted(found.values())


@law
@given(places, crons)
def test_due_times_strictly_increase_and_stay_within_their_bounds(
    place: tuple[str, datetime], cron: str
) -> None:
    zone, middle = place
    start, end = middle - 3 * DAY, middle + 3 * DAY
    found = [one.at for one in due_between(cron, zone, start, end)]
    assert all(a < b for a, b in pairwise(found))
    assert all(start <= at < end for at in found)


@law
@given(places, crons, st.timedeltas(-3 * DAY, 3 * DAY))
def test_two_stretches_of_time_have_together_what_is_due_in_both(
    place: tuple[str, datetime], cron: str, shift: timedelta
) -> None:
    zone, middle = place
    start, cut, end = middle - 3 * DAY, middle + shift, middle + 3 * DAY
    both = due_between(cron, zone, start, cut) + due_between(cron, zone, cut, end)
    assert both == due_between(cron, zone, start, end)


@settings(law, max_examples=often(40))
@given(st.sampled_from(JUMPS), st.times())
def test_once_a_day_is_when_a_clock_first_shows_that_time_or_a_later_one(
    place: tuple[str, datetime], moment: time
) -> None:
    zone, jump = place
    moment = moment.replace(second=0, microsecond=0)
    start, end = jump - 2 * DAY, jump + 2 * DAY
    shown = [at for at in first_shown(zone, moment, start, end) if at >= start + DAY]
    found = due_between(f"{moment.minute} {moment.hour} * * *", zone, start + DAY, end)
    assert [one.at for one in found] == shown


@law
@given(places, st.builds("{} {} * * *".format, minutes, hours), st.integers(0, 3))
def test_what_is_due_every_day_covers_every_day_once(
    place: tuple[str, datetime], cron: str, lag: int
) -> None:
    zone, middle = place
    promise = Delivery.model_validate({"cron": cron, "zone": zone, "covers": {"lag": lag}})
    found = due_windows(promise, middle - 4 * DAY, middle + 4 * DAY)
    assert all(a.ends == b.starts for a, b in pairwise(found))
    assert all(window.starts < window.ends <= window.due + DAY for window in found)


@law
@given(places, crons, st.timedeltas(MINUTE, 2 * DAY))
def test_nothing_is_owed_before_its_grace_has_ended(
    place: tuple[str, datetime], cron: str, grace: timedelta
) -> None:
    zone, now = place
    promise = Delivery(cron=cron, zone=zone, grace=grace)
    owed = last_owed(promise, now)
    assert owed is not None
    assert owed.deadline <= now
    later = due_windows(promise, owed.due + timedelta(microseconds=1), now + MINUTE)
    assert all(window.deadline > now for window in later)


def test_control_reading_skipped_times_by_the_offset_before_makes_two_due_at_once() -> None:
    """The naive reading of wall times, which the oracle must tell from ours."""
    zone, jump = JUMPS[0]
    naive = datetime(2013, 3, 10, 2, 30).replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(UTC)
    shown = first_shown(zone, time(2, 30), jump - 2 * DAY, jump + 2 * DAY)
    assert naive not in shown
    assert jump in shown


def test_control_covering_by_the_instant_leaves_a_day_out() -> None:
    """In Nuuk 23:30 of 30 March 2024 is skipped and due on the 31st, but the 29th is what it brings."""
    promise = Delivery(cron="30 23 * * *", zone="America/Nuuk")
    found = due_windows(promise, datetime(2024, 3, 29, tzinfo=UTC), datetime(2024, 4, 2, tzinfo=UTC))
    by_instant = [wall(window.due, promise.zone).date() - DAY for window in found]
    assert len(set(by_instant)) < len(found) == len({window.key for window in found})
