"""Measures that need keys: the population of a dataset, and how often keys repeat in a unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from featureguard.contract import Contract, Population
from featureguard.histogram import TimeHistogram
from featureguard.looking.clocks import is_time
from featureguard.looking.entities import read_entities
from featureguard.looking.memory import Memory
from featureguard.looking.pieces import Piece
from featureguard.looking.reader import Purpose, Reader
from featureguard.measures import Measures
from featureguard.observation import KeyCount, PopulationReading, Unit
from featureguard.profile import Profile
from featureguard.sources import Source
from featureguard.windows import to_micros


def read_population(
    contract: Contract,
    pieces: Sequence[Piece],
    reader: Reader,
    memory: Memory,
    whole: Callable[[], Profile],
    *,
    expected: Callable[[], Source] | None,
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
        whole: Gives the profile of all rows.
        expected: Opens the key table that names the expected entities, if the contract has one.
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
        return _rows(promise, column, pieces, reader, whole, horizon, now, exact=exact)
    from polars.exceptions import PolarsError  # noqa: PLC0415  (polars, only once rows are read)

    try:
        return read_entities(
            promise, column, pieces, reader, memory, expected=expected, horizon=horizon, now=now
        )
    except PolarsError:  # Files whose types have nothing in common: the schema check says so.
        return None


def count_unit_keys(
    columns: Sequence[str], unit: Unit, members: Sequence[Piece], reader: Reader
) -> KeyCount | None:
    """Count rows and different keys of a unit; `None` if a key column is missing or of types that differ.

    Raises:
        SourceError: If the rows cannot be read.
    """
    from polars.exceptions import PolarsError  # noqa: PLC0415  (polars, only once rows are read)

    from featureguard.population import count_keys  # noqa: PLC0415

    if not all(set(columns) <= piece.whole.columns.keys() for piece in members):
        return None
    frames = (frame for piece in members for frame in reader.rows_of(Purpose.KEYS, piece, unit, columns))
    try:
        return count_keys(frames, columns)
    except PolarsError:  # Files whose types have nothing in common: the schema check says so.
        return None


def _rows(
    promise: Population,
    column: str,
    pieces: Sequence[Piece],
    reader: Reader,
    whole: Callable[[], Profile],
    horizon: datetime,
    now: datetime,
    *,
    exact: bool,
) -> PopulationReading | None:
    reader.scan(Purpose.POPULATION, pieces, {column: Measures(times=True, nulls=True)})
    rows, times = whole().rows, whole().columns[column].times if pieces else TimeHistogram()
    if times is None or rows is None:
        return None
    missing = rows - times.total
    if not exact:
        return PopulationReading("rows", times, missing)
    first, last = to_micros(now - promise.within), to_micros(horizon)
    fresh = sum(_count_between(piece, column, first, last, reader) for piece in pieces)
    return PopulationReading("rows", times, missing, at=now, fresh=fresh, expected=rows)


def _count_between(piece: Piece, column: str, first: int, last: int, reader: Reader) -> int:
    """Rows in [first, last]; read only where an edge cuts an occupied bucket of the piece's histogram."""
    times = piece.whole.columns[column].times
    least, most = times.count_between(first, last) if times else (0, 1)
    if least == most:
        return least
    return sum(
        int(frame.get_column(column).is_between(first, last).sum())
        for frame in reader.instants(Purpose.POPULATION, piece, column)
    )
