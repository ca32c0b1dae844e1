"""Windows tile time: every instant lies in exactly one, in every zone, also where midnight is missing."""

import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from featureguard.measures import Measures
from featureguard.observation import NO_TIME
from featureguard.scan import instants, profile_batches, profile_windows
from featureguard.windows import CALENDAR, Windows, from_micros, to_micros, wall_to_utc
from tests.thorough import often

Per = Literal["hour", "day", "week", "month"]
law = settings(max_examples=often(300), deadline=None, database=None)
scanned = settings(max_examples=often(60), deadline=None, database=None)
HOUR = timedelta(hours=1)

# Zones and an instant (UTC) near which they skip or repeat midnight, a day, or an odd number of minutes.
ODD = [
    ("America/Sao_Paulo", datetime(2017, 10, 15, 3, tzinfo=UTC)),  # 00:00 is skipped.
    ("America/Sao_Paulo", datetime(2018, 2, 18, 2, tzinfo=UTC)),  # 23:00 to 24:00 is repeated.
    ("Asia/Beirut", datetime(2013, 3, 30, 22, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2014, 5, 15, 22, tzinfo=UTC)),
    ("America/Havana", datetime(2013, 11, 3, 5, tzinfo=UTC)),  # 00:00 to 01:00 is repeated.
    ("Australia/Lord_Howe", datetime(2019, 10, 5, 15, 30, tzinfo=UTC)),  # Half an hour.
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),  # 30 December is missing.
    ("Pacific/Kwajalein", datetime(1993, 8, 21, 12, tzinfo=UTC)),  # 21 August is missing.
    ("America/Juneau", datetime(1867, 10, 18, 0, tzinfo=UTC)),  # A day is repeated.
    ("Asia/Manila", datetime(1844, 12, 31, 16, tzinfo=UTC)),  # A day is missing, at an odd second.
    ("Antarctica/Troll", datetime(2019, 3, 31, 1, tzinfo=UTC)),  # Two hours.
    ("America/Toronto", datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),  # 23:30 to 00:30 is skipped.
    ("Antarctica/McMurdo", datetime(1956, 1, 1, tzinfo=UTC)),  # The first half of a day is skipped.
    ("America/St_Johns", datetime(2006, 10, 29, 2, 31, tzinfo=UTC)),  # One minute past midnight.
]
kinds = st.sampled_from(["hour", "day", "week", "month"])
zones = st.sampled_from(sorted(zoneinfo.available_timezones()))
anywhen = st.integers(CALENDAR[0], CALENDAR[1] - 400 * 86_400_000_000).map(from_micros)
nearby = st.timedeltas(timedelta(days=-40), timedelta(days=40))
places = st.tuples(zones, anywhen) | st.builds(
    lambda odd, shift: (odd[0], odd[1] + shift), st.sampled_from(ODD), nearby
)


def odd_examples(test: Callable[..., None]) -> Callable[..., None]:
    for place in ODD:
        for per in ("day", "week", "month"):
            test = example(place=place, per=per)(test)
    return test


@odd_examples
@law
@given(place=places, per=kinds)
def test_every_instant_lies_in_the_window_that_is_named(place: tuple[str, datetime], per: Per) -> None:
    zone, instant = place
    window = Windows(per, zone).at(instant)
    assert window.start <= instant < window.end


@odd_examples
@law
@given(place=places, per=kinds)
def test_windows_tile_time_without_gap_or_overlap(place: tuple[str, datetime], per: Per) -> None:
    zone, instant = place
    windows = Windows(per, zone)
    window = windows.at(instant)
    for _ in range(4):
        following = windows.after(window)
        assert following.start == window.end < following.end
        assert windows.at(window.start) == windows.at(window.end - timedelta(microseconds=1)) == window
        assert following.key > window.key
        window = following


@law
@given(place=places, per=kinds, reach=st.timedeltas(timedelta(), timedelta(days=9)))
def test_the_windows_between_two_instants_hold_both(
    place: tuple[str, datetime], per: Per, reach: timedelta
) -> None:
    zone, first = place
    found = Windows(per, zone).between(first, first + reach)
    assert found[0].start <= first
    assert found[-1].start <= first + reach < found[-1].end
    assert all(a.end == b.start for a, b in pairwise(found))


@law
@given(anywhen)
def test_microseconds_are_exact(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant


# ---------------------------------------------------------------------------------------- wall times
def wall(instant: datetime, zone: str = "UTC") -> datetime:
    return instant.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)


