"""Tables that are already in memory: pyarrow, polars, pandas, and anything that speaks the Arrow C stream."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from featureguard.errors import UsageError
from featureguard.profile import ColumnProfile, Profile
from featureguard.sources import Snapshot
from featureguard.sources.columns import (
    BATCH_ROWS,
    empty_batches,
    plain_batches,
    refuse_duplicates,
    without_values,
)
from featureguard.sources.hardening import guarded, hardened

_BATCH_BYTES = 64 << 20
_HINT = "Hand in a pyarrow Table, a polars or pandas DataFrame, or an object with __arrow_c_stream__."


class MemorySource:
    """A table handed in by a host.

    Args:
        data: A pyarrow Table, RecordBatch or RecordBatchReader, a polars or pandas DataFrame, or any object
            with `__arrow_c_stream__`. A reader is read into memory, once.
        name: What to call it in messages.
        unseen_nulls: Columns of which only rows with a value came.

    Raises:
        UsageError: If the object is no table.
        SourceCorruptError: If two columns have one name, or the Arrow data is malformed.
    """

    def __init__(
        self, data: object, name: str = "table", *, unseen_nulls: frozenset[str] = frozenset()
    ) -> None:
        self._fragment = MemoryFragment(_as_table(data, name), name, unseen_nulls)

    def snapshot(self) -> Snapshot:
        """The table as its only fragment; it has no identity to be remembered by."""
        return Snapshot(None, (self._fragment,))


class MemoryFragment:
    """A table in memory as a fragment."""

    key: str | None = None
    modified_us: int | None = None

    def __init__(self, table: pa.Table, name: str, unseen_nulls: frozenset[str] = frozenset()) -> None:
        self._table = table
        self.name = name
        self.unseen_nulls = unseen_nulls
        self.partition: Mapping[str, str] = {}

    def statistics(self) -> Profile:
        """Types, rows and nulls, which Arrow keeps; values have to be read."""
        rows: int = self._table.num_rows
        fields = zip(self._table.schema, self._table.columns, strict=True)
        found = {f.name: _column_statistics(f.type, column, rows) for f, column in fields}
        return Profile(rows, found).without_nulls_of(self.unseen_nulls)

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Validated slices of the table without copying it."""
        present = [name for name in columns if name in self._table.column_names]
        if not present:
            yield from empty_batches(self._table.num_rows)
            return
        table = self._table.select(present)
        yield from guarded(_plain(table), self.name)

    def stored_bytes(self, columns: Sequence[str]) -> int:
        """Bytes of these columns in memory."""
        present = [name for name in columns if name in self._table.column_names]
        return int(self._table.select(present).nbytes)

    def confirm_greatest(self, column: str) -> int:
        """Nothing to confirm: these statistics hold no values."""
        return 0


def _plain(table: pa.Table) -> Iterator[pa.RecordBatch]:
    for raw in table.to_batches(max_chunksize=BATCH_ROWS):
        raw.validate(full=True)
        yield from plain_batches(raw, _BATCH_BYTES, lambda _: None)


def _column_statistics(data_type: pa.DataType, column: pa.ChunkedArray, rows: int) -> ColumnProfile:
    return without_values(data_type, rows, None if _hides_nulls(data_type) else column.null_count)


def _hides_nulls(data_type: pa.DataType) -> bool:
    """Types whose nulls may lie in their children, where `null_count` does not see them."""
    kinds = (pa.types.is_dictionary, pa.types.is_run_end_encoded, pa.types.is_union)
    return any(is_kind(data_type) for is_kind in kinds)


def _as_table(data: object, name: str) -> pa.Table:
    with hardened(name):
        reader = _as_reader(data, name)
        refuse_duplicates(reader.schema.names, name)
        return reader if isinstance(reader, pa.Table) else reader.read_all()


def _as_reader(data: object, name: str) -> Any:
    if isinstance(data, pa.Table | pa.RecordBatchReader):
        return data
    if isinstance(data, pa.RecordBatch):
        refuse_duplicates(data.schema.names, name)
        return pa.Table.from_batches([data])
    module = type(data).__module__.partition(".")[0]
    if module == "pandas" and isinstance(data, sys.modules["pandas"].DataFrame):
        return pa.Table.from_pandas(data, preserve_index=any(name is not None for name in data.index.names))
    if module == "polars" and type(data).__name__ == "LazyFrame":
        raise UsageError(f"'{name}' is a LazyFrame, which holds no rows yet. Hand in frame.collect().")
    if hasattr(data, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(data)
    raise UsageError(f"'{name}' is a {type(data).__name__}, which is no table. {_HINT}")
