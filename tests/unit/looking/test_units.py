"""Which units a look judges, and what they hold."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from featureguard.looking.units import choose
from featureguard.observation import ALL, NO_TIME
from featureguard.result import Code, Status
from tests.builders import DAY, HOUR, NOW, named
from tests.world import World, at, world

DAILY = {
    "time": {"event": "at"},
    "judge": {"per": "day"},
    "schema": {"columns": {"n": {"nulls": "10%"}}},
    "volume": {"at_least": 2},
}


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, **DAILY) as made:
        yield made


def rows(day: int, *, good: bool = True, count: int = 2, hour: int = 6) -> dict[str, Any]:
    """Rows of a day of February 2013."""
    time = datetime(2013, 2, day, hour, tzinfo=UTC)
    return {"at": at(*[time] * count), "n": [1 if good else None] * count}


def judged(world: World) -> list[str]:
    return [unit.key for unit in world.check().observation.units]


def test_the_first_look_judges_every_closed_window(lake: World) -> None:
    for day in (5, 6, 9):
        lake.file(f"{day}.parquet", **rows(day))
    assert judged(lake) == ["2013-02-05", "2013-02-06"]


def test_a_new_day_is_judged_and_the_old_ones_are_not_again(lake: World) -> None:
    lake.file("6.parquet", **rows(6))
    lake.check()
    lake.file("7.parquet", **rows(7))
    assert judged(lake) == ["2013-02-07"]


def test_a_day_that_changed_is_judged_again(lake: World) -> None:
    for day in (5, 6, 7):
        lake.file(f"{day}.parquet", **rows(day))
    lake.check()
    lake.file("5 late.parquet", **rows(5, good=False))
    report = lake.check()
    assert "2013-02-05" in [unit.key for unit in report.observation.units]
    assert named(report, "nulls").observed == 0.5


def test_mending_one_bad_day_does_not_hide_another(lake: World) -> None:
    lake.file("5.parquet", **rows(5, good=False))
    lake.file("6.parquet", **rows(6, good=False))
    assert named(lake.check(), "nulls").units_failed == 2
    lake.file("6.parquet", **rows(6))
    report = lake.check()
    assert (named(report, "nulls").units_failed, named(report, "nulls").unit) == (1, "2013-02-05")
    lake.file("7.parquet", **rows(7))
    assert [unit.key for unit in lake.check().observation.units] == ["2013-02-07"]


def test_a_verdict_stays_while_nothing_changes(lake: World) -> None:
    lake.file("6.parquet", **rows(6))
    lake.file("7.parquet", **rows(7, good=False))
    lake.check()
    for _ in range(2):
        result = named(lake.check(after=HOUR), "nulls")
        assert (result.status, result.unit) == (Status.FAIL, "2013-02-07")


def test_an_open_window_is_not_judged(lake: World) -> None:
    lake.file("9.parquet", **rows(9, good=False))
    report = lake.check()
    assert report.observation.units == ()
    assert {(r.status, r.code) for r in report.results if r.check in ("nulls", "volume")} == {
        (Status.UNKNOWN, Code.NO_EVIDENCE)
    }
    assert named(report, "nulls").reason == "There is no closed day to judge yet."


def test_a_window_is_judged_once_it_is_closed_even_if_nothing_was_added(lake: World) -> None:
    """All of the day had come before the look at noon; after midnight it is closed, and still unjudged."""
    lake.file("8.parquet", **rows(8))
    lake.file("9.parquet", **rows(9, good=False))
    assert judged(lake) == ["2013-02-08"]
    report = lake.check(after=DAY)
    assert [unit.key for unit in report.observation.units] == ["2013-02-09"]
    assert named(report, "nulls").status is Status.FAIL
    assert judged(lake) == ["2013-02-09"]


def test_a_window_that_closed_is_judged_beside_a_new_file_of_another(lake: World) -> None:
    lake.file("9.parquet", **rows(9))
    lake.check()
    lake.now += DAY
    lake.file("10.parquet", **rows(10))
    assert judged(lake) == ["2013-02-09"]


def test_when_judged_data_is_gone_the_newest_closed_day_is_judged(lake: World) -> None:
    for day in (5, 6):
        lake.file(f"{day}.parquet", **rows(day))
    lake.check()
    newest = lake.file("7.parquet", **rows(7, good=False))
    lake.check()
    newest.unlink()
    report = lake.check()
    assert [unit.key for unit in report.observation.units] == ["2013-02-06"]
    assert named(report, "nulls").status is Status.PASS


def test_a_file_of_several_days_is_cut_by_reading_it(lake: World) -> None:
    times = [datetime(2013, 2, day, 6, tzinfo=UTC) for day in (5, 5, 6, 6)]
    lake.file("all.parquet", at=at(*times), n=[1, 1, None, None])
    report = lake.check()
    assert [unit.profile.rows for unit in report.observation.units] == [2, 2]
    assert (named(report, "nulls").unit, named(report, "nulls").units_failed) == ("2013-02-06", 1)


def test_a_day_spread_over_files_is_one_unit(lake: World) -> None:
    lake.file("a.parquet", **rows(6, count=1))
    lake.file("b.parquet", **rows(6, count=1, hour=7))
    assert named(lake.check(), "volume").observed == 2


def test_rows_without_a_time_are_a_unit_of_their_own(lake: World) -> None:
    lake.file(
        "a.parquet", at=pa.array([NOW - 2 * DAY] * 2 + [None], pa.timestamp("us", "UTC")), n=[1, 1, None]
    )
    report = lake.check()
    assert [unit.key for unit in report.observation.units] == ["2013-02-07", NO_TIME]
    assert named(report, "nulls").unit == NO_TIME
    assert named(report, "volume").status is Status.PASS


@pytest.mark.parametrize("year", [1, 9999])
def test_a_sentinel_year_is_no_time_and_does_not_take_forever(lake: World, year: int) -> None:
    sentinel = datetime(year, 12, 31, tzinfo=UTC)
    lake.file("a.parquet", at=at(NOW - 2 * DAY, NOW - 2 * DAY, sentinel), n=[1, 1, 1])
    assert judged(lake) == ["2013-02-07", NO_TIME]


def test_an_empty_file_beside_others_is_no_unit(lake: World) -> None:
    """Engines leave empty part files; none of them is a day without rows."""
    lake.file("a.parquet", **rows(6))
    lake.file("b.parquet", at=at(), n=pa.array([], pa.int64()))
    report = lake.check()
    assert [unit.key for unit in report.observation.units] == ["2013-02-06"]
    assert report.exit_code == 0


def test_files_without_rows_alone_fail_the_volume(lake: World) -> None:
    lake.file("b.parquet", at=at(), n=pa.array([], pa.int64()))
    report = lake.check()
    assert [unit.key for unit in report.observation.units] == [ALL]
    assert (named(report, "volume").code, named(report, "nulls").code) == (
        Code.VOLUME_OUT_OF_RANGE,
        Code.NO_EVIDENCE,
    )


def test_an_event_time_that_is_text_cuts_nothing_and_the_schema_says_so(lake: World) -> None:
    """A drift of the schema is a verdict, not a crash."""
    lake.promise(
        **{**DAILY, "schema": {"columns": {"at": "timestamp[us, tz=UTC]"}}, "freshness": {"max_age": "1d"}}
    )
    lake.file("a.parquet", at=["2013-02-08", "2013-02-09"], n=[1, 2])
    report = lake.check()
    assert named(report, "schema").code is Code.SCHEMA_BREAKING
    assert named(report, "freshness").reason == "'at' is string, not a point in time."
    assert named(report, "volume").status is Status.PASS


def test_local_days_are_cut_at_local_midnight(lake: World) -> None:
    lake.promise(**{**DAILY, "judge": {"per": "day", "zone": "America/New_York"}})
    late = datetime(2013, 2, 8, 4, 59, tzinfo=UTC)
    lake.file("a.parquet", at=at(late, late + timedelta(minutes=2)), n=[1, 1])
    report = lake.check()
    assert [(unit.key, unit.profile.rows) for unit in report.observation.units] == [
        ("2013-02-07", 1),
        ("2013-02-08", 1),
    ]


# -------------------------------------------------------------------------------------- partitions
def test_partitions_are_units_where_there_are_some(lake: World) -> None:
    lake.promise(schema={"columns": {"n": {"nulls": "10%"}}}, volume={"at_least": 1})
    lake.file("day=1/a.parquet", n=[1, 1])
    lake.file("day=2/city=b/a.parquet", n=[None, 1])
    report = lake.check()
    assert [unit.key for unit in report.observation.units] == ["day=1", "day=2/city=b"]
    assert named(report, "nulls").unit == "day=2/city=b"


def test_a_partition_without_rows_fails_the_volume(lake: World) -> None:
    lake.promise(volume={"at_least": 1})
    lake.file("day=1/a.parquet", n=[1, 1])
    lake.file("day=2/a.parquet", n=pa.array([], pa.int64()))
    assert named(lake.check(), "volume").unit == "day=2"


def test_all_rows_are_one_unit_where_the_contract_says_so(lake: World) -> None:
    lake.promise(judge={"per": "all"}, volume={"at_least": 3})
    lake.file("day=1/a.parquet", n=[1, 1])
    lake.file("day=2/a.parquet", n=[1])
    report = lake.check()
    assert [unit.key for unit in report.observation.units] == [ALL]
    assert named(report, "volume").unit is None


# ------------------------------------------------------------------------------------------ keys
KEYED = {"time": {"event": "at"}, "judge": {"per": "day"}, "keys": {"unique": ["id", "at"]}}


def test_keys_are_unique_within_a_unit_whatever_files_it_lies_in(lake: World) -> None:
    """One file lies in one day, the other has to be cut: their times are compared all the same."""
    lake.promise(**KEYED)
    day, before = NOW - DAY, NOW - 2 * DAY
    lake.file("a.parquet", at=at(day), id=[1])
    lake.file("b.parquet", at=at(day, before), id=[1, 1])
    result = named(lake.check(), "keys")
    assert (result.status, result.unit, result.observed) == (Status.FAIL, "2013-02-08", 1)
    assert result.reason.endswith("e.g. id=1, at=2013-02-08 12:00:00+00:00.")


def test_keys_of_other_time_units_are_compared_as_times(lake: World) -> None:
    lake.promise(time={"event": "at"}, keys={"unique": ["at"]})
    lake.file("a.parquet", at=at(NOW - DAY))
    lake.file("b.parquet", at=at(NOW - DAY).cast(pa.timestamp("ns", "UTC")))
    assert named(lake.check(), "keys").status is Status.FAIL


def test_the_same_key_in_two_units_is_fine(lake: World) -> None:
    lake.promise(**{**KEYED, "keys": {"unique": ["id"]}})
    lake.file("a.parquet", at=at(NOW - DAY, NOW - 2 * DAY), id=[1, 1])
    assert named(lake.check(), "keys").status is Status.PASS


def test_keys_whose_types_have_nothing_in_common_are_unknown(lake: World) -> None:
    lake.promise(
        time={"event": "at"},
        keys={"unique": ["id"]},
        freshness={"population": {"entity": ["id"], "within": "1h", "at_least": "90%"}},
    )
    lake.file("a.parquet", at=at(NOW - HOUR), id=[[1]])
    lake.file("b.parquet", at=at(NOW - HOUR), id=[1])
    report = lake.check()
    assert {named(report, name).status for name in ("keys", "population")} == {Status.UNKNOWN}


def test_keys_of_a_missing_column_are_unknown(lake: World) -> None:
    lake.promise(keys={"unique": ["nobody"]})
    lake.file("a.parquet", n=[1])
    assert named(lake.check(), "keys").status is Status.UNKNOWN


# ---------------------------------------------------------------------------------------- the choice
@pytest.mark.parametrize(
    ("before", "judged_before", "chosen"),
    [
        (None, [], ["a", "b", "c"]),
        ({"a": "1", "b": "2"}, ["b"], ["c"]),
        ({"a": "1", "b": "old", "c": "3"}, ["a"], ["b"]),
        ({"a": "1", "b": "2", "c": "3"}, ["a", "gone"], ["a"]),
        ({"a": "1", "b": "2", "c": "3"}, ["gone"], ["c"]),
    ],
)
def test_what_is_new_or_changed_is_chosen_else_what_was_judged_before(
    before: dict[str, str] | None, judged_before: list[str], chosen: list[str]
) -> None:
    contents = {"a": "1", "b": "2", "c": "3"}
    assert choose(contents, before, judged_before, ["a", "b", "c"]) == chosen


def test_without_closed_units_none_is_chosen() -> None:
    assert choose({"a": "1"}, {"a": "1"}, ["a"], []) == []
