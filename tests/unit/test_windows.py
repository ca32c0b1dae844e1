from datetime import UTC, datetime, timedelta

import pytest

from featureguard.windows import CALENDAR, Windows, from_micros, to_micros, wall_to_utc


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("per", "key", "start", "end"),
    [
        ("hour", "2013-02-08T17Z", utc(2013, 2, 8, 17), utc(2013, 2, 8, 18)),
        ("day", "2013-02-08", utc(2013, 2, 8, 5), utc(2013, 2, 9, 5)),
        ("week", "2013-W06", utc(2013, 2, 4, 5), utc(2013, 2, 11, 5)),
        ("month", "2013-02", utc(2013, 2, 1, 5), utc(2013, 3, 1, 5)),
    ],
)
def test_windows_are_named_by_the_local_time_of_their_start(
    per: str, key: str, start: datetime, end: datetime
) -> None:
    window = Windows(per, "America/New_York").at(utc(2013, 2, 8, 17, 30))  # type: ignore[arg-type]
    assert (window.key, window.start, window.end) == (key, start, end)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", utc(2013, 3, 10, 12), 23),
        ("America/New_York", utc(2013, 11, 3, 12), 25),
        ("America/Sao_Paulo", utc(2017, 10, 15, 12), 23),
        ("America/Sao_Paulo", utc(2018, 2, 17, 12), 25),
        ("Australia/Lord_Howe", utc(2019, 10, 6, 0), 23.5),
        ("Antarctica/Troll", utc(2019, 3, 31, 12), 22),
    ],
)
def test_a_day_is_as_long_as_its_zone_makes_it(zone: str, day: datetime, hours: float) -> None:
    window = Windows("day", zone).at(day)
    assert window.end - window.start == timedelta(hours=hours)


def test_the_day_that_apia_skipped_is_no_window() -> None:
    windows = Windows("day", "Pacific/Apia")
    before = windows.at(utc(2011, 12, 30, 9))
    assert (before.key, windows.after(before).key) == ("2011-12-29", "2011-12-31")


def test_a_week_belongs_to_the_year_of_its_thursday() -> None:
    assert Windows("week").at(utc(2012, 12, 31)).key == "2013-W01"


def test_hours_are_cut_in_utc_where_none_is_missing() -> None:
    assert Windows("hour", "America/New_York").at(utc(2013, 11, 3, 6, 59)).key == "2013-11-03T06Z"


def test_an_edge_belongs_to_the_window_that_it_starts() -> None:
    windows = Windows("day")
    assert windows.at(utc(2013, 2, 9)).key == "2013-02-09"
    assert windows.at(utc(2013, 2, 9) - timedelta(microseconds=1)).key == "2013-02-08"


def test_between_lists_every_window_once() -> None:
    found = Windows("month").between(utc(2012, 11, 30), utc(2013, 2, 1))
    assert [window.key for window in found] == ["2012-11", "2012-12", "2013-01", "2013-02"]


def test_of_an_ambiguous_wall_time_the_earlier_reading_counts() -> None:
    wall = to_micros(utc(2013, 11, 3, 1, 30))
    assert wall_to_utc(wall, "America/New_York") == to_micros(utc(2013, 11, 3, 5, 30))


def test_a_skipped_wall_time_and_one_beyond_the_calendar_have_no_instant() -> None:
    assert wall_to_utc(to_micros(utc(2013, 3, 10, 2, 30)), "America/New_York") is None
    assert wall_to_utc(to_micros(utc(9999, 12, 31, 23)), "America/New_York") is None
    assert wall_to_utc(-(2**62), "UTC") is None


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Asia/Manila"])
@pytest.mark.parametrize("per", ["hour", "day", "week", "month"])
def test_every_zone_has_windows_at_both_ends_of_the_calendar(zone: str, per: str) -> None:
    windows = Windows(per, zone)  # type: ignore[arg-type]
    for micros in CALENDAR:
        window = windows.at(from_micros(micros))
        assert to_micros(window.start) <= micros < to_micros(window.end)
