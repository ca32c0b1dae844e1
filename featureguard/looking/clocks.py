"""Read a dataset's clocks from its pieces, cheapest first, and never believe a time from the future."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from featureguard.looking.pieces import Piece
from featureguard.looking.reader import Reader
from featureguard.observation import ClockReading, Observation
from featureguard.profile import NEVER, Never
from featureguard.windows import CALENDAR, from_micros, to_micros


def read_clock(pieces: Sequence[Piece], column: str, horizon: datetime, reader: Reader) -> ClockReading:
    """The newest value of a time column, and how many rows are from the future.

    Args:
        pieces: All fragments, their extremes of the column measured.
        column: The time column.
        horizon: Values after it are from the future. A greatest value after it says nothing about the newest
            valid one, so that piece is read.
        reader: Reads such a piece.

    Returns:
        A reading without `newest` if any piece has rows but cannot tell their times.

    Raises:
        SourceError: If a piece cannot be read.
    """
    newest: int | Never = NEVER
    future, limit = 0, to_micros(horizon)
    for piece in pieces:
        if not piece.whole.rows:
            continue
        if not is_time(piece, column) or (found := piece.whole.columns[column].greatest) is None:
            return ClockReading()
        late = 0
        if isinstance(found, int) and found > limit:
            found, late = reader.newest_valid(piece, column, horizon)
        future += late
        if isinstance(found, int) and found >= CALENDAR[0] and (newest is NEVER or found > newest):
            newest = found
    return ClockReading(from_micros(newest) if isinstance(newest, int) else NEVER, future)


def arrived(
    reading: ClockReading, clock: str, *, last: Observation | None, snapshot: str | None, rows: int | None
) -> ClockReading:
    """The reading; where rows have merely come due since the last look, which is no arrival, the one before.

    Args:
        reading: What a clock shows now.
        clock: Its name.
        last: The last look, if it read the same clocks.
        snapshot: Identity of what was seen now; without one, equal numbers of rows are taken for equal data.
        rows: Rows now; `None` if not measured.
    """
    before = last.clocks.get(clock) if last else None
    if last is None or before is None:
        return reading
    if snapshot is not None:
        same = last.snapshot == snapshot and before.newest is not None
        return ClockReading(before.newest, reading.future_rows) if same else reading
    same = rows is not None and last.profile.rows == rows
    return _unless_only_due(before, reading) if same else reading


def _unless_only_due(before: ClockReading, reading: ClockReading) -> ClockReading:
    """The reading before if rows that lay in the future then have merely come due since."""
    if not before.future_rows or not isinstance(reading.newest, datetime):
        return reading
    moved = not isinstance(before.newest, datetime) or reading.newest > before.newest
    came_due = (reading.future_rows or 0) < before.future_rows
    return before if moved and came_due else reading


def holder(pieces: Sequence[Piece], column: str, newest: datetime) -> Piece | None:
    """The piece whose metadata claims the newest value."""
    limit = to_micros(newest)
    return next(
        (p for p in pieces if (c := p.whole.columns.get(column)) is not None and c.greatest == limit), None
    )


def read_files(pieces: Sequence[Piece], horizon: datetime) -> ClockReading:
    """When the newest file was written; `NEVER` without files, unmeasured where a source does not tell."""
    written = [piece.fragment.modified_us for piece in pieces]
    known = [micros for micros in written if micros is not None]
    if len(known) < len(written):
        return ClockReading()
    past = [micros for micros in known if micros <= to_micros(horizon)]
    return ClockReading(from_micros(max(past)) if past else NEVER, len(known) - len(past))


def is_time(piece: Piece, column: str) -> bool:
    """Whether a piece has a column of points in time whose zone is known."""
    profile = piece.whole.columns.get(column)
    return profile is not None and piece.split.is_time(column, profile)
