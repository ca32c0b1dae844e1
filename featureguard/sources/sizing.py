"""How many rows to decode at once, and when to stop: small files can stand for any number of bytes.

Sizes in a footer are no defence alone. A dictionary page of one long string makes every row long, so its
longest value is looked at before rows are decoded; and what was decoded is counted against a budget.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from featureguard.errors import ResourceLimitError
from featureguard.sources.columns import BATCH_ROWS
from featureguard.sources.footer import Footer, FooterColumn

Reopen = Callable[[Sequence[str]], pq.ParquetFile]
"""Opens the file once more, with page checksums, and these leaf columns as dictionaries."""

_WIDTHS = {"INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8, "BOOLEAN": 1, "BYTE_ARRAY": 4}
_CAREFUL_ROWS = 1_024


class Budget:
    """Decoded bytes that a file may still expand to, shared by the threads that read it."""

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most, self._spent = name, most, 0
        self._lock = threading.Lock()

    def spend(self, size: int) -> None:
        """Count decoded bytes.

        Raises:
            ResourceLimitError: If they are too many.
        """
        with self._lock:
            self._spent += size
            self.refuse_beyond(self._spent)

    def refuse_beyond(self, total: int) -> None:
        """Raise `ResourceLimitError` if so many bytes in all are too many."""
        if total > self._most:
            raise ResourceLimitError(
                f"'{self._name}': expands to {total:,} bytes or more; at most {self._most:,} are read from a "
                "file of its size. If it is genuine, split it."
            )


def expected_bytes(footer: Footer, columns: Sequence[FooterColumn], groups: Sequence[int]) -> int:
    """Decoded bytes that the footer admits to."""
    return sum(_admitted(footer, leaf, group) for leaf in _leaves(columns) for group in groups)


def batch_rows(
    reopen: Reopen, footer: Footer, columns: Sequence[FooterColumn], groups: Sequence[int], batch_bytes: int
) -> int:
    """The most rows, up to `BATCH_ROWS`, of which no batch should take more than `batch_bytes`."""
    rows = BATCH_ROWS
    for group in groups:
        group_rows = footer.groups[group].rows
        rows = min(rows, group_rows * batch_bytes // max(expected_bytes(footer, columns, [group]), 1))
        for leaf in _leaves(columns):
            chunk = footer.groups[group].chunks[leaf]
            if footer.leaves[leaf].physical_type == "BYTE_ARRAY":
                values_per_row = -(-chunk.values // max(group_rows, 1))
                rows = min(
                    rows, batch_bytes // max(values_per_row * _longest(reopen, footer, leaf, group), 1)
                )
            if chunk.shares_beginnings:  # No bound of its values is known.
                rows = min(rows, _CAREFUL_ROWS)
    return max(rows, 1)


def _leaves(columns: Sequence[FooterColumn]) -> list[int]:
    return [leaf for column in columns for leaf in column.leaves]


def _admitted(footer: Footer, leaf: int, group: int) -> int:
    chunk = footer.groups[group].chunks[leaf]
    width = _WIDTHS.get(footer.leaves[leaf].physical_type) or footer.leaves[leaf].length
    return max(chunk.values * width, chunk.plain_bytes)


def _longest(reopen: Reopen, footer: Footer, leaf: int, group: int) -> int:
    """Bytes of the longest value that the chunk's dictionary can put into a row.

    Reading one row as a dictionary brings all of it. Values outside of it are in the footer's sizes.
    """
    path, at_most = footer.leaves[leaf].path, footer.groups[group].chunks[leaf].plain_bytes
    try:
        (column,) = next(reopen([path]).iter_batches(1, row_groups=[group], columns=[path])).columns
    except (pa.ArrowNotImplementedError, StopIteration):
        return at_most
    dictionary = _dictionary(column)
    if dictionary is None or not len(dictionary):
        return at_most
    return int(pc.max(pc.binary_length(dictionary)).as_py() or 0)


def _dictionary(array: pa.Array) -> pa.Array | None:
    """The dictionary of a column that was read down to one leaf."""
    while not pa.types.is_dictionary(array.type):
        if pa.types.is_struct(array.type) and array.type.num_fields:
            array = array.field(0)
        elif pa.types.is_map(array.type):
            array = array.keys if pa.types.is_dictionary(array.keys.type) else array.items
        elif hasattr(array, "values"):
            array = array.values
        else:
            return None
    values = array.dictionary
    return values if pa.types.is_string(values.type) or pa.types.is_binary(values.type) else None
