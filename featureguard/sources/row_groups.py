"""Row groups and column chunks of a Parquet footer, from its bytes.

Field numbers are those of https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

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


@lru_cache(maxsize=8)  # A file's footer is asked for several times in a row.
def read_row_groups(footer: bytes, types: tuple[str, ...]) -> tuple[int, tuple[RowGroup, ...]]:
    """Read the row count and the row groups.

    Args:
        footer: Bytes of a `FileMetaData`.
        types: Physical type of each leaf column.

    Raises:
        ValueError: If the bytes are no such thing, or contradict the types.
    """
    file = read_struct(footer)
    try:
        return file[3], tuple(_row_group(group, types) for group in file.get(4, []))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"the footer lacks a field or has one of a wrong type ({error!r})") from None


def _row_group(group: Struct, types: Sequence[str]) -> RowGroup:
    columns = group[1]
    if len(columns) != len(types) or not 0 <= group[3] < 1 << 63:
        raise ValueError(f"a row group has {len(columns)} columns and {group[3]} rows")
    return RowGroup(
        group[3], tuple(_chunk(column[3], name) for column, name in zip(columns, types, strict=True))
    )


def _chunk(column: Struct, physical_type: str) -> Chunk:
    if _TYPES[column[1]] != physical_type or min(column[5], column[6], column[7]) < 0:
        raise ValueError(
            f"a column chunk of type {column[1]} and negative size, or not of type {physical_type}"
        )
    statistics = column.get(12, {})
    # Fields 1 and 2 are the extremes of old writers, which compared as signed numbers.
    return Chunk(
        values=column[5],
        plain_bytes=column[6],
        stored_bytes=column[7],
        shares_beginnings=_DELTA_BYTE_ARRAY in column[2],
        nulls=statistics.get(3),
        least=statistics.get(6),
        greatest=statistics.get(5),
    )
