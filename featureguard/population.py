"""The newest row of every entity: a keyed state, mergeable like a profile but as large as its keys.

The maximum of a table's times says "fresh" when one new row hides a stale million; the population does not.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import polars as pl

from featureguard.contract import Population
from featureguard.histogram import MAX_BUCKETS, TimeHistogram
from featureguard.observation import KeyCount, PopulationReading
from featureguard.windows import to_micros

NEWEST = "\0newest"
"""The column of a state that holds microseconds since the epoch."""

_BUFFERED_ROWS = 4_000_000
_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
_WORST = 5


def newest_per_entity(
    frames: Iterable[pl.DataFrame], entity: Sequence[str], time: str, horizon: datetime
) -> pl.DataFrame:
    """Keep each entity's newest time.

    Args:
        frames: Columns of `entity`, and `time` in microseconds since the epoch.
        horizon: Times after it are from the future and refresh nobody.

    Returns:
        One row per entity, with the columns of `entity` and `NEWEST`, null for an entity without any valid time.
        Rows whose entity holds a null name nobody and are left out.
    """
    limit, buffer, state = to_micros(horizon), list[pl.DataFrame](), None
    for frame in frames:
        past = pl.when(pl.col(time) <= limit).then(pl.col(time)).alias(NEWEST)
        buffer.append(frame.select(*entity, past).drop_nulls(list(entity)))
        if sum(map(len, buffer)) >= _BUFFERED_ROWS:
            state = merge_states([*([state] if state is not None else []), *buffer], entity)
            buffer = []
    return merge_states([*([state] if state is not None else []), *buffer], entity)


def merge_states(states: Sequence[pl.DataFrame], entity: Sequence[str]) -> pl.DataFrame:
    """The newest time of each entity over several states, in any order and grouping the same."""
    if not states:
        return pl.DataFrame(schema={**dict.fromkeys(entity, pl.String), NEWEST: pl.Int64})
    rows = pl.concat(states, how="vertical_relaxed", rechunk=False)
    return rows.group_by(list(entity)).agg(pl.col(NEWEST).max())


def read_entities(state: pl.DataFrame, promise: Population, now: datetime) -> PopulationReading:
    """Count the expected and the fresh entities at an instant.

    Expected are the entities seen within `promise.seen_within`: one that vanished is bad until it retires.
    """
    limit = to_micros(now)
    newest = state.get_column(NEWEST).drop_nulls()
    expected = state.filter(pl.col(NEWEST) >= limit - _micros(promise.seen_within))
    ages = (limit - expected.get_column(NEWEST)).clip(lower_bound=0) / 1_000_000
    fresh = int((expected.get_column(NEWEST) >= limit - _micros(promise.within)).sum())
    worst = expected.with_columns(ages.alias("age")).top_k(_WORST, by=["age", *promise.entity])
    return PopulationReading(
        of="entities",
        times=time_histogram(newest),
        at=now,
        fresh=fresh,
        expected=expected.height,
        age_seconds=quantiles(ages),
        worst=tuple((_label(row, promise.entity), float(row["age"])) for row in worst.iter_rows(named=True)),
    )


def read_rows(
    times: TimeHistogram, rows: int, promise: Population, now: datetime, exact_fresh: int | None = None
) -> PopulationReading:
    """Describe the ages of all rows from their histogram; rows without a valid time are `missing`."""
    reading = PopulationReading(of="rows", times=times, missing=rows - times.total)
    if exact_fresh is None:
        return reading
    return PopulationReading(
        of="rows", times=times, missing=rows - times.total, at=now, fresh=exact_fresh, expected=rows
    )


def time_histogram(micros: pl.Series) -> TimeHistogram:
    """The histogram of instants given in microseconds since the epoch; nulls are left out."""
    seconds = (micros.drop_nulls() // 1_000_000).alias("bucket")
    k, counts = 0, seconds.value_counts(name="rows")
    while counts.height > MAX_BUCKETS:
        k += 1
        halved = counts.select(pl.col("bucket") // 2, "rows")
        counts = halved.group_by("bucket").agg(pl.col("rows").sum())
    return TimeHistogram.of_seconds(counts.iter_rows(), k)


def quantiles(ages: pl.Series) -> dict[str, float]:
    """Exact quantiles of ages in seconds, by nearest rank; empty without ages."""
    if not len(ages):
        return {}
    found = {name: ages.quantile(q, "higher" if q < 1 else "nearest") for name, q in _QUANTILES.items()}
    return {name: float(age) for name, age in found.items() if age is not None}


def count_keys(frames: Iterable[pl.DataFrame], columns: Sequence[str]) -> KeyCount:
    """Count rows and different keys; null is a value like any other."""
    parts = [frame.select(columns) for frame in frames]
    if not parts:
        return KeyCount(0, 0)
    counts = pl.concat(parts, how="vertical_relaxed", rechunk=False).group_by(list(columns)).len("\0rows")
    rows = int(counts.get_column("\0rows").sum())
    if counts.height == rows:
        return KeyCount(rows, rows)
    repeated = counts.filter(pl.col("\0rows") > 1).sort(
        ["\0rows", *columns], descending=True, nulls_last=True
    )
    return KeyCount(rows, counts.height, _label(repeated.row(0, named=True), columns))


def state_to_bytes(state: pl.DataFrame) -> bytes:
    """A state as compressed Arrow, to be remembered."""
    file = io.BytesIO()
    state.write_ipc(file, compression="zstd")
    return file.getvalue()


def state_from_bytes(data: bytes) -> pl.DataFrame:
    """What `state_to_bytes` wrote."""
    return pl.read_ipc(io.BytesIO(data))


def _micros(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1)


def _label(row: dict[str, object], columns: Sequence[str]) -> str:
    return ", ".join(f"{name}={row[name]}" for name in columns)