# polars and Python carry their own copies of the zone database; these differ before 2000 in a few zones.
walls = st.tuples(
    st.sampled_from(sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})),
    st.datetimes(wall(datetime(2000, 1, 1, tzinfo=UTC)), wall(datetime(2100, 1, 1, tzinfo=UTC))),
) | st.builds(
    lambda odd, shift: (odd[0], wall(odd[1], odd[0]) + shift),
    st.sampled_from([odd for odd in ODD if odd[1].year >= 2000]),
    st.timedeltas(timedelta(hours=-30), timedelta(hours=30)),
)


def scanned_instants(walls: list[datetime], zone: str, unit: str = "us") -> list[int | None]:
    batch = pa.record_batch({"at": pa.array(walls, pa.timestamp(unit))})
    return pl.concat(instants([batch], "at", zones={"at": zone})).get_column("at").to_list()


@law
@given(walls)
def test_a_wall_time_is_never_read_as_newer_than_any_of_its_readings(place: tuple[str, datetime]) -> None:
    zone, naive = place
    local = naive.replace(tzinfo=zoneinfo.ZoneInfo(zone))
    readings = [local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    (found,) = scanned_instants([naive], zone)
    assert found == to_micros(min(readings))


@law
@given(walls)
def test_metadata_and_a_scan_read_a_wall_time_alike(place: tuple[str, datetime]) -> None:
    zone, naive = place
    from_metadata = wall_to_utc(to_micros(naive.replace(tzinfo=UTC)), zone)
    (found,) = scanned_instants([naive], zone)
    local = naive.replace(tzinfo=zoneinfo.ZoneInfo(zone))
    skipped = local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != naive
    assert from_metadata == (None if skipped else found)


@law
@given(walls, st.timedeltas(timedelta(), timedelta(hours=30)))
def test_the_greatest_wall_time_is_the_newest_instant(place: tuple[str, datetime], less: timedelta) -> None:
    """So the greatest value of a footer may be localised by itself, unless its zone skips it."""
    zone, naive = place
    earlier, later = scanned_instants([naive - less, naive], zone)
    if wall_to_utc(to_micros(naive.replace(tzinfo=UTC)), zone) is not None:
        assert earlier is not None
        assert later is not None
        assert earlier <= later


# ---------------------------------------------------------------------------------------- scans by window
rows = st.lists(st.none() | nearby | st.sampled_from([timedelta(), HOUR]), max_size=20)
WANTED = {"x": Measures(True, True, True, True, True, True), "at": Measures(nulls=True, extremes=True)}


def batches_of(times: list[datetime | None], size: int) -> list[pa.RecordBatch]:
    table = pa.table({"at": pa.array(times, pa.timestamp("us", "UTC")), "x": list(range(len(times)))})
    return table.to_batches(max_chunksize=size) if times else []


@scanned
@given(st.sampled_from(ODD), kinds, rows, st.integers(1, 7))
def test_profiles_by_window_equal_filtering_and_profiling(
    odd: tuple[str, datetime], per: Per, shifts: list[timedelta | None], size: int
) -> None:
    zone, middle = odd
    times = [None if shift is None else middle + shift for shift in shifts]
    windows = Windows(per, zone)
    names = [NO_TIME if time is None else windows.at(time).key for time in times]
    batches = batches_of(times, size)
    found = profile_windows(batches, WANTED, windows=windows, time="at")
    assert found.keys() == set(names)
    for key in found:
        table = pa.Table.from_batches(batches).filter(pa.array([name == key for name in names]))
        assert found[key] == profile_batches(table.combine_chunks().to_batches(), WANTED)


@pytest.mark.parametrize("sentinel", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)])
@pytest.mark.parametrize("per", ["hour", "day", "week", "month"])
def test_a_sentinel_far_away_is_a_row_without_a_time_and_costs_nothing(per: Per, sentinel: datetime) -> None:
    times: list[datetime | None] = [datetime(2013, 2, 9, tzinfo=UTC), sentinel]
    found = profile_windows(batches_of(times, 9), WANTED, windows=Windows(per, "America/New_York"), time="at")
    assert {key: profile.rows for key, profile in found.items() if key == NO_TIME} == {NO_TIME: 1}
    assert len(found) == 2


def test_control_cutting_by_utc_days_is_not_cutting_by_local_days() -> None:
    zone, instant = "America/Sao_Paulo", datetime(2017, 10, 15, 2, 30, tzinfo=UTC)
    assert Windows("day", zone).at(instant).key == "2017-10-14"
    assert Windows("day").at(instant).key == "2017-10-15"
