"""(f) The SLIs of a fleet: 28 days and four burn windows of every dataset, from 700 runs of each.

`python -m benchmarks.slis FOLDER DATASETS` makes the data: runs of a feed whose data is 5 to 60 minutes old
when it is first seen, hourly at most, none of them overlapping.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.answers import Answer, Tool, Work
from benchmarks.data import END

if TYPE_CHECKING:
    import polars as pl

RUNS, HOUR = 700, 3_600_000_000
NOW = int(END.timestamp()) * 1_000_000
HOURS = (672, 72, 24, 6, 1)
"""The windows, all of which end now: 28 days, 3 days, 1 day, 6 hours and 1 hour."""

_VERSION = 1


def runs_file(folder: Path, datasets: int) -> Path:
    """The runs of all datasets; made once, and kept."""
    path = folder / f"runs-{datasets}x{RUNS}-v{_VERSION}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _runs(datasets).write_parquet(path)
    return path


def featureguard() -> Work:
    """What the fleet's pages and metrics ask for."""
    import polars as pl

    from featureguard.slo.frame import time_slis

    def work(path: Path) -> Answer:
        runs = pl.read_parquet(path)
        datasets = runs.select(pl.col("dataset").unique())
        ends = pl.DataFrame(
            {
                "window": pl.Series(HOURS, dtype=pl.UInt32),
                "start": [NOW - hours * HOUR for hours in HOURS],
                "end": [NOW for _ in HOURS],
            }
        )
        max_age = (1 + pl.col("dataset").cast(pl.Int64) % 2) * HOUR
        found = time_slis(runs, datasets.join(ends, how="cross").with_columns(max_age=max_age))
        return _answer(found.group_by("window").agg(pl.col("good", "bad", "unknown").sum()).rows())

    return work


def duckdb_sql() -> Work:
    """The same integral by hand, for runs that do not overlap: one pass of SQL for each window."""
    import duckdb

    connection = duckdb.connect()

    def work(path: Path) -> Answer:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE steps AS {_STEPS}", [str(path)])
        rows = []
        for hours in HOURS:
            start = {"a": NOW - hours * HOUR, "b": NOW}
            good, bad, count = connection.execute(_INTEGRAL, start).fetchall()[0]
            rows.append((hours, int(good), int(bad), count * hours * HOUR - int(good) - int(bad)))
        return _answer(rows)

    return work


_STEPS = f"""
SELECT dataset, value AS v, first_seen AS f, last_seen AS l, (1 + dataset::BIGINT % 2) * {HOUR} AS age,
       lag(value) OVER d IS NULL AS is_first, lead(first_seen) OVER d AS n, lead(value) OVER d AS w
FROM read_parquet(?) WINDOW d AS (PARTITION BY dataset ORDER BY first_seen, last_seen, value)
"""
_INTEGRAL = """
SELECT sum(greatest(0, least($b, l, v + age) - greatest($a, f))
         + greatest(0, least($b, coalesce(n, $b), least(v, coalesce(w, v)) + age) - greatest($a, l))),
       sum(greatest(0, least($b, l) - greatest($a, f, v + age))
         + CASE WHEN n IS NULL THEN 0
                ELSE greatest(0, least($b, n) - greatest($a, l, greatest(v, w) + age)) END
         + CASE WHEN is_first THEN greatest(0, least($b, f) - greatest($a, v + age)) ELSE 0 END),
       (SELECT count(DISTINCT dataset) FROM steps)
FROM steps WHERE is_first OR coalesce(n, $b) > $a
"""

TOOLS: dict[str, Tool] = {"featureguard": featureguard, "duckdb, the integral in SQL": duckdb_sql}


def _answer(rows: Sequence[tuple[int, ...]]) -> Answer:
    parts = ("good", "bad", "unknown")
    return {
        f"{part} in {hours} h": value
        for hours, *values in rows
        for part, value in zip(parts, values, strict=True)
    }


def _runs(datasets: int) -> pl.DataFrame:
    """Runs of one slot each, with numbers that look random and are the same everywhere."""
    import polars as pl

    slot = HOURS[0] * HOUR // RUNS
    number = pl.int_range(datasets * RUNS, dtype=pl.UInt64)

    def drawn(seed: int, below: int) -> pl.Expr:
        # Knuth's multiplicative hashing, so that no library's generator decides what is measured.
        return ((number * 2_654_435_761 + seed * 40_503) % 4_294_967_291 % below).cast(pl.Int64)

    return pl.select(
        dataset=(number // RUNS).cast(pl.UInt32),
        first_seen=NOW - HOURS[0] * HOUR + (number % RUNS).cast(pl.Int64) * slot + drawn(1, slot // 3),
        stays=drawn(2, slot // 2),
        old=drawn(3, 55 * 60_000_000) + 5 * 60_000_000,
    ).select(
        "dataset",
        "first_seen",
        value=pl.col("first_seen") - pl.col("old"),
        last_seen=pl.col("first_seen") + pl.col("stays"),
    )


if __name__ == "__main__":
    runs_file(Path(sys.argv[1]), int(sys.argv[2]))
