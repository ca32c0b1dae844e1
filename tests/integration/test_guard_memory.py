"""Tables that a host hands in: no snapshot, no files, and the same questions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from featureguard.errors import UsageError
from featureguard.guard import Guard, check
from featureguard.result import AnsweredBy, Status
from featureguard.sources.memory import MemorySource
from tests.builders import HOUR, NOW, hours_ago, named, rides, write
from tests.looking_builders import AT, days, judged, lake, said

FRESH = {"max_age": "6h"}
FARES = {"columns": {"fare": {"nulls": "25%"}}}
NAN = float("nan")


def frame(*hours: float, fare: float = 1.0) -> pl.DataFrame:
    """A row so many hours old each."""
    table = pl.from_arrow(pa.table({"at": hours_ago(*hours), "fare": [fare] * len(hours)}))
    assert isinstance(table, pl.DataFrame)
    return table


KINDS: dict[str, Callable[[pl.DataFrame], object]] = {
    "polars": lambda table: table,
    "arrow": lambda table: table.to_arrow(),
    "batches": lambda table: table.to_arrow().to_batches()[0],
    "reader": lambda table: table.to_arrow().to_reader(),
    "pandas": lambda table: table.to_pandas(),
    "source": lambda table: MemorySource(table),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_judged_and_recorded_whatever_library_made_it(kind: str, tmp_path: Path) -> None:
    if kind == "pandas":
        pytest.importorskip("pandas")
    with lake(tmp_path, freshness=FRESH, schema=FARES) as it:
        report = it.check(data=KINDS[kind](frame(2, 1, fare=NAN)))
        assert (said(report)["freshness"], report.observation.snapshot) == ("pass", None)
        fare = named(report, "nulls")
        # pandas has one word for null and NaN; to Arrow it is null, which needs no rows to be read.
        assert (fare.status, fare.observed) == (Status.FAIL, 1.0)
        assert fare.answered_by is (AnsweredBy.METADATA if kind == "pandas" else AnsweredBy.SCAN)
        assert it.guard().standing("rides", it.now).recorded == report.recorded


def test_a_pandas_table_with_a_column_named_snapshot_is_a_table() -> None:
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"at": [NOW - HOUR], "snapshot": ["2013-02-09"]})
    report = check(rides(time=AT, freshness=FRESH, volume={"at_least": 1}), table, now=NOW)
    assert set(said(report).values()) == {"pass"}


@pytest.mark.parametrize("nonsense", [42, "rides.parquet", [{"at": NOW}], object()])
def test_what_is_no_table_is_a_mistake_of_the_caller_and_no_verdict(nonsense: object, tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH) as it:
        with pytest.raises(UsageError, match="which is no table"):
            it.check(data=nonsense)
        assert it.store.last_look("rides") is None


def test_an_empty_table_is_data_and_not_the_absence_of_it(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH, volume={"at_least": 1}) as it:
        it.add("a", at=hours_ago(1))
        report = it.check(data=frame().head(0))
        assert said(report)["freshness"] == "fail NEVER_ARRIVED"
        assert said(report)["volume"] == "fail VOLUME_OUT_OF_RANGE"


def test_data_at_hand_is_judged_in_place_of_the_files(tmp_path: Path) -> None:
    with lake(tmp_path, freshness=FRESH) as it:
        assert said(it.check(data=frame(1)))["freshness"] == "pass"
        it.add("a", at=hours_ago(30))
        report = it.check()
        assert said(report)["freshness"] == "fail DATA_STALE"
        assert said(report)["regressed"] == "fail VALUE_REGRESSED"


def test_every_closed_window_is_judged_since_nothing_tells_whether_it_changed(tmp_path: Path) -> None:
    with lake(tmp_path, schema=FARES, judge={"per": "day"}) as it:
        table = pa.table({"at": days(3.5, 4.5, None, 39.2), "fare": [1.0, NAN, 1.0, NAN]})
        for _ in range(2):
            report = it.check(data=table)
            assert judged(report) == ["2013-01-04", "2013-01-05", "no time"]
            fare = named(report, "nulls")
            assert (fare.unit, fare.answered_by, fare.rows_read) == ("2013-01-05", AnsweredBy.SCAN, 4)


def test_a_row_from_the_far_future_does_not_stop_the_clock_of_a_table(tmp_path: Path) -> None:
    """The number of rows stands, and yet one of them arrived: none of those ahead has come due."""
    with lake(tmp_path, freshness={"max_age": "2h"}) as it:
        assert named(it.check(data=frame(1, -9_999)), "freshness").observed == 3600
        moved = it.check(data=frame(-2, -9_999), after=3 * HOUR)
        assert said(moved)["freshness"] == "pass"
        assert named(moved, "freshness").observed == 3600


def test_rows_of_a_table_that_come_due_are_no_arrivals(tmp_path: Path) -> None:
    with lake(tmp_path, freshness={"max_age": "2h"}) as it:
        it.check(data=frame(1, -2))
        assert said(it.check(data=frame(1, -2), after=3 * HOUR))["freshness"] == "fail DATA_STALE"
        assert said(it.check(data=frame(1, -2, -2)))["freshness"] == "pass"  # One row more: somebody wrote.


def test_entities_of_a_table_are_measured_against_a_key_table_of_the_host(tmp_path: Path) -> None:
    promise = {"entity": ["id"], "within": "1d", "at_least": "60%", "expected": "ids.parquet"}
    contract = rides(time=AT, freshness={"population": promise})
    table = frame(1, 2).with_columns(id=pl.Series([1, 2]))
    write(tmp_path / "ids.parquet", id=[1, 2, 3, 4])
    with lake(tmp_path) as it:
        it.contract = contract
        guard = Guard(
            it.guard().catalog,
            it.store,
            lambda c: it.source(c.model_copy(update={"source": _in(tmp_path, c)})),
            clock=lambda: NOW,
        )
        report = guard.check("rides", data=table)
    population = named(report, "population")
    assert (population.status, population.observed) == (Status.FAIL, 0.5)
    assert "2 expected ones never had a row" in population.reason


def _in(folder: Path, contract: object) -> object:
    source = contract.source  # type: ignore[attr-defined]
    return source.model_copy(update={"path": str(folder / source.path)})


def test_a_table_whose_columns_share_a_name_is_unknown_and_says_so(tmp_path: Path) -> None:
    twice = pa.table([hours_ago(1), hours_ago(1)], names=["at", "at"])
    with lake(tmp_path, freshness=FRESH) as it:
        report = it.check(data=twice)
        assert said(report)["freshness"] == "unknown SOURCE_CORRUPT"
        assert report.exit_code == 3
