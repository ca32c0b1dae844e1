"""What a look judges: closed units that are new or have changed; and a verdict stays until something does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from featureguard.result import Status
from tests.builders import DAY, HOUR, hours_ago, named
from tests.looking_builders import Lake, days, judged, lake, said

NAN = float("nan")
DAILY = {"judge": {"per": "day"}, "schema": {"columns": {"fare": {"nulls": "25%"}}}}


@pytest.fixture
def two_days(tmp_path: Path) -> Lake:
    it = Lake(tmp_path, **DAILY)
    it.add("a", at=days(3.2, 3.8), fare=[1.0, 2.0])
    it.add("b", at=days(4.2, 4.8), fare=[1.0, 2.0])
    assert judged(it.check()) == ["2013-01-04", "2013-01-05"]
    return it


def test_late_rows_change_their_own_day(two_days: Lake) -> None:
    two_days.add("late", at=days(3.5, 6.5), fare=[NAN, 1.0])
    report = two_days.check()
    assert judged(report) == ["2013-01-04", "2013-01-07"]
    fare = named(report, "nulls")
    assert (fare.unit, fare.observed, fare.units_failed) == ("2013-01-04", 1 / 3, 1)


def test_a_file_that_goes_away_changes_the_days_it_shared(two_days: Lake) -> None:
    path = two_days.add("more", at=days(4.5), fare=[NAN])
    assert said(two_days.check())["nulls fare"] == "fail NULL_LIMIT"
    path.unlink()
    report = two_days.check()
    assert (judged(report), said(report)["nulls fare"]) == (["2013-01-04", "2013-01-05"], "pass")


def test_a_day_that_goes_away_leaves_the_newest_to_judge(two_days: Lake) -> None:
    (two_days.folder / "a.parquet").unlink()
    assert judged(two_days.check()) == ["2013-01-05"]
    (two_days.folder / "b.parquet").unlink()
    assert judged(two_days.check()) == ["all"]  # Nothing is left, and that is what there is to judge.


def test_an_open_day_is_not_judged_and_is_new_once_it_closes(two_days: Lake) -> None:
    two_days.add("today", at=hours_ago(3), fare=[NAN])
    assert judged(two_days.check()) == ["2013-01-04", "2013-01-05"]
    assert judged(two_days.check()) == ["2013-01-04", "2013-01-05"]
    closed = two_days.check(after=DAY)
    assert judged(closed) == ["2013-02-09"]
    assert said(closed)["nulls fare"] == "fail NULL_LIMIT"
    assert judged(two_days.check()) == ["2013-02-09"]


def test_a_day_closes_at_its_end_and_not_before(tmp_path: Path) -> None:
    with lake(tmp_path, **DAILY) as it:
        it.add("today", at=hours_ago(3), fare=[1.0])
        before = it.check(after=13 * HOUR - timedelta(microseconds=1))
        assert said(before)["nulls fare"] == "unknown NO_EVIDENCE"
        assert judged(it.check(after=timedelta(microseconds=1))) == ["2013-02-09"]


def test_days_end_where_their_zone_says(tmp_path: Path) -> None:
    with lake(tmp_path, **{**DAILY, "judge": {"per": "day", "zone": "Pacific/Auckland"}}) as it:
        it.add("a", at=hours_ago(2, 0.5), fare=[1.0, NAN])  # Midnight there was an hour ago.
        report = it.check()
        assert (judged(report), said(report)["nulls fare"]) == (["2013-02-09"], "pass")


def test_future_rows_make_no_unit_to_judge(tmp_path: Path) -> None:
    with lake(tmp_path, **DAILY) as it:
        it.add("a", at=days(3.5, 400), fare=[1.0, NAN])
        report = it.check()
        assert judged(report) == ["2013-01-04"]
        assert said(report) == {"future": "fail DATA_FROM_FUTURE", "nulls fare": "pass", "schema": "pass"}


def test_rows_without_a_time_are_judged_as_a_unit_of_their_own(tmp_path: Path) -> None:
    with lake(tmp_path, **DAILY, volume={"at_least": 2}) as it:
        it.add("a", at=days(3.2, 3.5, None), fare=[1.0, 1.0, NAN])
        report = it.check()
        assert judged(report) == ["2013-01-04", "no time"]
        assert named(report, "nulls").unit == "no time"
        assert said(report)["volume"] == "pass"  # One row without a time is no day with too few rows.


def test_an_outage_between_two_looks_hides_no_day(two_days: Lake) -> None:
    two_days.add("c", at=days(5.5), fare=[NAN])
    damaged = two_days.folder / "d.parquet"
    damaged.write_bytes(b"half a file")
    assert said(two_days.check())["nulls fare"] == "unknown SOURCE_CORRUPT"
    damaged.unlink()
    report = two_days.check()
    assert (judged(report), said(report)["nulls fare"]) == (["2013-01-06"], "fail NULL_LIMIT")


def test_a_look_that_was_not_recorded_hides_no_day(two_days: Lake) -> None:
    two_days.add("c", at=days(5.5), fare=[NAN])
    assert judged(two_days.check(record=False)) == ["2013-01-06"]
    two_days.add("d", at=days(6.5), fare=[1.0])
    assert judged(two_days.check()) == ["2013-01-06", "2013-01-07"]


def test_a_contract_that_begins_to_promise_judges_what_is_already_there(tmp_path: Path) -> None:
    with lake(tmp_path, freshness={"max_age": "60d"}) as it:
        it.add("a", at=days(3.5), fare=[NAN])
        it.add("b", at=days(4.5), fare=[1.0])
        assert judged(it.check()) == []
        it.promise(**DAILY)
        report = it.check()
        assert judged(report) == ["2013-01-04", "2013-01-05"]
        assert said(report)["nulls fare"] == "fail NULL_LIMIT"


def test_a_contract_that_cuts_otherwise_judges_all_its_units(tmp_path: Path) -> None:
    with lake(tmp_path, schema=DAILY["schema"]) as it:
        it.add("a", at=days(3.2, 3.4, 3.6, 3.8, 4.5), fare=[1.0, 1.0, 1.0, 1.0, NAN])
        it.add("b", at=days(5.5), fare=[1.0])
        assert said(it.check())["nulls fare"] == "pass"
        it.promise(**DAILY)
        report = it.check()
        assert judged(report) == ["2013-01-04", "2013-01-05", "2013-01-06"]
        assert named(report, "nulls").unit == "2013-01-05"


def test_a_hive_folder_of_nulls_and_a_file_beside_the_folders_are_judged_too(tmp_path: Path) -> None:
    with lake(tmp_path, schema=DAILY["schema"]) as it:
        it.add("city=oslo/part", at=days(3.5), fare=[1.0])
        it.add("city=__HIVE_DEFAULT_PARTITION__/part", at=days(3.5), fare=[NAN])
        report = it.check()
        assert judged(report) == ["all", "city=oslo"]
        assert said(report)["nulls fare"] == "fail NULL_LIMIT"


def test_a_file_without_the_time_column_is_judged_and_leaves_the_clock_unknown(tmp_path: Path) -> None:
    with lake(tmp_path, freshness={"max_age": "60d"}, **DAILY) as it:
        it.add("a", at=days(3.5), fare=[1.0])
        it.add("b", fare=[NAN])
        report = it.check()
        assert judged(report) == ["2013-01-04", "all"]
        assert (named(report, "freshness").status, said(report)["nulls fare"]) == (
            Status.UNKNOWN,
            "fail NULL_LIMIT",
        )


# ------------------------------------------------------------------------------------------------- clocks
def test_a_greatest_value_from_the_future_is_looked_behind_in_every_new_file(tmp_path: Path) -> None:
    with lake(tmp_path, freshness={"max_age": "6h"}) as it:
        it.add("a", at=hours_ago(2, -48))
        report = it.check()
        fresh = named(report, "freshness")
        assert (fresh.status, fresh.observed, fresh.rows_read) == (Status.PASS, 2 * 3600, 2)
        assert named(report, "future").observed == 1
        it.add("b", at=hours_ago(1, -48, -72))
        report = it.check()
        assert (named(report, "freshness").observed, named(report, "future").observed) == (2 * 3600, 3)


def test_rows_that_come_due_count_once_new_files_arrive(tmp_path: Path) -> None:
    with lake(tmp_path, freshness={"max_age": "3h"}) as it:
        it.add("a", at=hours_ago(2, -2))
        assert said(it.check())["freshness"] == "pass"
        assert said(it.check(after=4 * HOUR))["freshness"] == "fail DATA_STALE"
        it.add("b", at=hours_ago(9))
        assert said(it.check())["freshness"] == "pass"  # Somebody wrote: what is due now is there.


def test_every_unit_is_measured_where_that_is_asked_for(tmp_path: Path, store_url: str) -> None:
    from featureguard.store import open_store
    from tests.world import World

    with open_store(store_url, simulated=True) as store:
        it = World(tmp_path, store, time={"event": "at"}, **DAILY)
        it.file("bad.parquet", at=days(3.2, 3.8), fare=[None, None])
        it.file("good.parquet", at=days(4.2, 4.8), fare=[1.0, 2.0])

        def uncounted(*, every_unit: bool) -> list[str]:
            units = it.check(every_unit=every_unit).observation.units
            return [unit.key for unit in units if unit.profile.columns["fare"].nans is None]

        assert uncounted(every_unit=False) == ["2013-01-05"]  # The bad day has decided.
        assert uncounted(every_unit=True) == []
