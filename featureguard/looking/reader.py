"""Read rows of pieces and keep account of what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from featureguard.looking.pieces import Piece
from featureguard.measures import Measures
from featureguard.observation import Unit
from featureguard.profile import Never

if TYPE_CHECKING:
    import polars as pl


class Purpose(StrEnum):
    """What rows are read for."""

    CLOCK = "clock"
    CONFIRM = "confirm"
    CONTENTS = "contents"
    KEYS = "keys"
    POPULATION = "population"


class Reader:
    """The only way to rows.

    Args:
        on_read: Called before a fragment is read, with its name and its rows.

    Attributes:
        rows: Rows read, by purpose and column.
        bytes: Stored bytes read, likewise.
        reads: How often anything was read.
    """

    def __init__(self, on_read: Callable[[str, int], None] | None = None) -> None:
        self._on_read = on_read
        self.rows: dict[tuple[Purpose, str], int] = {}
        self.bytes: dict[tuple[Purpose, str], int] = {}
        self.reads = 0

    def scan(
        self,
        purpose: Purpose,
        pieces: Iterable[Piece],
        wanted: Mapping[str, Measures],
        units: frozenset[str] | None = None,
    ) -> None:
        """Measure what the pieces lack, of all their units or of some.

        Raises:
            SourceError: If the rows cannot be read.
        """
        for piece in pieces:
            if missing := piece.lacking(wanted, units):
                self._tell(piece)
                self._count(purpose, piece, piece.scan(missing))

    def cut(self, pieces: Iterable[Piece], wanted: Mapping[str, Measures]) -> None:
        """Cut pieces into their units, measuring columns on the way.

        Raises:
            SourceError: If the rows cannot be read.
        """
        for piece in pieces:
            self._tell(piece)
            self._count(Purpose.CONTENTS, piece, piece.scan(wanted))

    def confirm(self, piece: Piece, column: str) -> None:
        """Check the greatest value that metadata claims against the rows that should hold it.

        Raises:
            SourceCorruptError: If they contradict each other.
        """
        if rows := piece.fragment.confirm_greatest(column):
            share = rows / (piece.whole.rows or rows)
            self._add(Purpose.CONFIRM, column, rows, round(piece.fragment.stored_bytes([column]) * share))

    def instants(
        self, purpose: Purpose, piece: Piece, column: str, others: Sequence[str] = ()
    ) -> Iterator[pl.DataFrame]:
        """Rows of a time column, in microseconds since the epoch, and of other columns.

        Raises:
            SourceError: If the rows cannot be read.
        """
        self._tell(piece)
        self._count(purpose, piece, dict.fromkeys([column, *others]))
        return piece.instants(column, others)

    def newest_valid(self, piece: Piece, column: str, horizon: datetime) -> tuple[int | Never, int]:
        """The newest value at or before the horizon in microseconds since the epoch, and the rows after it.

        Raises:
            SourceError: If the rows cannot be read.
        """
        from featureguard.scan import newest_before  # noqa: PLC0415  (polars, only once rows are read)

        return newest_before(self.instants(Purpose.CLOCK, piece, column), column, horizon)

    def rows_of(
        self, purpose: Purpose, piece: Piece, unit: Unit, columns: Sequence[str]
    ) -> Iterator[pl.DataFrame]:
        """Rows of one unit.

        Raises:
            SourceError: If the rows cannot be read.
        """
        if piece.held is None:
            self._tell(piece)
            self._count(purpose, piece, columns)
        return piece.rows_of(unit, columns)

    def spent(self, purpose: Purpose, columns: Iterable[str]) -> tuple[int, int]:
        """Rows and stored bytes read of columns for a purpose; a row of several columns counts once."""
        keys = [(purpose, name) for name in columns]
        rows = max((self.rows.get(key, 0) for key in keys), default=0)
        return rows, sum(self.bytes.get(key, 0) for key in keys)

    def _tell(self, piece: Piece) -> None:
        if self._on_read:
            self._on_read(piece.fragment.name, piece.whole.rows or 0)

    def _count(self, purpose: Purpose, piece: Piece, columns: Iterable[str]) -> None:
        for name in columns:
            self._add(purpose, name, piece.whole.rows or 0, piece.fragment.stored_bytes([name]))

    def _add(self, purpose: Purpose, column: str, rows: int, stored_bytes: int) -> None:
        key, self.reads = (purpose, column), self.reads + 1
        self.rows[key] = self.rows.get(key, 0) + rows
        self.bytes[key] = self.bytes.get(key, 0) + stored_bytes
