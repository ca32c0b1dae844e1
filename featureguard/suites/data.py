"""What a suite can be run on: our sources and fragments, tables in memory, and Arrow batches as they come."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import polars as pl
import pyarrow as pa

from featureguard.arrow_types import ArrowType, read_type
from featureguard.errors import SourceCorruptError
from featureguard.sources import Fragment
from featureguard.sources.columns import BATCH_ROWS, plain_batches, refuse_duplicates
from featureguard.sources.hardening import guarded, hardened
from featureguard.sources.memory import MemorySource

_BATCH_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Data:
    """Rows to judge.

    Attributes:
        name: What to call them in messages.
        schema: Types of the columns, in their order; `Unknown` for one that polars does not read.
        batches: Gives the rows of some columns; a stream gives them once.
        snapshot: Identity of what is read, where the source knows it.
    """

    name: str
    schema: Mapping[str, pl.DataType]
    batches: Callable[[Sequence[str]], Iterable[pa.RecordBatch]]
    snapshot: str | None = None


def as_data(data: object, name: str = "data") -> Data:
    """What somebody hands in, as data.

    Args:
        data: A source or a fragment of ours; a pyarrow Table, RecordBatch or RecordBatchReader, a polars or
            pandas DataFrame, anything with `__arrow_c_stream__`; an iterator over record batches of one
            schema; or a function that gives one of these. Readers and iterators are read once, by batches.
        name: What to call it in messages.

    Raises:
        UsageError: If it is none of these.
        SourceError: If it cannot be listed, or its columns contradict each other.
    """
    if isinstance(data, Data):
        return data
    if callable(data):
        return as_data(data(), name)
    if isinstance(data, pa.RecordBatchReader):
        return _streamed(data, data.schema, name)
    if hasattr(data, "snapshot"):
        snapshot = data.snapshot()
        return _of_fragments(snapshot.fragments, name, snapshot.id)
    if hasattr(data, "statistics") and hasattr(data, "batches"):
        return _of_fragments([data], name, None)  # type: ignore[list-item]
    if isinstance(data, Iterator):
        first = next(data, None)
        if isinstance(first, pa.RecordBatch):
            return _streamed(chain([first], data), first.schema, name)
        raise SourceCorruptError(f"'{name}' gives no record batches. Hand in a table, or batches of Arrow.")
    snapshot = MemorySource(data, name).snapshot()
    return _of_fragments(snapshot.fragments, name, None)


def hold(data: Data) -> Data:
    """The same data, read into memory, so that it can be read again.

    Raises:
        SourceError: If it cannot be read.
    """
    readable = [name for name, dtype in data.schema.items() if dtype != pl.Unknown]
    batches = list(data.batches(readable))
    return dataclasses.replace(data, batches=lambda _columns: batches)


def _streamed(batches: Iterable[pa.RecordBatch], schema: pa.Schema, name: str) -> Data:
    refuse_duplicates(schema.names, name)
    types = {field.name: _dtype(_decoded(field.type)) for field in schema}

    def rows(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for raw in guarded(iter(batches), name):
            yield from guarded(_pieces(raw.select(list(columns)) if columns else raw), name)

    return Data(name, types, rows)


def _pieces(raw: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    raw.validate(full=True)
    for start in range(0, raw.num_rows, BATCH_ROWS):
        yield from plain_batches(raw.slice(start, BATCH_ROWS), _BATCH_BYTES, lambda _: None)


def _of_fragments(fragments: Sequence[Fragment], name: str, snapshot: str | None) -> Data:
    types: dict[str, pl.DataType] = {}
    for fragment in fragments:
        for column, profile in fragment.statistics().columns.items():
            for text in profile.types:
                dtype = _dtype(_arrow(read_type(text)))
                types[column] = _common(types.get(column, dtype), dtype)

    def rows(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for fragment in fragments:
            yield from fragment.batches(columns)

    return Data(name, types, rows, snapshot)


def _common(one: pl.DataType, other: pl.DataType) -> pl.DataType:
    """The type that holds the values of both without loss; `Unknown` if there is none."""
    if one == other:
        return one
    try:
        empty = [pl.DataFrame(schema={"c": dtype}) for dtype in (one, other)]
        return pl.concat(empty, how="vertical_relaxed").schema["c"]
    except pl.exceptions.PolarsError:
        return pl.Unknown()


def _dtype(data_type: pa.DataType | None) -> pl.DataType:
    if data_type is None:
        return pl.Unknown()
    try:
        with hardened(str(data_type)):
            return pl.DataFrame(pa.table({"c": pa.nulls(1, data_type)})).schema["c"]
    except SourceCorruptError:  # e.g. decimals of 256 bits
        return pl.Unknown()


def _decoded(data_type: pa.DataType) -> pa.DataType:
    return data_type.value_type if pa.types.is_dictionary(data_type) else data_type


def _arrow(tree: ArrowType) -> pa.DataType | None:
    """The type that a tree describes; `None` if it is not known, or of a kind that no expectation reads."""
    made: Mapping[str, Callable[..., Any]] = {
        "timestamp": lambda unit, zone=None: pa.timestamp(unit, zone and zone.removeprefix("tz=")),
        "time32": pa.time32,
        "time64": pa.time64,
        "duration": pa.duration,
        "decimal32": lambda precision, scale: pa.decimal128(int(precision), int(scale)),
        "decimal64": lambda precision, scale: pa.decimal128(int(precision), int(scale)),
        "decimal128": lambda precision, scale: pa.decimal128(int(precision), int(scale)),
        "list": lambda: pa.list_(_arrow(tree.children[0].type)),
        "large_list": lambda: pa.large_list(_arrow(tree.children[0].type)),
        "map": lambda: pa.map_(*(_arrow(child.type) for child in tree.children)),
        "struct": lambda: pa.struct([(child.name, _arrow(child.type)) for child in tree.children]),
    }
    make = made.get(tree.name)
    try:
        return pa.type_for_alias(tree.name) if make is None else make(*tree.parameters)
    except (ValueError, TypeError, pa.ArrowException):
        return None
