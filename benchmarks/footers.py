"""(a) A contract that footers can answer: rows, nulls of all columns, extremes of integers and times."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from benchmarks.answers import Answer, Tool, Work, by_column, micros
from benchmarks.data import COLUMNS, END, ENTITY, INTEGERS, TIME
from benchmarks.promises import answerable_from_footers

_ORDERED = (TIME, ENTITY, *INTEGERS)


def featureguard() -> Work:
    """The whole check; the newest time, since a footer has no checksum, confirmed by its row group."""
    return _check("event_time")


def featureguard_file_clock() -> Work:
    """The whole check where freshness goes by the time of the file, so that no row is read."""
    return _check("file_mtime")


def _check(clock: str) -> Work:
    from featureguard import check
    from featureguard.sources.parquet import ParquetSource

    contract = answerable_from_footers(clock)

    def work(path: Path) -> Answer:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        report = check(contract, ParquetSource(path), now=END if clock == "event_time" else written)
        profile = report.observation.profile
        return {
            "rows": profile.rows,
            **by_column("nulls", {name: profile.columns[name].nulls for name in COLUMNS}),
            **by_column("least", {name: profile.columns[name].least for name in _ORDERED}),
            **by_column("greatest", {name: profile.columns[name].greatest for name in _ORDERED}),
            "passed": report.exit_code == 0,
        }

    return work


def duckdb_metadata() -> Work:
    """What DuckDB's `parquet_metadata` says, summed up by SQL."""
    import duckdb

    connection = duckdb.connect()

    def work(path: Path) -> Answer:
        rows = connection.execute(
            "SELECT path_in_schema, sum(num_values), sum(stats_null_count), "
            "min(try_cast(stats_min_value AS BIGINT)), max(try_cast(stats_max_value AS BIGINT)), "
            "min(try_cast(stats_min_value AS TIMESTAMPTZ)), max(try_cast(stats_max_value AS TIMESTAMPTZ)) "
            "FROM parquet_metadata(?) GROUP BY ALL",
            [str(path)],
        ).fetchall()
        by_name = {row[0]: row[1:] for row in rows}
        extremes = {n: by_name[n][2:4] if n != TIME else by_name[n][4:6] for n in _ORDERED}
        return {
            "rows": int(by_name[TIME][0]),
            **by_column("nulls", {name: int(by_name[name][1]) for name in COLUMNS}),
            **by_column("least", {name: micros(extremes[name][0]) for name in _ORDERED}),
            **by_column("greatest", {name: micros(extremes[name][1]) for name in _ORDERED}),
        }

    return work


def duckdb_scan() -> Work:
    """The same measures by SQL over the rows."""
    import duckdb

    connection = duckdb.connect()
    measures = [f"count({n})" for n in COLUMNS] + [f"{f}({n})" for f in ("min", "max") for n in _ORDERED]

    def work(path: Path) -> Answer:
        query = f"SELECT count(*), {', '.join(measures)} FROM read_parquet(?)"
        row = connection.execute(query, [str(path)]).fetchall()[0]
        return _answer(
            row[0], [row[0] - count for count in row[1 : len(COLUMNS) + 1]], row[len(COLUMNS) + 1 :]
        )

    return work


def polars_scan() -> Work:
    """The same measures by polars' streaming engine."""
    import polars as pl

    def work(path: Path) -> Answer:
        measures = [pl.len().alias("rows")]
        measures += [pl.col(name).null_count().name.prefix("nulls ") for name in COLUMNS]
        measures += [pl.col(name).min().name.prefix("least ") for name in _ORDERED]
        measures += [pl.col(name).max().name.prefix("greatest ") for name in _ORDERED]
        row = pl.scan_parquet(path).select(measures).collect(engine="streaming").row(0)
        return _answer(row[0], row[1 : len(COLUMNS) + 1], row[len(COLUMNS) + 1 :])

    return work


def _answer(rows: int, nulls: list[int] | tuple[int, ...], extremes: tuple[int, ...]) -> Answer:
    least, greatest = extremes[: len(_ORDERED)], extremes[len(_ORDERED) :]
    return {
        "rows": rows,
        **by_column("nulls", dict(zip(COLUMNS, nulls, strict=True))),
        **by_column("least", dict(zip(_ORDERED, map(micros, least), strict=True))),
        **by_column("greatest", dict(zip(_ORDERED, map(micros, greatest), strict=True))),
    }


TOOLS: dict[str, Tool] = {
    "featureguard": featureguard,
    "featureguard, clock of the file": featureguard_file_clock,
    "duckdb metadata": duckdb_metadata,
    "duckdb scan": duckdb_scan,
    "polars scan": polars_scan,
}
