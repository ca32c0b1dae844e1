"""The torture tables give the honest answer, the same from every kind of source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml

from featureguard.catalog import Catalog
from featureguard.contract import Contract
from featureguard.duration import parse_duration
from featureguard.errors import StoreError
from featureguard.guard import Guard, check
from featureguard.judging import Report
from featureguard.sources.parquet import ParquetSource
from featureguard.store import open_store

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
TYPES: dict[str, pl.DataType | type[pl.DataType]] = {"at": pl.Datetime("us", "UTC"), "v": pl.Float64}
CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "torture.yaml").read_text())
CONTRACT = Contract.model_validate(
    {
        "dataset": "torture",
        "owner": "conformance@example.org",
        "time": {"event": "at"},
        "schema": {"columns": {"at": "timestamp[us, tz=UTC]", "v": {"type": "float64", "nulls": "10%"}}},
        "freshness": {"max_age": "12h", "population": {"of": "rows", "within": "12h", "at_least": "90%"}},
        "volume": {"at_least": 1},
    }
)


def at(age: str | None) -> datetime | None:
    if age is None:
        return None
    sign = -1 if age.startswith("-") else 1
    digits = age.lstrip("-")
    return NOW - sign * (timedelta() if digits == "0h" else parse_duration(digits))


def table(rows: list[list[Any]]) -> pl.DataFrame:
    times = [at(age) for times, age, _ in rows for _ in range(times)]
    values = [value for times, _, value in rows for _ in range(times)]
    return pl.DataFrame({"at": times, "v": values}, schema=TYPES)


def one_file(frame: pl.DataFrame, folder: Path) -> ParquetSource:
    pq.write_table(frame.to_arrow(), folder / "part.parquet")
    return ParquetSource(str(folder))


def without_statistics(frame: pl.DataFrame, folder: Path) -> ParquetSource:
    pq.write_table(frame.to_arrow(), folder / "part.parquet", write_statistics=False)
    return ParquetSource(str(folder))


def a_file_a_row_group(frame: pl.DataFrame, folder: Path) -> ParquetSource:
    for number, part in enumerate(frame.iter_slices(max(1, len(frame) // 3))):
        pq.write_table(part.to_arrow(), folder / f"{number}.parquet")
    if frame.is_empty():
        pq.write_table(frame.to_arrow(), folder / "0.parquet")
    return ParquetSource(str(folder))


SOURCES: dict[str, Callable[[pl.DataFrame, Path], object]] = {
    "polars": lambda frame, _: frame,
    "arrow": lambda frame, _: frame.to_arrow(),
    "stream": lambda frame, _: frame.to_arrow().to_reader(),
    "parquet": one_file,
    "parquet without statistics": without_statistics,
    "several files": a_file_a_row_group,
}


def said(report: Report) -> dict[str, str]:
    """The worst `status CODE` of each check."""
    worst = sorted(report.results, key=lambda result: result.rank)
    return {r.check: f"{r.status} {r.code}" if r.code else str(r.status) for r in worst}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_the_honest_answer(case: dict[str, Any], source: str, tmp_path: Path) -> None:
    report = check(CONTRACT, SOURCES[source](table(case["rows"]), tmp_path), now=NOW)
    answers = said(report)
    assert {name: answers[name] for name in case["expect"]} == case["expect"], case["why"]
    assert report.exit_code == case["exit"]
    observed = {result.check: result.observed for result in report.results}
    assert {name: observed[name] for name in case.get("observed", {})} == case.get("observed", {})


def test_an_empty_folder_is_never_and_not_unknown(tmp_path: Path) -> None:
    report = check(CONTRACT, ParquetSource(str(tmp_path)), now=NOW)
    assert said(report)["freshness"] == "fail NEVER_ARRIVED"
    assert said(report)["schema"] == "unknown NO_EVIDENCE"


def test_a_missing_folder_is_unknown_and_not_never(tmp_path: Path) -> None:
    report = check(CONTRACT, ParquetSource(str(tmp_path / "gone")), now=NOW)
    assert set(said(report).values()) == {"unknown SOURCE_UNREADABLE"}
    assert report.exit_code == 3


def guard_on(folder: Path, clock: Callable[[], datetime], *, simulated: bool) -> Guard:
    store = open_store(
        f"sqlite:///{folder}/store.db", simulated=simulated, clock=None if simulated else clock
    )
    catalog = Catalog.from_contracts([CONTRACT])
    return Guard(catalog, store, lambda _: ParquetSource(str(folder / "lake")), clock=clock)


def test_a_restored_old_value_is_a_finding_and_the_age_is_that_of_the_old_value(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    times = iter([NOW, NOW + timedelta(minutes=1)])
    with guard_on(tmp_path, lambda: next(times), simulated=True) as guard:
        one_file(table([[1, "1h", 1.0]]), tmp_path / "lake")
        assert "regressed" not in said(guard.check("torture"))
        one_file(table([[1, "20h", 1.0]]), tmp_path / "lake")
        report = guard.check("torture")
    assert said(report)["regressed"] == "fail VALUE_REGRESSED"
    assert said(report)["freshness"] == "fail DATA_STALE"


def test_rows_that_merely_come_due_are_no_arrivals(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    one_file(table([[1, "11h", 1.0], [1, "-2h", 1.0]]), tmp_path / "lake")
    times = iter([NOW, NOW + timedelta(hours=3)])
    with guard_on(tmp_path, lambda: next(times), simulated=True) as guard:
        assert said(guard.check("torture"))["freshness"] == "pass"
        assert said(guard.check("torture"))["freshness"] == "fail DATA_STALE"


def test_a_recorder_with_a_wrong_clock_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    one_file(table([[1, "1h", 1.0]]), tmp_path / "lake")
    with guard_on(tmp_path, lambda: NOW, simulated=False) as guard:
        ahead = Guard(guard.catalog, guard.store, guard._source_of, clock=lambda: NOW + timedelta(hours=1))
        with pytest.raises(StoreError, match="ahead of the store's clock"):
            ahead.check("torture")
        assert guard.store is not None
        assert guard.store.last_look("torture") is None


def test_an_entity_that_never_had_a_row_is_as_bad_as_one_that_vanished(tmp_path: Path) -> None:
    promise = {"entity": ["id"], "within": "12h", "at_least": "75%"}
    contract = CONTRACT.model_validate(
        {
            "dataset": "torture",
            "owner": "x@example.org",
            "time": {"event": "at"},
            "freshness": {"population": {**promise, "expected": "ids.parquet"}},
        }
    )
    seen = pl.DataFrame(
        {"id": [1, 2, 3], "at": [NOW, NOW, NOW - timedelta(days=90)]}, schema_overrides={"at": TYPES["at"]}
    )
    fine = check(contract, seen.head(2), now=NOW, expected=pl.DataFrame({"id": [1, 2]}))
    silent = check(contract, seen, now=NOW, expected=pl.DataFrame({"id": [1, 2, 3, 4]}))
    assert said(fine)["population"] == "pass"
    assert said(silent)["population"] == "fail POPULATION_STALE"
    assert "50.00% of the entities are younger than 12h" in silent.results[-1].reason
    assert "1 expected one never had a row." in silent.results[-1].reason
    gone = check(contract, seen, now=NOW, expected=ParquetSource(str(tmp_path / "ids.parquet")))
    assert said(gone)["population"] == "unknown SOURCE_UNREADABLE"
