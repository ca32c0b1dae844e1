"""The schema's shape, row groups and column chunks of a Parquet footer, from its bytes.

Field numbers are those of https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from featureguard.sources.thrift import Struct, read_struct

_TYPES = ("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")
_DELTA_BYTE_ARRAY = 7


@dataclass(frozen=True, slots=True)
class Chunk:
    """One leaf column in one row group.

    Attributes:
        values: Values with nulls.
        plain_bytes: Size of its pages, uncompressed.
        stored_bytes: Size of its pages as stored.
        shares_beginnings: Values are written as the difference from the one before: small pages, long values.
        nulls: Null count of the statistics, or `None`.
        least, greatest: Raw statistics, or `None`.
    """

    values: int
    plain_bytes: int
    stored_bytes: int
    shares_beginnings: bool
    nulls: int | None
    least: bytes | None
    greatest: bytes | None


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Some rows of a file; one chunk per leaf column."""

    rows: int
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """What a footer says of the file as a whole.

    Attributes:
        rows: Rows of the file.
        types: Physical type of each leaf column.
        nesting: Groups around the most deeply nested leaf; 0 in a flat table, 2 for each list.
        groups: The row groups.
    """

    rows: int
    types: tuple[str, ...]
    nesting: int
    groups: tuple[RowGroup, ...]


@lru_cache(maxsize=8)  # A file's footer is asked for several times in a row.
def read_layout(footer: bytes) -> Layout:
    """Read the bytes of a `FileMetaData`.

    Raises:
        ValueError: If they are no such thing, or contradict themselves.
    """
    file = read_struct(footer)
    types, nesting = _leaves(_field(file, 2, list))
    groups = tuple(_row_group(group, types) for group in _field(file, 4, list, []))
    return Layout(_field(file, 3, int), types, nesting, groups)


def _leaves(schema: Sequence[object]) -> tuple[tuple[str, ...], int]:
    """The leaves' types and the deepest nesting of a schema, which is a tree written depth first."""
    types: list[str] = []
    missing: list[int] = []  # Of each open group, the children still to come; the first is the root.
    deepest = 0
    for number, element in enumerate(schema):
        children = _field(element, 5, int, 0)
        if children < 0 or (number and not missing):
            raise ValueError("the schema is no tree")
        if missing:
            missing[-1] -= 1
        if children or not number:
            missing.append(children)
        else:
            kind = _field(element, 1, int)
            if not 0 <= kind < len(_TYPES):
                raise ValueError(f"a leaf has the unknown type {kind}")
            types.append(_TYPES[kind])
            deepest = max(deepest, len(missing) - 1)
        while missing and not missing[-1]:
            missing.pop()
    if missing:
        raise ValueError("the schema is no tree")
    return tuple(types), deepest


def _row_group(group: Struct, types: Sequence[str]) -> RowGroup:
    columns, rows = _field(group, 1, list), _field(group, 3, int)
    if len(columns) != len(types) or rows < 0:
        raise ValueError(f"a row group has {len(columns)} columns and {rows} rows")
    chunks = (_chunk(_field(column, 3, dict), name) for column, name in zip(columns, types, strict=True))
    return RowGroup(rows, tuple(chunks))


def _chunk(column: Struct, physical_type: str) -> Chunk:
    number, sizes = _field(column, 1, int), [_field(column, field, int) for field in (5, 6, 7)]
    if number != _TYPES.index(physical_type) or min(sizes) < 0:
        raise ValueError(f"a column chunk has type {number} and sizes {sizes}, its column {physical_type}")
    statistics = _field(column, 12, dict, {})
    # Fields 1 and 2 are the extremes of old writers. They are not read: some compared them in a wrong order.
    return Chunk(
        values=sizes[0],
        plain_bytes=sizes[1],
        stored_bytes=sizes[2],
        shares_beginnings=_DELTA_BYTE_ARRAY in _field(column, 2, list),
        nulls=_field(statistics, 3, int, None),
        least=_field(statistics, 6, bytes, None),
        greatest=_field(statistics, 5, bytes, None),
    )


def _field(struct: object, number: int, kind: type, *default: Any) -> Any:
    """A field of a struct, or the default where it is left out."""
    found = struct.get(number) if isinstance(struct, dict) else None
    if found is None and default:
        return default[0]
    if type(found) is not kind:
        raise ValueError(f"field {number} is {type(found).__name__} where {kind.__name__} should stand")
    return found
