"""Parquet files as a source: a file, a glob, or a folder, hive-partitioned by folders named `key=value`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from featureguard.errors import ResourceLimitError, SourceCorruptError, SourceUnreadableError
from featureguard.profile import NEVER, ColumnProfile, Profile
from featureguard.sources import Snapshot
from featureguard.sources.columns import empty_batches
from featureguard.sources.decode import decode
from featureguard.sources.footer import Footer, read_footer
from featureguard.sources.hardening import Limits, hardened
from featureguard.sources.listing import DataFile, Location, list_files, locate, snapshot_id
from featureguard.sources.row_groups import Layout, read_layout
from featureguard.sources.sizing import Reopen

_DEFAULT_LIMITS = Limits()
_SMALLEST = 12  # Magic, length of the footer, magic.


class ParquetSource:
    """Parquet files that are listed anew by every snapshot.

    Args:
        path: A file, a glob (`**` too) or a folder; local, or any URI that `pyarrow.fs` opens.
        filesystem: An Arrow file system to open `path` with, instead of the one its URI names.
        limits: How much a file may ask for.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        filesystem: Any | None = None,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> None:
        self._path = os.fspath(path)
        self._filesystem = filesystem
        self._limits = limits

    def snapshot(self) -> Snapshot:
        """List the files.

        Raises:
            SourceUnreadableError: If the location does not exist or cannot be listed.
        """
        location = locate(self._path, self._filesystem)
        files = list_files(location)
        return Snapshot(snapshot_id(files), tuple(ParquetFragment(f, location, self._limits) for f in files))


class ParquetFragment:
    """One Parquet file. Its footer is read by each call, so that many fragments cost little memory."""

    unseen_nulls: frozenset[str] = frozenset()

    def __init__(self, file: DataFile, location: Location, limits: Limits) -> None:
        self._file = file
        self._filesystem = location.filesystem
        self._limits = limits
        self.key = file.key
        self.name = file.path
        self.partition: Mapping[str, str] = file.partition
        self._stored_bytes: Mapping[str, int] | None = None
        self._constants = {**file.partition, **dict.fromkeys(file.null_keys)}
        self.modified_us = None if file.mtime_ns is None else file.mtime_ns // 1_000

    def statistics(self) -> Profile:
        """The exact part of the footer. A column of the file wins over a partition key of its name."""
        with self._opened() as (_, footer), hardened(self.name):
            profile = footer.profile()
        constants = {name: _constant(value, footer.rows) for name, value in self._constants.items()}
        return Profile(profile.rows, {**constants, **profile.columns})

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Rows, in any order, decoded with checksums, validated, and compared with the footer at the end."""
        with self._opened() as (reopen, footer):
            wanted = tuple(dict.fromkeys(columns))
            stored = [footer.columns[name] for name in wanted if name in footer.columns]
            constants = {
                n: self._constants[n] for n in wanted if n in self._constants and n not in footer.columns
            }
            rows = decode(reopen, footer, stored, self._limits, self._file.size)
            for batch in rows if stored else empty_batches(footer.rows):
                yield _with_constants(batch, wanted, constants) if constants else batch

    def stored_bytes(self, columns: Sequence[str]) -> int:
        """Compressed bytes of these columns, as the footer counts them."""
        if self._stored_bytes is None:
            with self._opened() as (_, footer):
                self._stored_bytes = footer.stored_bytes()
        return sum(self._stored_bytes.get(name, 0) for name in columns)

    def confirm_greatest(self, column: str) -> int:
        """Read the one row group that claims the greatest value, of this column alone."""
        with self._opened() as (reopen, footer):
            with hardened(self.name):
                group = _greatest_group(footer, column)
            if group is None:
                return 0
            chosen = [footer.columns[column]]
            return sum(
                b.num_rows for b in decode(reopen, footer, chosen, self._limits, self._file.size, [group])
            )

    @contextmanager
    def _opened(self) -> Iterator[tuple[Reopen, Footer]]:
        with hardened(self.name):
            handle = self._handle()
        with handle:
            with hardened(self.name):
                layout = self._layout(handle)
                footer = read_footer(_parquet_file(handle), layout, self.name, self._limits)
            yield partial(_parquet_file, handle, metadata=footer.metadata), footer

    def _handle(self) -> Any:
        if self._filesystem is not None:
            return self._filesystem.open_input_file(self._file.path)
        return pa.OSFile(self._file.path)

    def _layout(self, handle: Any) -> Layout:
        """What the footer says; read first, since pyarrow goes down by recursion and dies of deep nesting."""
        layout = read_layout(self._footer_bytes(handle))
        if layout.nesting > self._limits.nesting:
            raise ResourceLimitError(
                f"'{self.name}': nests {layout.nesting:,} groups deep; at most {self._limits.nesting} "
                "are read. Write flatter columns."
            )
        return layout

    def _footer_bytes(self, handle: Any) -> bytes:
        size = handle.size()
        if size != self._file.size:
            raise SourceUnreadableError(f"'{self.name}': changed while it was read. Look again.")
        tail = handle.read_at(8, size - 8) if size >= _SMALLEST else b""
        length = int.from_bytes(tail[:4], "little")
        if tail[4:] != b"PAR1" or length > size - _SMALLEST:
            raise SourceCorruptError(
                f"'{self.name}': does not end like a Parquet file. Write the file again."
            )
        if length > self._limits.footer_bytes:
            raise ResourceLimitError(
                f"'{self.name}': has a footer of {length:,} bytes; at most {self._limits.footer_bytes:,} are "
                "read. Write larger row groups."
            )
        return bytes(handle.read_at(length, size - 8 - length))


def _parquet_file(handle: Any, texts: Sequence[str] = (), **options: Any) -> pq.ParquetFile:
    # `pre_buffer` holds whole row groups in memory: measured 1.9 GB instead of 0.5, and slower on a disk.
    return pq.ParquetFile(
        handle, page_checksum_verification=True, pre_buffer=False, read_dictionary=list(texts), **options
    )


def _greatest_group(footer: Footer, column: str) -> int | None:
    """The row group that claims the greatest value; `None` if there is nothing to confirm."""
    if column not in footer.columns:
        return None
    claims = [claim.greatest for claim in footer.claims(footer.columns[column])]
    if None in claims:
        return None
    valid = [(claim, index) for index, claim in enumerate(claims) if claim is not None and claim is not NEVER]
    return max(valid)[1] if valid else None


def _constant(value: str | None, rows: int) -> ColumnProfile:
    missing = value is None
    return ColumnProfile(
        rows=rows,
        types=frozenset({"string"}),
        nulls=rows if missing else 0,
        nans=0,
        empties=rows if value == "" else 0,
        least=NEVER if missing else None,
        greatest=NEVER if missing else None,
    )


def _with_constants(
    batch: pa.RecordBatch, columns: Sequence[str], constants: Mapping[str, str | None]
) -> pa.RecordBatch:
    scalars = {name: pa.scalar(value, pa.string()) for name, value in constants.items()}
    arrays = {name: batch.column(name) for name in batch.schema.names}
    arrays |= {name: pa.repeat(scalar, batch.num_rows) for name, scalar in scalars.items()}
    ordered = [name for name in dict.fromkeys(columns) if name in arrays]
    return pa.RecordBatch.from_arrays([arrays[name] for name in ordered], names=ordered)
