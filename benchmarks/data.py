"""The data: 18 columns of a feature table, as one large file and as a folder of many small ones.

Everything is drawn from seeded generators, so that two machines measure the same bytes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

TIME, ENTITY = "event_ts", "entity_id"
FLOATS = tuple(f"f{n}" for n in range(8))
WITH_NAN = FLOATS[:2]
INTEGERS = tuple(f"i{n}" for n in range(4))
TEXTS = tuple(f"s{n}" for n in range(4))
NUMBERS = (ENTITY, *FLOATS, *INTEGERS)
COLUMNS = (TIME, *NUMBERS, *TEXTS)

END = datetime(2026, 10, 1, tzinfo=UTC)
"""No row is as late as this; the instant of judgement."""

SPAN = timedelta(days=100)
"""The rows are spread evenly over this long before `END`."""

LAKE_END = datetime(2026, 10, 2, tzinfo=UTC)
"""Likewise for the folder, after one more file has landed."""

_VERSION = 1  # Raise it when the data changes: kept files of another version are made anew.
_ENTITIES_PER_ROW = 0.25


def large_file(folder: Path, rows: int) -> Path:
    """One file of ten row groups; made once, and kept."""
    path = folder / f"large-{rows}-v{_VERSION}.parquet"
    if not path.exists():
        _write(path, rows, groups=10)
    return path


def small_file(folder: Path) -> Path:
    """The same columns in a few rows, to warm up with."""
    return large_file(folder, 1_000)


def lake(folder: Path, files: int, rows: int) -> Path:
    """A folder of files that are there (`days`), one for each day, and of the one to land (`next`).

    Made once, and kept.
    """
    path = folder / f"lake-{files}x{rows}-v{_VERSION}"
    if not path.exists():
        made = path.with_suffix(".making")
        made.mkdir(parents=True, exist_ok=True)
        _write_days(made, files, rows)
        made.rename(path)
    return path


def read_once(path: Path) -> None:
    """Bring a file, or a folder's files, into the page cache."""
    for file in sorted(path.glob("**/*.parquet")) if path.is_dir() else [path]:
        with file.open("rb") as opened:
            while opened.read(1 << 24):
                pass


def main() -> None:
    """Make all data: `python -m benchmarks.data FOLDER ROWS FILES ROWS_PER_FILE`."""
    folder, rows, files, rows_per_file = Path(sys.argv[1]), *map(int, sys.argv[2:])
    folder.mkdir(parents=True, exist_ok=True)
    small_file(folder)
    large_file(folder, rows)
    if files:
        lake(folder, files, rows_per_file)


def _write(path: Path, rows: int, groups: int) -> None:
    import pyarrow.parquet as pq

    making, size = path.with_suffix(".making"), -(-rows // groups)
    step = SPAN / rows
    writer = None
    for group, start in enumerate(range(0, rows, size)):
        count = min(size, rows - start)
        first = END - SPAN + start * step
        table = _table(count, 100 * group, first, count * step, int(rows * _ENTITIES_PER_ROW))
        writer = writer or pq.ParquetWriter(
            making, table.schema, compression="zstd", write_page_checksum=True, write_statistics=True
        )
        writer.write_table(table, row_group_size=size)
    if writer:
        writer.close()
    making.rename(path)


def _write_days(folder: Path, files: int, rows: int) -> None:
    """One file for each day before `LAKE_END`; their other columns are alike, which nothing makes use of."""
    import polars as pl
    import pyarrow.parquet as pq

    day = timedelta(days=1)
    table = _table(rows, 7, LAKE_END - day, day, int(rows * _ENTITIES_PER_ROW), coarse=True)
    times = pl.from_arrow(table.column(TIME))
    assert isinstance(times, pl.Series)

    def write(number: int) -> None:
        dated = table.set_column(0, TIME, (times - number * day).to_arrow().cast(table.schema.field(0).type))
        path = folder / ("days" if number else "next") / f"day-{files - number:05}.parquet"
        path.parent.mkdir(exist_ok=True)
        pq.write_table(dated, path, compression="zstd", write_page_checksum=True)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(write, range(files + 1)))


def _table(
    rows: int, seed: int, first: datetime, span: timedelta, entities: int, *, coarse: bool = False
) -> pa.Table:
    """Rows of all columns; `coarse` floats have few different values, which makes small files."""
    import polars as pl
    import pyarrow as pa

    draws = _uniform(rows, seed)
    micros = (next(draws).sort() * (span / timedelta(microseconds=1))).cast(pl.Int64)
    start = (first - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    columns = {
        TIME: (micros + start).cast(pl.Datetime("us", "UTC")),
        ENTITY: (next(draws) * max(1, entities)).cast(pl.Int64),
    }
    for name in FLOATS:
        values = next(draws) * 200 - 100
        values = values.floor() if coarse else values
        if name in WITH_NAN:
            values = values.set(next(draws) < 0.005, float("nan"))
        columns[name] = values.set(next(draws) < 0.01, None)
    columns |= {name: (next(draws) * (1_000 if coarse else 1_000_000)).cast(pl.Int64) for name in INTEGERS}
    columns |= {name: (next(draws) * 1_000).cast(pl.Int64).cast(pl.String) for name in TEXTS}
    table = pl.DataFrame(columns).to_arrow(compat_level=pl.CompatLevel.oldest())
    text = [pa.field(f.name, pa.string() if f.name in TEXTS else f.type) for f in table.schema]
    return table.cast(pa.schema(text))


def _uniform(rows: int, seed: int) -> Iterator[pl.Series]:
    """Numbers in [0, 1), another series at each turn."""
    import polars as pl
    import pyarrow.compute as pc

    for number in range(100):
        drawn = pl.from_arrow(pc.random(rows, initializer=1_000 * seed + number))
        assert isinstance(drawn, pl.Series)
        yield drawn


if __name__ == "__main__":
    main()
