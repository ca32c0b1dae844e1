"""Measures that need keys: the population of a dataset, and how often keys repeat in a unit."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from featureguard.contract import Contract, Population, canonical_json
from featureguard.histogram import TimeHistogram
from featureguard.looking.clocks import is_time
from featureguard.looking.memory import Memory
from featureguard.looking.pieces import Piece
from featureguard.looking.reader import Reader
from featureguard.measures import Measures
from featureguard.observation import KeyCount, PopulationReading, Unit
from featureguard.profile import sum_profiles
from featureguard.windows import to_micros

if TYPE_CHECKING:
    import polars as pl


def read_population(
    contract: Contract,
    pieces: Sequence[Piece],
    reader: Reader,
    memory: Memory,
    *,
    horizon: datetime,
    now: datetime,
    exact: bool,
) -> PopulationReading | None:
    """Measure the population that a contract promises.

    Args:
        contract: Names the clock's column and the population.
        pieces: All fragments.
        reader: Reads their rows.
        memory: Keeps the newest row of each entity of each fragment.
        horizon: Times after it are from the future.
        now: The instant of judgement.
        exact: Count rows exactly at `now`, where their histogram leaves the answer open.

    Returns:
        `None` if a column that it needs is missing or holds no points in time.

    Raises:
        SourceError: If the rows cannot be read.
    """
    promise = contract.freshness.population if contract.freshness else None
    column = contract.clock_column
    if promise is None or column is None:
        return None
    needed = {column, *promise.entity}
    if not all(needed <= piece.whole.columns.keys() and is_time(piece, column) for piece in pieces):
        return None
    if promise.of == "rows":
        return _rows(promise, column, pieces, reader, horizon, now, exact=exact)
    return _entities(promise, column, pieces, reader, memory, horizon, now)


def count_unit_keys(
    columns: Sequence[str], unit: Unit, members: Sequence[Piece], reader: Reader
) -> KeyCount | None:
    """Count rows and different keys of a unit; `None` if a key column is missing.

    Raises:
        SourceError: If the rows cannot be read.
    """
    from featureguard.population import count_keys  # noqa: PLC0415  (polars, only once rows are read)

    if not all(set(columns) <= piece.whole.columns.keys() for piece in members):
        return None
    return count_keys((frame for piece in members for frame in reader.rows_of(piece, unit, columns)), columns)


def _entities(
    promise: Population,
    column: str,
    pieces: Sequence[Piece],
    reader: Reader,
    memory: Memory,
    horizon: datetime,
    now: datetime,
) -> PopulationReading:
    from featureguard import population  # noqa: PLC0415  (polars, only once rows are read)

    states = [_state(promise, column, piece, reader, memory, horizon) for piece in pieces]
    return population.read_entities(population.merge_states(states, promise.entity), promise, now)


def _state(
    promise: Population, column: str, piece: Piece, reader: Reader, memory: Memory, horizon: datetime
) -> pl.DataFrame:
    """The newest row of each entity of one fragment, remembered unless it holds rows from the future."""
    from featureguard import population  # noqa: PLC0415  (polars, only once rows are read)

    question = canonical_json([list(promise.entity), column, piece.split.zones.get(column)])
    kind, key = f"entities/{hashlib.sha256(question).hexdigest()[:16]}", piece.fragment.key
    if key and (kept := memory.states(kind, [key])):
        return population.state_from_bytes(kept[key])
    frames = reader.instants(piece, column, promise.entity)
    state = population.newest_per_entity(frames, promise.entity, column, horizon)
    greatest = piece.whole.columns[column].greatest
    if key and memory.keeps and not (isinstance(greatest, int) and greatest > to_micros(horizon)):
        memory.put_states(kind, {key: population.state_to_bytes(state)})
    return state


def _rows(
    promise: Population,
    column: str,
    pieces: Sequence[Piece],
    reader: Reader,
    horizon: datetime,
    now: datetime,
    *,
    exact: bool,
) -> PopulationReading | None:
    reader.scan(pieces, {column: Measures(times=True, nulls=True)})
    whole = sum_profiles([piece.whole for piece in pieces])
    times = whole.columns[column].times if pieces else TimeHistogram()
    if times is None or whole.rows is None:
        return None
    missing = whole.rows - times.total
    if not exact:
        return PopulationReading("rows", times, missing)
    first, last = to_micros(now - promise.within), to_micros(horizon)
    fresh = sum(_count_between(piece, column, first, last, reader) for piece in pieces)
    return PopulationReading("rows", times, missing, at=now, fresh=fresh, expected=whole.rows)


def _count_between(piece: Piece, column: str, first: int, last: int, reader: Reader) -> int:
    """Rows in [first, last]; read only where an edge cuts an occupied bucket of the piece's histogram."""
    times = piece.whole.columns[column].times
    least, most = times.count_between(first, last) if times else (0, 1)
    if least == most:
        return least
    return sum(
        int(frame.get_column(column).is_between(first, last).sum())
        for frame in reader.instants(piece, column)
    )
