"""What the clocks show: never newer than the truth, whatever the metadata says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from featureguard.guard import check
from featureguard.looking.clocks import arrived
from featureguard.observation import ClockReading, History, Observation
from featureguard.profile import NEVER, Profile
from featureguard.result import Code, Status
from featureguard.sources.parquet import ParquetSource
from tests.builders import DAY, HOUR, NOW, hours_ago, named, rides, write
from tests.world import World, at, world

EVENT = {"time": {"event": "at"}, "freshness": {"max_age": "3h"}}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, **EVENT) as made:
        yield made


def newest(world: World) -> object:
    return world.check().observation.clocks["event_time"].newest


# ------------------------------------------------------------------------------------------- the future
def test_a_footer_maximum_in_the_future_is_not_the_newest(lake: World) -> None:
    lake.file("a.parquet", at=at(NOW - 5 * HOUR, NOW + 400 * DAY))
    report = lake.check()
    assert report.observation.clocks["event_time"] == ClockReading(NOW - 5 * HOUR, 1)
    assert (named(report, "freshness").code, named(report, "future").code) == (
        Code.DATA_STALE,
        Code.DATA_FROM_FUTURE,
    )
    assert lake.read == [("a.parquet", 2)]


def test_only_the_file_with_the_future_is_read(lake: World) -> None:
    lake.file("a.parquet", at=at(NOW + DAY, NOW - DAY))
    lake.file("b.parquet", at=at(NOW - HOUR))
    assert newest(lake) == NOW - HOUR
    assert lake.read == [("a.parquet", 2)]


@pytest.mark.parametrize(("ahead", "future"), [(5 * MINUTE, 0), (5 * MINUTE + timedelta(seconds=1), 1)])
def test_inside_the_tolerance_is_now_and_past_it_is_the_future(
    lake: World, ahead: timedelta, future: int
) -> None:
    lake.file("a.parquet", at=at(NOW + MINUTE + ahead))
    reading = lake.check().observation.clocks["event_time"]
    assert reading == ClockReading(NEVER if future else NOW + MINUTE + ahead, future)


def test_rows_that_merely_come_due_are_no_arrival(lake: World) -> None:
    """A schedule three days ahead in a file that nobody touches looks fresh every hour, if one lets it."""
    lake.file("a.parquet", at=at(NOW - HOUR, *(NOW + n * HOUR for n in range(1, 72))))
    lake.check()
    report = lake.check(after=10 * HOUR)
    assert report.observation.clocks["event_time"].newest == NOW - HOUR
    assert named(report, "freshness").code is Code.DATA_STALE


def test_in_memory_rows_that_come_due_are_no_arrival_while_their_number_stands(lake: World) -> None:
    frame = pl.DataFrame({"at": [NOW - HOUR, NOW + HOUR, NOW + 9 * HOUR]})
    lake.check(data=frame)
    assert lake.check(data=frame, after=5 * HOUR).observation.clocks["event_time"].newest == NOW - HOUR
    more = pl.DataFrame({"at": [NOW - HOUR, NOW + HOUR, NOW + 9 * HOUR, NOW + 2 * HOUR]})
    report = lake.check(data=more, after=MINUTE)
    assert report.observation.clocks["event_time"].newest == NOW + 2 * HOUR


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [
        (ClockReading(NOW, 3), ClockReading(NOW + HOUR, 2), True),
        (ClockReading(NEVER, 3), ClockReading(NOW, 2), True),
        (ClockReading(NOW, 0), ClockReading(NOW + HOUR, 0), False),
        (ClockReading(NOW, 3), ClockReading(NOW - HOUR, 3), False),
        (ClockReading(NOW, None), ClockReading(NOW + HOUR, 0), False),
        (None, ClockReading(NOW, 0), False),
    ],
)
def test_a_reading_is_kept_only_if_it_moved_by_rows_that_were_ahead(
    before: ClockReading | None, now: ClockReading, kept: bool
) -> None:
    assert _told(before, now) == (before if kept else now)


def _told(
    before: ClockReading | None, now: ClockReading, *, versions: tuple[str | None, str | None] = (None, None)
) -> ClockReading:
    """What a clock is taken to show after a look at as many rows."""
    clocks = {"event_time": before} if before else {}
    last = Observation("rides", NOW, snapshot=versions[0], profile=Profile(rows=3), clocks=clocks)
    return arrived(now, "event_time", last=last, snapshot=versions[1], rows=3)


def test_the_same_snapshot_has_the_same_newest_row_whatever_came_due() -> None:
    before, now = ClockReading(NOW - HOUR, 2), ClockReading(NOW, 1)
    assert _told(before, now, versions=("v1", "v1")) == ClockReading(NOW - HOUR, 1)
    assert _told(before, now, versions=("v1", "v2")) == now


# ---------------------------------------------------------------------------------------- sentinels
@pytest.mark.parametrize("zone", [None, "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("statistics", [True, False])
def test_sentinels_at_the_ends_of_the_calendar_neither_refresh_nor_crash(
    tmp_path: Path, zone: str | None, statistics: bool
) -> None:
    ends = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC), NOW - 9 * HOUR]
    times = pa.array(
        [t.replace(tzinfo=None) if zone else t for t in ends], pa.timestamp("us", None if zone else "UTC")
    )
    pa.parquet.write_table(pa.table({"at": times}), tmp_path / "a.parquet", write_statistics=statistics)
    contract = rides(
        time={"event": "at", "timezone": zone},
        freshness={"max_age": "1h"},
        judge={"per": "day"},
        volume={"at_least": 1},
    )
    report = check(contract, ParquetSource(tmp_path), now=NOW)
    hours = {None: 9, "America/New_York": 4, "Asia/Tokyo": 18}[zone]
    assert (named(report, "freshness").observed, named(report, "future").observed) == (hours * 3_600, 1)


def test_only_sentinels_are_no_arrival(lake: World) -> None:
    lake.file("a.parquet", at=at(datetime(1, 1, 1, tzinfo=UTC)))
    assert named(lake.check(), "freshness").code is Code.NEVER_ARRIVED


def test_an_instant_that_no_calendar_names_is_no_arrival(lake: World) -> None:
    lake.promise(**EVENT, judge={"per": "day"}, volume={"at_least": 1})
    lake.file("a.parquet", at=pa.array([-(2**62), None], pa.timestamp("us", "UTC")))
    report = lake.check()
    assert named(report, "freshness").code is Code.NEVER_ARRIVED


# ------------------------------------------------------------------------------------ missing times
def test_null_times_only_never_arrived_and_some_do_not_matter(lake: World) -> None:
    lake.file("a.parquet", at=pa.array([None, None], pa.timestamp("us", "UTC")))
    assert named(lake.check(), "freshness").code is Code.NEVER_ARRIVED
    lake.file("b.parquet", at=at(NOW - HOUR))
    assert newest(lake) == NOW - HOUR


def test_one_file_without_the_column_leaves_the_clock_unknown(lake: World) -> None:
    lake.file("a.parquet", at=at(NOW - HOUR))
    lake.file("b.parquet", other=[1])
    result = named(lake.check(), "freshness")
    assert (result.status, result.code) == (Status.UNKNOWN, Code.EVIDENCE_PARTIAL)


def test_an_empty_file_does_not_stop_the_clock(lake: World) -> None:
    lake.file("a.parquet", at=at(NOW - HOUR))
    lake.file("b.parquet", other=pa.array([], pa.int64()))
    assert newest(lake) == NOW - HOUR


# ------------------------------------------------------------------------------------------ wall times
def test_wall_times_are_read_in_the_declared_zone(lake: World) -> None:
    lake.promise(time={"event": "at", "timezone": "America/New_York"}, freshness={"max_age": "3h"})
    lake.file("a.parquet", at=hours_ago(6, zone=None))
    assert newest(lake) == NOW - HOUR


def test_without_a_zone_wall_times_are_refused(lake: World) -> None:
    lake.file("a.parquet", at=hours_ago(1, zone=None))
    result = named(lake.check(), "freshness")
    assert (result.status, result.reason) == (
        Status.UNKNOWN,
        "'at' is timestamp[us]: declare its zone, e.g. 'time: {timezone: UTC}'.",
    )


def test_after_the_zone_is_mended_the_old_reading_is_not_kept(lake: World) -> None:
    """The data did not change, but what its clock means did."""
    lake.promise(time={"event": "at", "timezone": "UTC"}, freshness={"max_age": "3h"})
    lake.file("a.parquet", at=hours_ago(6, zone=None))
    assert newest(lake) == NOW - 6 * HOUR
    lake.promise(time={"event": "at", "timezone": "America/New_York"}, freshness={"max_age": "3h"})
    assert newest(lake) == NOW - HOUR
    lake.promise(time={"event": "at", "timezone": "UTC"}, freshness={"max_age": "3h"})
    report = lake.check()
    assert report.observation.clocks["event_time"].newest == NOW - 6 * HOUR
    assert "regressed" not in {result.check for result in report.results}


def test_after_the_event_column_is_mended_the_old_reading_is_not_kept(lake: World) -> None:
    lake.file("a.parquet", at=at(NOW - 9 * HOUR), done=at(NOW - HOUR))
    lake.check()
    lake.promise(time={"event": "done"}, freshness={"max_age": "3h"})
    assert newest(lake) == NOW - HOUR


def test_another_limit_keeps_the_reading(lake: World) -> None:
    lake.file("a.parquet", at=at(NOW - HOUR, NOW + HOUR))
    lake.check()
    lake.promise(time={"event": "at"}, freshness={"max_age": "9h"})
    lake.now += 5 * HOUR
    assert newest(lake) == NOW - HOUR


# ----------------------------------------------------------------------------------------- two clocks
def test_a_restored_old_value_is_a_finding(lake: World) -> None:
    lake.file("a.parquet", at=at(NOW - 2 * HOUR))
    newer = lake.file("b.parquet", at=at(NOW - HOUR))
    lake.check()
    newer.unlink()
    report = lake.check()
    assert named(report, "regressed").code is Code.VALUE_REGRESSED
    assert (named(report, "freshness").status, report.exit_code) == (Status.PASS, 0)


def test_a_new_file_with_old_data_is_a_finding(lake: World) -> None:
    lake.file("a.parquet", at=at(NOW - DAY), written=NOW - DAY)
    assert "clocks" not in {result.check for result in lake.check().results}
    lake.file("b.parquet", at=at(NOW - DAY))
    report = lake.check()
    assert named(report, "clocks").code is Code.CLOCKS_DISAGREE
    assert named(report, "freshness").code is Code.DATA_STALE


def test_the_clock_of_files_needs_no_column(lake: World) -> None:
    lake.promise(time={"clock": "file_mtime"}, freshness={"max_age": "3h"})
    lake.file("a.parquet", written=NOW - 4 * HOUR, n=[1])
    assert named(lake.check(), "freshness").code is Code.DATA_STALE
    lake.file("b.parquet", written=NOW, n=[1])
    assert named(lake.check(), "freshness").status is Status.PASS


def test_a_file_from_the_future_refreshes_nothing(lake: World) -> None:
    lake.promise(time={"clock": "file_mtime"}, freshness={"max_age": "3h"})
    lake.file("a.parquet", written=NOW + DAY, n=[1])
    report = lake.check()
    assert report.observation.clocks["file_mtime"] == ClockReading(NEVER, 1)
    assert named(report, "freshness").code is Code.NEVER_ARRIVED


def test_the_ingestion_clock_is_read_beside_the_event_clock(lake: World) -> None:
    time = {"event": "at", "ingested": "seen", "clock": "ingested_at"}
    lake.promise(time=time, freshness={"max_age": "3h"})
    lake.file("a.parquet", at=at(NOW - DAY), seen=at(NOW - HOUR))
    report = lake.check()
    assert report.observation.clocks["event_time"].newest == NOW - DAY
    assert named(report, "freshness").observed == 3_660.0


# ----------------------------------------------------------------------------------------- population
POPULATION = {"entity": ["id"], "within": "3h", "at_least": "60%"}


def test_one_fresh_entity_does_not_hide_the_others(lake: World) -> None:
    lake.promise(time={"event": "at"}, freshness={"max_age": "3h", "population": POPULATION})
    lake.file("a.parquet", at=hours_ago(10, 11, 1), id=[1, 2, 3])
    report = lake.check()
    assert named(report, "freshness").status is Status.PASS
    assert named(report, "population").observed == pytest.approx(1 / 3)


def test_a_future_row_of_a_remembered_file_counts_once_it_is_due_in_a_new_look(lake: World) -> None:
    """A state that left the row out must not be remembered as all there is."""
    lake.promise(time={"event": "at"}, freshness={"population": POPULATION})
    lake.file("a.parquet", at=at(NOW - 9 * HOUR, NOW + HOUR), id=[1, 1])
    assert named(lake.check(), "population").observed == 0.0
    lake.file("b.parquet", at=at(NOW), id=[2])
    assert named(lake.check(after=2 * HOUR), "population").observed == 1.0


def test_a_histogram_is_asked_before_rows_are_read_twice(lake: World) -> None:
    lake.promise(
        time={"event": "at"}, freshness={"population": {"of": "rows", "within": "3h", "at_least": 0.5}}
    )
    lake.file("a.parquet", at=hours_ago(1, 2, 9))
    assert named(lake.check(), "population").observed == pytest.approx(2 / 3)
    assert lake.read == [("a.parquet", 3)]


def test_rows_on_the_edge_of_a_bucket_are_counted_exactly(tmp_path: Path) -> None:
    edge = NOW - 3 * HOUR
    times = at(edge - timedelta(microseconds=1), edge, edge + timedelta(microseconds=1))
    path = write(tmp_path / "a.parquet", at=times)
    promise = {"of": "rows", "within": "3h", "at_least": "60%"}
    contract = rides(time={"event": "at"}, freshness={"population": promise})
    assert named(check(contract, ParquetSource(path), now=NOW), "population").observed == pytest.approx(2 / 3)


def test_entities_of_many_files_are_one_population_whatever_is_remembered(lake: World) -> None:
    lake.promise(time={"event": "at"}, freshness={"population": POPULATION})
    for number in range(5):
        lake.file(f"{number}.parquet", at=hours_ago(10, number), id=[number, 99])
        found = lake.check().observation.population
        fresh = check(lake.contract, ParquetSource(lake.lake), now=lake.now).observation.population
        assert found
        assert found == fresh
    (lake.lake / "0.parquet").unlink()
    again = lake.check().observation.population
    assert again == check(lake.contract, ParquetSource(lake.lake), now=lake.now).observation.population


def test_history_handed_in_is_enough_to_see_a_value_go_back() -> None:
    contract = rides(**EVENT)
    first = check(contract, pl.DataFrame({"at": [NOW - HOUR]}), now=NOW)
    later = check(
        contract, pl.DataFrame({"at": [NOW - 2 * HOUR]}), now=NOW, history=History(first.observation)
    )
    assert named(later, "regressed").status is Status.FAIL
