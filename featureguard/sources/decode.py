"""Rows of a Parquet file, decoded the hardened way.

pyarrow decodes with page checksums, every batch is validated in full, and what was decoded must equal what
the footer claims. Text is read as dictionaries, since one page of it may stand for gigabytes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from featureguard.errors import ResourceLimitError, SourceCorruptError
from featureguard.profile import NEVER, Extreme
from featureguard.sources.columns import BATCH_ROWS, has_views, plain_batches
from featureguard.sources.footer import DAY_US, Claim, Footer, FooterColumn, combine
from featureguard.sources.hardening import Limits, guarded, hardened
from featureguard.sources.lanes import merged

Reopen = Callable[[Sequence[str]], pq.ParquetFile]

_LANES = min(4, os.cpu_count() or 1)
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_WIDTHS = {"INT32": 4, "INT64": 8, "INT96": 8, "FLOAT": 4, "DOUBLE": 8, "BOOLEAN": 1}
_TARGET_BYTES = 64 << 20  # A batch of wide rows has fewer of them.
_VIEW_ROWS = 1_024  # Nested view types cannot be read as dictionaries: few rows at once bound them instead.


def decode(
    reopen: Reopen,
    footer: Footer,
    columns: Sequence[FooterColumn],
    limits: Limits,
    file_size: int,
    row_groups: Sequence[int] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Read columns as validated batches in any order, then compare them with the footer.

    Args:
        reopen: Opens the file once more, with page checksums and these columns as dictionaries.
        footer: Its footer.
        columns: Columns that the file has, at least one.
        limits: What it may ask for.
        file_size: Bytes of the whole file.
        row_groups: Row groups to read; `None` for all.

    Raises:
        SourceCorruptError: If the content is damaged or contradicts the footer.
        ResourceLimitError: If it expands beyond the limits.
    """
    groups = list(range(footer.metadata.num_row_groups)) if row_groups is None else list(row_groups)
    with hardened(footer.name):
        expected = _expected_bytes(footer, columns, groups)
    budget = Budget(footer.name, limits.decoded_bytes(file_size))
    budget.refuse(expected)
    count = max(1, min(_LANES, len(groups)))
    lanes = [_Lane(footer, columns, groups[n::count], limits, budget) for n in range(count)]
    yield from merged([lane.batches(reopen, expected, use_threads=count == 1) for lane in lanes])


class Budget:
    """Decoded bytes that a file may still expand to, shared by its lanes."""

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most, self._spent = name, most, 0
        self._lock = threading.Lock()

    def refuse(self, more: int) -> None:
        """Raise if this many bytes more would be too many."""
        if self._spent + more > self._most:
            raise ResourceLimitError(
                f"'{self._name}': expands to {self._spent + more:,} bytes or more; at most {self._most:,} are "
                "read from a file of its size. If it is genuine, split it."
            )

    def spend(self, size: int) -> None:
        """Count bytes that were decoded; raise if they are too many."""
        with self._lock:
            self.refuse(size)
            self._spent += size


@dataclass(frozen=True, slots=True)
class _Lane:
    """Some row groups of a file, read by one thread."""

    footer: Footer
    columns: Sequence[FooterColumn]
    groups: Sequence[int]
    limits: Limits
    budget: Budget

    def batches(self, reopen: Reopen, expected: int, *, use_threads: bool) -> Iterator[pa.RecordBatch]:
        seen = {column.field.name: Seen() for column in self.columns}
        yield from guarded(self._decoded(reopen, expected, seen, use_threads=use_threads), self.footer.name)
        for column in self.columns:
            claims = self.footer.claims(column)
            claim = combine([claims[index] for index in self.groups])
            _compare(self.footer.name, column, claim, seen[column.field.name])

    def _decoded(
        self, reopen: Reopen, expected: int, seen: dict[str, Seen], *, use_threads: bool
    ) -> Iterator[pa.RecordBatch]:
        target = pa.schema([column.field for column in self.columns])
        stored = reopen(_dictionary_paths(self.footer, self.columns)).iter_batches(
            self._rows(expected), row_groups=list(self.groups), columns=target.names, use_threads=use_threads
        )
        for raw in stored:
            chosen = raw.select(target.names)  # `columns` also reads what only begins with a name and a dot.
            chosen.validate(full=True)
            for batch in plain_batches(chosen, target, self.limits.batch_bytes, self.budget.spend):
                for name, column in seen.items():
                    column.add(batch.column(name))
                yield batch

    def _rows(self, expected: int) -> int:
        if any(pa.types.is_nested(c.field.type) and has_views(c.field.type) for c in self.columns):
            return _VIEW_ROWS
        return max(1, min(BATCH_ROWS, self.footer.rows * _TARGET_BYTES // max(expected, 1)))


@dataclass(slots=True)
class Seen:
    """What was decoded of one column so far."""

    rows: int = 0
    nulls: int = 0
    least: Extreme = NEVER
    greatest: Extreme = NEVER

    def add(self, array: pa.Array) -> None:
        """Count another piece of the column."""
        self.rows += len(array)
        self.nulls += array.null_count
        if _has_order(array.type) and array.null_count < len(array):
            extremes = pc.min_max(array)
            least, greatest = _micros(extremes["min"]), _micros(extremes["max"])
            self.least = least if self.least is NEVER else min(self.least, least)
            self.greatest = greatest if self.greatest is NEVER else max(self.greatest, greatest)


def _compare(name: str, column: FooterColumn, claim: Claim, seen: Seen) -> None:
    pairs: dict[str, tuple[object, object]] = {"rows": (claim.rows, seen.rows)}
    if claim.nulls is not None:
        pairs["nulls"] = (claim.nulls, seen.nulls)
    if _has_order(column.field.type) and claim.greatest is not None:
        pairs |= {"least": (claim.least, seen.least), "greatest": (claim.greatest, seen.greatest)}
    for what, (claimed, found) in pairs.items():
        if claimed != found:
            raise SourceCorruptError(
                f"'{name}': for '{column.field.name}' the footer claims {what} {claimed}, but its pages hold "
                f"{found}. Write the file again."
            )


def _has_order(data_type: pa.DataType) -> bool:
    kinds = (pa.types.is_timestamp, pa.types.is_date, pa.types.is_integer)
    return any(is_kind(data_type) for is_kind in kinds)


def _micros(scalar: Any) -> int:
    """An integer as it is, a timestamp or date in microseconds since the epoch."""
    if pa.types.is_timestamp(scalar.type):
        return int(scalar.value * 1_000_000 // _PER_SECOND[scalar.type.unit])
    if pa.types.is_date(scalar.type):
        return int(scalar.value * (DAY_US if pa.types.is_date32(scalar.type) else 1_000))
    return int(scalar.as_py())


def _dictionary_paths(footer: Footer, columns: Sequence[FooterColumn]) -> list[str]:
    """Leaf columns of text, which are read as dictionaries."""
    leaves = [
        footer.metadata.schema.column(leaf)
        for column in columns
        if not (pa.types.is_nested(column.field.type) and has_views(column.field.type))
        for leaf in column.leaves
    ]
    return [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]


def _expected_bytes(footer: Footer, columns: Sequence[FooterColumn], groups: Sequence[int]) -> int:
    """Decoded bytes that the footer admits to; no defence alone, since a footer may lie."""
    total = 0
    for leaf in (leaf for column in columns for leaf in column.leaves):
        width = _WIDTHS.get(footer.metadata.schema.column(leaf).physical_type, 4)
        for index in groups:
            chunk = footer.metadata.row_group(index).column(leaf)
            total += max(chunk.num_values * width, chunk.total_uncompressed_size)
    return total
