"""(c) The population of entities, exactly: how old is the newest row of each of them?"""

from __future__ import annotations

from pathlib import Path

from benchmarks.answers import Answer, Tool, Work
from benchmarks.data import END, ENTITY, TIME
from benchmarks.promises import SEEN_WITHIN, entity_population, fresh_from

_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


def featureguard() -> Work:
    """The whole check; besides what the others answer it keeps the histogram of all ages."""
    from featureguard import check
    from featureguard.sources.parquet import ParquetSource

    contract = entity_population()

    def work(path: Path) -> Answer:
        found = check(contract, ParquetSource(path), now=END).observation.population
        assert found is not None
        return {
            "expected": found.expected,
            "fresh": found.fresh,
            "ages": {name: round(age, 3) for name, age in found.age_seconds.items()},
            "oldest": [[name.removeprefix(f"{ENTITY}="), round(age, 3)] for name, age in found.worst],
        }

    return work


def polars_same() -> Work:
    """The same answers from polars' streaming engine."""
    import polars as pl

    def work(path: Path) -> Answer:
        newest = (
            pl.scan_parquet(path)
            .group_by(ENTITY)
            .agg(pl.col(TIME).max())
            .collect(engine="streaming")
            .rechunk()
        )
        newest = newest.filter(pl.col(TIME) >= END - SEEN_WITHIN)
        ages = (END - newest.get_column(TIME)).dt.total_microseconds() / 1_000_000
        oldest = newest.bottom_k(5, by=[TIME, ENTITY])
        return {
            "expected": newest.height,
            "fresh": int((newest.get_column(TIME) >= fresh_from()).sum()),
            "ages": {name: round(ages.quantile(q, "higher") or 0.0, 3) for name, q in _QUANTILES.items()},
            "oldest": [
                [str(key), round((END - time).total_seconds(), 3)] for key, time in oldest.iter_rows()
            ],
        }

    return work


def polars_grouping() -> Work:
    """The grouping alone, and two counts of it."""
    import polars as pl

    def work(path: Path) -> Answer:
        newest = pl.scan_parquet(path).group_by(ENTITY).agg(pl.col(TIME).max())
        seen = newest.filter(pl.col(TIME) >= END - SEEN_WITHIN)
        fresh = (pl.col(TIME) >= fresh_from()).sum().alias("fresh")
        row = seen.select(pl.len(), fresh).collect(engine="streaming").row(0)
        return {"expected": row[0], "fresh": row[1]}

    return work


def duckdb_grouping() -> Work:
    """Likewise in SQL."""
    import duckdb

    connection = duckdb.connect()

    def work(path: Path) -> Answer:
        row = connection.execute(
            "SELECT count(*), count(*) FILTER (newest >= ?) FROM "
            f"(SELECT max({TIME}) AS newest FROM read_parquet(?) GROUP BY {ENTITY}) WHERE newest >= ?",
            [fresh_from(), str(path), END - SEEN_WITHIN],
        ).fetchall()[0]
        return {"expected": row[0], "fresh": row[1]}

    return work


TOOLS: dict[str, Tool] = {
    "featureguard": featureguard,
    "polars, same answers": polars_same,
    "polars, grouping alone": polars_grouping,
    "duckdb, grouping alone": duckdb_grouping,
}
