"""Rows of a Parquet file, decoded the hardened way.

pyarrow decodes with page checksums, every batch is validated in full, and what was decoded must equal what
the footer claims. (A footer has no checksum, and pages need not have one: each is checked by the other.)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureguard.errors import SourceCorruptError
from featureguard.profile import NEVER, Extreme
from featureguard.sources.columns import plain_batches
from featureguard.sources.footer import DAY_US, Claim, Footer, FooterColumn, combine
from featureguard.sources.hardening import Limits, guarded, hardened
from featureguard.sources.lanes import merged
from featureguard.sources.sizing import Budget, Reopen, batch_rows, expected_bytes

_LANES = min(4, os.cpu_count() or 1)
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


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
        reopen: Opens the file once more.
        footer: Its footer.
        columns: Columns that the file has, at least one.
        limits: What it may ask for.
        file_size: Bytes of the whole file.
        row_groups: Row groups to read; `None` for all.

    Raises:
        SourceCorruptError: If the content is damaged or contradicts the footer.
        ResourceLimitError: If it expands beyond the limits.
    """
    groups = list(range(len(footer.groups))) if row_groups is None else list(row_groups)
    budget = Budget(footer.name, limits.decoded_bytes(file_size))
    with hardened(footer.name):
        budget.refuse_beyond(expected_bytes(footer, columns, groups))
    count = max(1, min(_LANES, len(groups)))
    lanes = [_Lane(footer, columns, groups[n::count], limits.batch_bytes, budget) for n in range(count)]
    yield from merged([lane.batches(reopen, use_threads=count == 1) for lane in lanes])


@dataclass(frozen=True, slots=True)
class _Lane:
    """Some row groups of a file, read by one thread."""

    footer: Footer
    columns: Sequence[FooterColumn]
    groups: Sequence[int]
    batch_bytes: int
    budget: Budget

    def batches(self, reopen: Reopen, *, use_threads: bool) -> Iterator[pa.RecordBatch]:
        seen = {column.field.name: Seen() for column in self.columns}
        for batch in guarded(self._decoded(reopen, use_threads=use_threads), self.footer.name):
            with hardened(self.footer.name):
                for name, tally in seen.items():
                    tally.add(batch.column(name))
            yield batch
        for column in self.columns:
            claims = self.footer.claims(column)
            claim = combine([claims[index] for index in self.groups])
            _compare(self.footer.name, column, claim, seen[column.field.name])

    def _decoded(self, reopen: Reopen, *, use_threads: bool) -> Iterator[pa.RecordBatch]:
        target = pa.schema([column.field for column in self.columns])
        rows = batch_rows(reopen, self.footer, self.columns, self.groups, self.batch_bytes)
        stored = reopen([]).iter_batches(
            rows, row_groups=list(self.groups), columns=target.names, use_threads=use_threads
        )
        for raw in stored:
            chosen = raw.select(target.names)  # `columns` also reads what only begins with a name and a dot.
            chosen.validate(full=True)
            yield from plain_batches(chosen, self.batch_bytes, self.budget.spend)


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
