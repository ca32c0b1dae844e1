"""Measure Arrow batches with polars: one pass, one profile, memory of one batch."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa

from featureguard.arrow_types import type_name
from featureguard.measures import Measures
from featureguard.observation import NO_TIME
from featureguard.population import time_histogram
from featureguard.profile import (
    MAX_DISTINCT,
    NEVER,
    ColumnProfile,
    Extreme,
    Never,
    Profile,
    Values,
    sum_profiles,
)
from featureguard.windows import CALENDAR, Window, Windows, from_micros, to_micros

NO_ZONES: Mapping[str, str] = {}

_PER_SECOND = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_WINDOW = "\0window"
_DAY = timedelta(days=1)


def profile_batches(
    batches: Iterable[pa.RecordBatch], wanted: Mapping[str, Measures], *, zones: Mapping[str, str] = NO_ZONES
) -> Profile:
    """Summarise rows.

    Args:
        batches: Rows; every column of them appears in the profile.
        wanted: What to measure, by column.
        zones: Zone of timestamps without one and of dates, by column; others are left as they read.
    """
    whole = [_profile_frame(frame, schema, wanted) for frame, schema in _frames(batches, zones)]
    return sum_profiles(whole)


def profile_windows(
    batches: Iterable[pa.RecordBatch],
    wanted: Mapping[str, Measures],
    *,
    windows: Windows,
    time: str,
    zones: Mapping[str, str] = NO_ZONES,
) -> dict[str, Profile]:
    """Summarise rows by the window of their event time; rows without one are `NO_TIME`.

    Args:
        windows: How to cut time.
        time: The event-time column, a timestamp or a date.
    """
    found: dict[str, list[Profile]] = {}
    for frame, schema in _frames(batches, zones):
        for key, part in _cut(frame, time, windows):
            found.setdefault(key, []).append(_profile_frame(part, schema, wanted))
    return {key: sum_profiles(parts) for key, parts in found.items()}


def newest_before(
    instants: Iterable[pl.DataFrame], column: str, horizon: datetime
) -> tuple[int | Never, int]:
    """The newest instant that is not in the future.

    Args:
        instants: Frames with `column` in microseconds since the epoch.
        column: The time column.
        horizon: Instants after it are from the future.

    Returns:
        That instant in microseconds since the epoch, and how many rows lie after the horizon.
    """
    newest: int | Never = NEVER
    future, limit = 0, to_micros(horizon)
    for frame in instants:
        micros = frame.get_column(column)
        past = micros.filter(micros <= limit)
        found = past.max()
        future += len(micros) - micros.null_count() - len(past)
        if isinstance(found, int) and (newest is NEVER or found > newest):
            newest = found
    return newest, future


def instants(
    batches: Iterable[pa.RecordBatch],
    column: str,
    others: Iterable[str] = (),
    *,
    zones: Mapping[str, str] = NO_ZONES,
) -> Iterator[pl.DataFrame]:
    """Frames with `column` as microseconds since the epoch (null where there is none), and other columns."""
    for frame, _ in _frames(batches, zones):
        yield frame.select(_micros(frame.get_column(column)), *[name for name in others if name != column])


def frames(
    batches: Iterable[pa.RecordBatch], *, zones: Mapping[str, str] = NO_ZONES
) -> Iterator[pl.DataFrame]:
    """Batches as frames."""
    for frame, _ in _frames(batches, zones):
        yield frame


def frames_between(
    batches: Iterable[pa.RecordBatch],
    time: str,
    start: datetime | None,
    end: datetime | None,
    *,
    zones: Mapping[str, str] = NO_ZONES,
) -> Iterator[pl.DataFrame]:
    """Rows with a time from `start` until before `end`; without these, the rows that are in no window."""
    for frame in frames(batches, zones=zones):
        micros = _micros(frame.get_column(time))
        if start and end:
            yield frame.filter(micros.is_between(to_micros(start), to_micros(end), closed="left"))
        else:
            yield frame.filter(~_is_dated(micros))


def is_instant(dtype: pl.DataType | pa.DataType) -> bool:
    """Whether values of a type are points in time: timestamps and dates."""
    if isinstance(dtype, pa.DataType):
        return bool(pa.types.is_timestamp(dtype) or pa.types.is_date(dtype))
    return isinstance(dtype, pl.Datetime | pl.Date)


# ---------------------------------------------------------------------------------------------- frames
def _frames(
    batches: Iterable[pa.RecordBatch], zones: Mapping[str, str]
) -> Iterator[tuple[pl.DataFrame, pa.Schema]]:
    """Batches as frames, instants in UTC."""
    for batch in batches:
        frame = pl.from_arrow(batch) if batch.num_columns else pl.DataFrame(height=batch.num_rows)
        assert isinstance(frame, pl.DataFrame)
        naive = [name for name in zones if name in frame.columns and _is_naive(frame.schema[name])]
        if naive:
            frame = frame.with_columns(_to_utc(pl.col(name), zones[name]) for name in naive)
        yield frame, batch.schema


def _is_naive(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Date) or (isinstance(dtype, pl.Datetime) and dtype.time_zone is None)


def _to_utc(column: pl.Expr, zone: str) -> pl.Expr:
    """Wall time as an instant; of an ambiguous or a skipped one the earlier reading, never too new."""
    wall = column.cast(pl.Datetime("us"))
    direct, day_after = (
        reading.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone(
            "UTC"
        )
        for reading in (wall, wall + _DAY)
    )
    return pl.coalesce(
        direct, day_after - _DAY
    )  # The offset after the gap, whether it is of 30 minutes or a day.


def _micros(series: pl.Series) -> pl.Series:
    """Instants in microseconds since the epoch, rounded down."""
    if isinstance(series.dtype, pl.Date):
        return series.cast(pl.Datetime("us")).to_physical()
    if not isinstance(series.dtype, pl.Datetime):
        raise TypeError(f"'{series.name}' is {series.dtype}, not a point in time.")
    per_second = _PER_SECOND[series.dtype.time_unit]
    physical = series.to_physical()
    return physical * (1_000_000 // per_second) if per_second <= 1_000_000 else physical // 1_000


def _cut(frame: pl.DataFrame, time: str, windows: Windows) -> Iterator[tuple[str, pl.DataFrame]]:
    """Parts of a frame by window; rows without a time, or with one beyond the calendar, last."""
    micros = _micros(frame.get_column(time))
    dated = _is_dated(micros)
    cut = _windows_of(micros.filter(dated), windows)
    if len(cut) == 1 and dated.all():
        yield cut[0].key, frame
        return
    starts = pl.Series([to_micros(window.start) for window in cut[1:]], dtype=pl.Int64)
    number = starts.search_sorted(micros.filter(dated), side="right")
    numbered = frame.filter(dated).with_columns(number.alias(_WINDOW))
    for (index,), part in numbered.group_by(_WINDOW, maintain_order=True):
        yield cut[int(str(index))].key, part.drop(_WINDOW)
    if not dated.all():
        yield NO_TIME, frame.filter(~dated)


def _is_dated(micros: pl.Series) -> pl.Series:
    return micros.is_between(*CALENDAR).fill_null(value=False)


def _windows_of(micros: pl.Series, windows: Windows) -> list[Window]:
    """The windows that hold any of these instants, in order; empty time between them costs nothing."""
    ordered, found, at = micros.sort(), list[Window](), 0
    while at < len(ordered):
        found.append(windows.at(from_micros(ordered[at])))
        at = ordered.search_sorted(to_micros(found[-1].end), side="left")
    return found


# -------------------------------------------------------------------------------------------- profiles
def _profile_frame(frame: pl.DataFrame, schema: pa.Schema, wanted: Mapping[str, Measures]) -> Profile:
    measured = {name: wanted.get(name, Measures()) for name in frame.columns}
    numbers = frame.select(
        expression.alias(f"{index}:{what}")
        for index, (name, measures) in enumerate(measured.items())
        for what, expression in _expressions(name, frame.schema[name], measures).items()
    )
    row = numbers.row(0, named=True) if numbers.width else {}
    columns = {
        name: _profile_column(frame, schema, name, measures, _part(row, index))
        for index, (name, measures) in enumerate(measured.items())
    }
    return Profile(frame.height, columns)


def _expressions(name: str, dtype: pl.DataType, measures: Measures) -> dict[str, pl.Expr]:
    """What one query measures of one column; what its type answers by itself is left out."""
    column, found = pl.col(name), {}
    if measures.nulls:
        found["nulls"] = column.null_count()
    if measures.nans and dtype.is_float():
        found["nans"] = column.is_nan().sum()
    if measures.empties and dtype == pl.String:
        found["empties"] = (column == "").sum()
    if measures.extremes and (dtype.is_numeric() or dtype.is_temporal()):
        physical = column.to_physical() if dtype.is_temporal() else column
        found |= {"least": physical.min(), "greatest": physical.max()}
    for sentinel in measures.sentinels:
        found[f"= {sentinel}"] = _equals(column, dtype, json.loads(sentinel))
    return found


def _equals(column: pl.Expr, dtype: pl.DataType, value: object) -> pl.Expr:
    """How many rows hold a value; a value of another kind than the column's is in none of them."""
    comparable = (
        dtype == pl.Boolean if isinstance(value, bool) else dtype.is_numeric() != isinstance(value, str)
    )
    if not comparable or (isinstance(value, str) and dtype != pl.String):
        return pl.lit(0)
    return (column == pl.lit(value)).sum()


