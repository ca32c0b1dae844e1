"""(b) The contents of all columns: nulls, NaN, smallest and largest value, and how many rows are fresh."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.answers import Answer, Tool, Work, between, by_column, micros
from benchmarks.data import COLUMNS, END, FLOATS, NUMBERS, TIME
from benchmarks.promises import all_contents, fresh_from

if TYPE_CHECKING:
    from featureguard.profile import Profile

_ORDERED = (TIME, *NUMBERS)
_Measures = dict[str, dict[str, Any]]


def featureguard() -> Work:
    """The whole check, as people use it: footers first, then only the columns that they leave open."""
    from featureguard import check
    from featureguard.sources.parquet import ParquetSource

    contract = all_contents()

    def work(path: Path) -> Answer:
        report = check(contract, ParquetSource(path), now=END)
        return {**of_profile(report.observation.profile), "passed": report.exit_code == 0}

    return work


def featureguard_all_rows() -> Work:
    """The same measures with every value of every column read, as if footers said nothing."""
    from featureguard.measures import Measures
    from featureguard.scan import profile_batches
    from featureguard.sources.parquet import ParquetSource

    wanted = {
        name: Measures(nulls=True, nans=name in FLOATS, extremes=name in _ORDERED, times=name == TIME)
        for name in COLUMNS
    }

    def work(path: Path) -> Answer:
        (fragment,) = ParquetSource(path).snapshot().fragments
        return of_profile(profile_batches(fragment.batches(COLUMNS), wanted))

    return work


def polars_streaming(now: datetime = END) -> Work:
    """One query of polars' streaming engine."""
    import polars as pl

    def work(path: Path) -> Answer:
        measures = [
            pl.len().alias("rows"),
            pl.col(TIME).is_between(fresh_from(now), now).sum().alias("fresh"),
        ]
        measures += [pl.col(name).null_count().name.prefix("nulls ") for name in COLUMNS]
        measures += [pl.col(name).is_nan().sum().name.prefix("nans ") for name in FLOATS]
        measures += [pl.col(name).min().name.prefix("least ") for name in _ORDERED]
        measures += [pl.col(name).max().name.prefix("greatest ") for name in _ORDERED]
        row = pl.scan_parquet(path).select(measures).collect(engine="streaming").row(0, named=True)
        return _of_row(row)

    return work


def duckdb_scan() -> Work:
    """One query of DuckDB; its NaN is larger than every number, so extremes leave it out by a filter."""
    import duckdb

    connection = duckdb.connect()
    measures = ["count(*) AS rows", f"count(*) FILTER ({TIME} BETWEEN $since AND $until) AS fresh"]
    measures += [f'count(*) - count({name}) AS "nulls {name}"' for name in COLUMNS]
    measures += [f'count(*) FILTER (isnan({name})) AS "nans {name}"' for name in FLOATS]
    for what, function in (("least", "min"), ("greatest", "max")):
        for name in _ORDERED:
            where = f" FILTER (NOT isnan({name}))" if name in FLOATS else ""
            measures.append(f'{function}({name}){where} AS "{what} {name}"')

    def work(path: Path) -> Answer:
        query = f"SELECT {', '.join(measures)} FROM read_parquet($path)"
        given = {"path": str(path), "since": fresh_from(), "until": END}
        cursor = connection.execute(query, given)
        names = [column[0] for column in cursor.description]
        return _of_row(dict(zip(names, cursor.fetchall()[0], strict=True)))

    return work


def of_profile(profile: Profile, now: datetime = END) -> Answer:
    """What a profile of all columns says."""
    columns = profile.columns
    times = columns[TIME].times
    assert times is not None
    measures: _Measures = {
        "nulls": {name: columns[name].nulls for name in COLUMNS},
        "nans": {name: columns[name].nans for name in FLOATS},
        "least": {name: columns[name].least for name in _ORDERED},
        "greatest": {name: columns[name].greatest for name in _ORDERED},
    }
    fresh = times.count_between(micros(fresh_from(now)), micros(now))  # Exact but for one bucket.
    return _answer(profile.rows, between(*fresh), measures)


def _of_row(row: dict[str, Any]) -> Answer:
    measures: _Measures = {
        "nulls": {name: row[f"nulls {name}"] for name in COLUMNS},
        "nans": {name: row[f"nans {name}"] for name in FLOATS},
        "least": {name: micros(row[f"least {name}"]) for name in _ORDERED},
        "greatest": {name: micros(row[f"greatest {name}"]) for name in _ORDERED},
    }
    return _answer(row["rows"], row["fresh"], measures)


def _answer(rows: int | None, fresh: Any, measures: _Measures) -> Answer:
    found: dict[str, Any] = {"rows": rows, "fresh": fresh}
    for measure, values in measures.items():
        found |= by_column(measure, values)
    nulls, nans = measures["nulls"], measures["nans"]
    return {**found, **by_column("nulls and nans", {name: nulls[name] + nans[name] for name in FLOATS})}


TOOLS: dict[str, Tool] = {
    "featureguard": featureguard,
    "featureguard, all rows read": featureguard_all_rows,
    "polars streaming": polars_streaming,
    "duckdb": duckdb_scan,
}
