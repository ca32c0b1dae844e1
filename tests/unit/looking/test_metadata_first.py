"""Metadata first: a look reads rows only of what neither footers nor memory can say."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featureguard.guard import check
from featureguard.judging import Report
from featureguard.result import AnsweredBy, CheckResult, Code, Status
from featureguard.sources.parquet import ParquetSource
from featureguard.windows import to_micros
from tests.builders import DAY, HOUR, NOW, hours_ago, named, rides, write
from tests.world import World, at, verdicts, world

EVENT = {"time": {"event": "at"}, "freshness": {"max_age": "3h"}}


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, **EVENT) as made:
        yield made


def test_footers_answer_without_reading_rows(lake: World) -> None:
    lake.promise(
        **EVENT,
        schema={"columns": {"n": {"type": "int64", "nulls": "50%", "range": [0, 9]}, "at": None}},
        volume={"at_least": 3},
    )
    lake.file("a.parquet", at=hours_ago(1, 2, 3), n=[1, None, 9])
    report = lake.check()
    assert (report.exit_code, lake.read) == (0, [])
    assert {result.answered_by for result in report.results} == {AnsweredBy.METADATA}
    content = [r for r in report.results if r.check in ("nulls", "range", "volume", "schema")]
    assert {(r.rows_read, r.bytes_read) for r in content} == {(0, 0)}


def test_the_newest_value_is_confirmed_once_by_the_row_group_that_claims_it(lake: World) -> None:
    table = pa.table({"at": hours_ago(*range(10, 0, -1))})
    pq.write_table(table, lake.lake / "a.parquet", row_group_size=2)
    first = named(lake.check(), "freshness")
    assert (first.answered_by, first.rows_read) == (AnsweredBy.METADATA, 2)
    lake.file("b.parquet", at=hours_ago(20))
    assert named(lake.check(), "freshness").rows_read == 0


def test_only_the_columns_that_are_unknown_are_scanned(lake: World) -> None:
    columns = {"n": {"nulls": "50%"}, "fare": {"nulls": "50%"}, "name": None}
    lake.promise(**EVENT, schema={"columns": columns})
    lake.file("a.parquet", at=hours_ago(1, 2), n=[1, 2], fare=[1.0, None], name=["a", "b"])
    report = lake.check()
    assert named(report, "nulls", "fare").answered_by is AnsweredBy.SCAN
    assert named(report, "nulls", "fare").rows_read == 2
    assert named(report, "nulls", "fare").bytes_read > 0
    assert named(report, "nulls", "n").answered_by is AnsweredBy.METADATA
    assert lake.read == [("a.parquet", 2)]


def test_a_limit_that_footers_show_to_be_broken_needs_no_scan(lake: World) -> None:
    lake.promise(schema={"columns": {"fare": {"nulls": "10%"}}})
    lake.file("a.parquet", fare=[1.0, None])
    report = lake.check()
    assert (named(report, "nulls").status, lake.read) == (Status.FAIL, [])


FULL = {
    **EVENT,
    "schema": {
        "columns": {
            "at": {"type": "timestamp[us, tz=UTC]", "nullable": False},
            "id": "int64",
            "fare": {"type": "float64", "nulls": "10%", "range": [0, 100]},
            "city": {"values": ["a", "b"]},
        }
    },
    "volume": {"at_least": 1},
    "freshness": {
        "max_age": "3h",
        "population": {"of": "entities", "entity": ["id"], "within": "3h", "at_least": "90%"},
    },
}


def rows(*hours: float, fare: float | None = 1.0) -> dict[str, Any]:
    count = len(hours)
    return {"at": hours_ago(*hours), "id": list(range(count)), "fare": [fare] * count, "city": ["a"] * count}


def stable(report: Report) -> list[CheckResult]:
    """The verdicts without ages, which grow while nothing changes."""
    return [replace(r, observed=None if r.check == "freshness" else r.observed) for r in verdicts(report)]


def test_a_second_look_at_unchanged_data_reads_nothing_and_says_the_same(lake: World) -> None:
    lake.promise(**FULL)
    lake.file("a.parquet", **rows(1, 2))
    lake.file("b.parquet", **rows(1.5, 2.5))
    first = lake.check()
    assert first.exit_code == 0
    assert lake.read
    second = lake.check()
    assert lake.read == []
    assert stable(second) == stable(first)
    assert {(r.answered_by, r.rows_read) for r in second.results} == {(AnsweredBy.CACHE, 0)}


def test_only_a_new_file_is_read(lake: World) -> None:
    lake.promise(**FULL)
    lake.file("a.parquet", **rows(1, 2))
    lake.check()
    lake.file("b.parquet", **rows(0.5, fare=200.0))
    report = lake.check()
    assert {name for name, _ in lake.read} == {"b.parquet"}
    assert named(report, "range").status is Status.FAIL


def test_a_file_written_anew_is_read_anew(lake: World) -> None:
    lake.promise(**FULL)
    lake.file("a.parquet", **rows(1, 2))
    lake.check()
    lake.file("a.parquet", **rows(1, 2, fare=float("nan")))
    report = lake.check()
    assert named(report, "nulls", "fare").observed == 1.0


def test_a_look_that_is_not_recorded_leaves_nothing_behind(lake: World) -> None:
    lake.promise(**FULL)
    lake.file("a.parquet", **rows(1, 2))
    report = lake.check(record=False)
    assert report.recorded is None
    assert lake.store.last_look("rides") is None
    lake.check()
    assert lake.read


def test_a_promise_added_later_scans_its_column_and_no_other(lake: World) -> None:
    lake.promise(**EVENT, schema={"columns": {"fare": {"nulls": "10%"}}})
    lake.file("a.parquet", **rows(1, 2))
    lake.check()
    lake.promise(**EVENT, schema={"columns": {"fare": {"nulls": "10%"}, "city": {"values": ["b"]}}})
    report = lake.check()
    assert lake.read == [("a.parquet", 2)]
    assert named(report, "nulls", "fare").answered_by is not AnsweredBy.SCAN
    assert named(report, "values", "city").status is Status.FAIL


def test_a_value_set_on_a_list_is_unknown_and_the_look_ends(tmp_path: Path) -> None:
    """It can never be measured: a look that asked again and again would not end."""
    path = write(tmp_path / "a.parquet", tags=[["a"], ["b"]])
    contract = rides(schema={"columns": {"tags": {"values": ["a"]}}})
    result = named(check(contract, ParquetSource(path), now=NOW), "values")
    assert (result.status, result.code) == (Status.UNKNOWN, Code.EVIDENCE_PARTIAL)


@pytest.mark.parametrize("statistics", [True, False])
@pytest.mark.parametrize("kind", ["s", "ms", "us", "ns"])
def test_with_and_without_statistics_a_footer_and_a_scan_say_the_same(
    tmp_path: Path, statistics: bool, kind: str
) -> None:
    times = hours_ago(1, 2, 30, unit=kind, zone=None)
    pq.write_table(pa.table({"at": times}), tmp_path / "a.parquet", write_statistics=statistics)
    contract = rides(time={"event": "at", "timezone": "America/New_York"}, freshness={"max_age": "1h"})
    result = named(check(contract, ParquetSource(tmp_path / "a.parquet"), now=NOW + 6 * HOUR), "freshness")
    assert result.observed == 2 * 3_600
    assert result.answered_by is (AnsweredBy.METADATA if statistics else AnsweredBy.SCAN)


def test_a_footer_that_claims_newer_rows_than_there_are_is_corrupt(lake: World) -> None:
    """Also when another file has to be scanned for the same column."""
    lake.promise(**EVENT, judge={"per": "day"}, volume={"at_least": 1})
    old = NOW - 5 * DAY
    path = lake.file("a.parquet", at=at(old, old + HOUR))
    truth, lie = (to_micros(old + n * HOUR).to_bytes(8, "little") for n in (1, 9))
    content = path.read_bytes()
    rows, footer = content[: len(content) // 3], content[len(content) // 3 :]
    assert truth in footer
    path.write_bytes(rows + footer.replace(truth, lie))
    lake.file("b.parquet", at=at(NOW - 9 * DAY, NOW - 7 * DAY))  # Two windows: only a scan can cut it.
    report = lake.check()
    assert {result.code for result in report.results} == {Code.SOURCE_CORRUPT}