def _part(row: Mapping[str, Any], index: int) -> dict[str, Any]:
    head = f"{index}:"
    return {name.removeprefix(head): value for name, value in row.items() if name.startswith(head)}


def _profile_column(
    frame: pl.DataFrame, schema: pa.Schema, name: str, measures: Measures, numbers: Mapping[str, Any]
) -> ColumnProfile:
    dtype = frame.schema[name]
    least, greatest = (_extreme(numbers, what, dtype) for what in ("least", "greatest"))
    return ColumnProfile(
        rows=frame.height,
        types=frozenset({type_name(schema.field(name).type)}),
        nulls=numbers.get("nulls"),
        nans=numbers.get("nans") if dtype.is_float() else 0,
        empties=numbers.get("empties") if dtype == pl.String else 0,
        least=least,
        greatest=greatest,
        times=time_histogram(_micros(frame.get_column(name)))
        if measures.times and is_instant(dtype)
        else None,
        values=_values(frame.get_column(name)) if measures.values and not dtype.is_nested() else None,
        tallies={sentinel: int(numbers[f"= {sentinel}"]) for sentinel in sorted(measures.sentinels)},
    )


def _extreme(numbers: Mapping[str, Any], what: str, dtype: pl.DataType) -> Extreme | None:
    if what not in numbers:
        return None
    value = numbers[what]
    if value is None or (isinstance(value, float) and value != value):  # NaN only: no value to order.
        return NEVER
    if isinstance(dtype, pl.Date):
        return int(value) * 86_400_000_000
    if isinstance(dtype, pl.Datetime):
        per_second = _PER_SECOND[dtype.time_unit]
        return value * (1_000_000 // per_second) if per_second <= 1_000_000 else value // 1_000  # type: ignore[no-any-return]
    return value if isinstance(value, int | float | Decimal) else None


def _values(series: pl.Series) -> Values:
    counts = series.drop_nulls().value_counts(name="rows")
    if counts.height > MAX_DISTINCT:
        return Values((), overflowed=True)
    merged: Counter[str] = Counter()
    for value, rows in counts.iter_rows():
        merged[_spelled(value)] += rows
    return Values.of(merged)


def _spelled(value: object) -> str:
    """Canonical JSON of a value; what JSON has no word for (dates, NaN) as its text."""
    if isinstance(value, float) and value - value == 0:
        return json.dumps(value + 0.0)  # -0.0 and 0.0 are one value.
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bool | int | str):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(str(value), ensure_ascii=False)
