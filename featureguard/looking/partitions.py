"""Count the rows of each partition of a snapshot, from what the pieces know already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from featureguard.arrivals import Partitions
from featureguard.contract import Contract
from featureguard.looking.pieces import Piece
from featureguard.observation import ALL, NO_TIME
from featureguard.partitions import partition_rows

_Part = tuple[str, int | None]


def read_partitions(
    contract: Contract, pieces: Sequence[Piece], observed_at: datetime
) -> Mapping[str, int | None] | None:
    """Rows by partition; `None` if the contract promises none, or a piece with rows cannot tell its own."""
    if (promise := contract.partitions) is None:
        return None
    parts = list(_by_folder(promise, pieces) if promise.by else _by_window(pieces))
    if any(name == ALL and rows != 0 for name, rows in parts):
        return None
    found = partition_rows(promise, parts, observed_at)
    return found if found or not promise.by or not pieces else None


def _by_folder(promise: Partitions, pieces: Sequence[Piece]) -> Iterator[_Part]:
    """Name and rows of every fragment that lies in a folder of each key; a null is no partition."""
    for piece in pieces:
        values = piece.fragment.partition
        if all(key in values for key in promise.by):
            yield "-".join(values[key] for key in promise.by), piece.whole.rows


def _by_window(pieces: Sequence[Piece]) -> Iterator[_Part]:
    for piece in pieces:
        units = piece.units if piece.units is not None else {ALL: piece.whole}
        yield from ((key, profile.rows) for key, profile in units.items() if key != NO_TIME)
