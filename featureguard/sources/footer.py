"""What a Parquet footer says exactly, as a profile; and where it contradicts itself.

Not exact, hence `None` (field measurements): float extremes (NaN poisons them), strings (writers cut them),
nested leaves (their null counts mix levels), INT96 (no order), and whatever a writer left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from featureguard.errors import ResourceLimitError, SourceCorruptError
from featureguard.profile import NEVER, ColumnProfile, Extreme, Profile
from featureguard.sources.columns import refuse_duplicates, without_values
from featureguard.sources.hardening import Limits
from featureguard.sources.row_groups import Chunk, Layout, RowGroup

DAY_US = 86_400_000_000
_PER_SECOND = {"milliseconds": 1_000, "microseconds": 1_000_000, "nanoseconds": 1_000_000_000}
Order = Callable[[bytes], Extreme]


@dataclass(frozen=True, slots=True)
class FooterColumn:
    """A top-level column.

    Attributes:
        field: Its Arrow field.
        leaves: Numbers of its leaf columns in the Parquet schema.
        flat: It is one leaf without nesting, so that the leaf's statistics are its own.
        order: Turns raw statistics into a value of a profile; `None` where they are not exact.
    """

    field: pa.Field
    leaves: range
    flat: bool
    order: Order | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What the statistics say about one column in some rows; `None` where they say nothing exact.

    `least` and `greatest` are `NEVER` where every row is null.
    """

    rows: int
    nulls: int | None
    least: Extreme | None
    greatest: Extreme | None


@dataclass(frozen=True, slots=True)
class Footer:
    """A footer that was read and whose row counts do not contradict each other.

    Attributes:
        name: The file, for messages.
        rows: Rows of the file.
        groups: Its row groups.
        leaves: pyarrow's description of each leaf column.
        columns: Top-level columns by name, in their order.
        metadata: pyarrow's `FileMetaData`, to open the file again.
    """

    name: str
    rows: int
    groups: tuple[RowGroup, ...]
    leaves: list[Any]
    columns: dict[str, FooterColumn]
    metadata: pq.FileMetaData

    def profile(self) -> Profile:
        """Everything that the footer says exactly.

        Raises:
            SourceCorruptError: If statistics contradict themselves.
        """
        return Profile(self.rows, {name: self._column_profile(c) for name, c in self.columns.items()})

    def claims(self, column: FooterColumn) -> list[Claim]:
        """What each row group says about a column.

        Raises:
            SourceCorruptError: If statistics contradict themselves.
        """
        if not column.flat:
            return [Claim(group.rows, None, None, None) for group in self.groups]
        return [self._claim(column, group, number) for number, group in enumerate(self.groups)]

    def stored_bytes(self) -> dict[str, int]:
        """Compressed bytes of each top-level column."""
        return {
            name: sum(group.chunks[leaf].stored_bytes for group in self.groups for leaf in column.leaves)
            for name, column in self.columns.items()
        }

    def _column_profile(self, column: FooterColumn) -> ColumnProfile:
        total = combine(self.claims(column))
        found = without_values(column.field.type, self.rows, total.nulls)
        if found.greatest is not None or not column.order:
            return found
        return found.filled_by(ColumnProfile(rows=self.rows, least=total.least, greatest=total.greatest))

    def _claim(self, column: FooterColumn, group: RowGroup, number: int) -> Claim:
        chunk, rows = group.chunks[column.leaves.start], group.rows
        if not rows:
            return Claim(0, 0, NEVER, NEVER)
        nulls = _nulls(column, chunk, rows)
        if chunk.values != rows or (nulls is not None and not 0 <= nulls <= rows):
            raise self._contradiction(column, number, f"{chunk.values} values, {nulls} nulls in {rows} rows")
        if nulls == rows:
            return Claim(rows, nulls, NEVER, NEVER)
        if column.order is None or chunk.least is None or chunk.greatest is None:
            return Claim(rows, nulls, None, None)
        least, greatest = column.order(chunk.least), column.order(chunk.greatest)
        if not _ordered(least, greatest):
            raise self._contradiction(column, number, f"least {least}, greatest {greatest}")
        return Claim(rows, nulls, least, greatest)

    def _contradiction(self, column: FooterColumn, number: int, what: str) -> SourceCorruptError:
        return SourceCorruptError(
            f"'{self.name}': the statistics of '{column.field.name}' in row group {number} contradict "
            f"themselves: {what}. Write the file again."
        )


def combine(claims: list[Claim]) -> Claim:
    """One claim about all the rows; a part that is not known makes the whole unknown."""
    nulls = [claim.nulls for claim in claims]
    return Claim(
        rows=sum(claim.rows for claim in claims),
        nulls=None if None in nulls else sum(n for n in nulls if n is not None),
        least=_extreme([claim.least for claim in claims], min),
        greatest=_extreme([claim.greatest for claim in claims], max),
    )


def read_footer(file: pq.ParquetFile, layout: Layout, name: str, limits: Limits) -> Footer:
    """Check a footer's own numbers and index its columns.

    Args:
        file: The file as pyarrow opened it.
        layout: What the footer's bytes say.
        name: The file, for messages.
        limits: How many columns it may have.

    Raises:
        ResourceLimitError: If it has too many columns.
        SourceCorruptError: If its numbers contradict each other, or two columns have one name.
    """
    if len(file.schema) > limits.columns:
        raise ResourceLimitError(
            f"'{name}': has {len(file.schema):,} columns; at most {limits.columns:,} are read. "
            "Split the table."
        )
    refuse_duplicates(file.schema_arrow.names, name)
    leaves = [file.schema.column(number) for number in range(len(file.schema))]
    rows, groups = layout.rows, layout.groups
    if layout.types != tuple(leaf.physical_type for leaf in leaves):
        raise ValueError("the schema is read in two ways")
    if sum(group.rows for group in groups) != rows or rows != file.metadata.num_rows:
        raise SourceCorruptError(
            f"'{name}': its row groups have {sum(group.rows for group in groups):,} rows, but it claims "
            f"{rows:,}. Write the file again."
        )
    return Footer(name, rows, groups, leaves, dict(_columns(file.schema_arrow, leaves)), file.metadata)


def _columns(schema: pa.Schema, leaves: list[Any]) -> Iterator[tuple[str, FooterColumn]]:
    start = 0
    for field in schema:
        numbers = range(start, start + _leaf_count(field.type))
        start = numbers.stop
        leaf = leaves[numbers.start] if numbers and start <= len(leaves) else None
        if leaf is None or not f"{leaf.path}.".startswith(f"{field.name}."):
            raise ValueError(f"the schema contradicts itself at column '{field.name}'")
        flat = len(numbers) == 1 and leaf.max_repetition_level == 0 and leaf.max_definition_level <= 1
        yield field.name, FooterColumn(field, numbers, flat, _order(leaf, field.type) if flat else None)
    if start != len(leaves):
        raise ValueError(f"the schema has {len(leaves)} leaves where its columns have {start}")


def _leaf_count(data_type: pa.DataType) -> int:
    if isinstance(data_type, pa.BaseExtensionType):
        return _leaf_count(data_type.storage_type)
    if pa.types.is_dictionary(data_type) or not pa.types.is_nested(data_type):
        return 1
    return sum(_leaf_count(data_type.field(index).type) for index in range(data_type.num_fields))


def _nulls(column: FooterColumn, chunk: Chunk, rows: int) -> int | None:
    if pa.types.is_null(column.field.type):
        return rows
    return chunk.nulls if column.field.nullable else 0


def _order(leaf: Any, data_type: pa.DataType) -> Order | None:
    """How to read raw statistics of a leaf; `None` where they are not exact or have no place in a profile."""
    width = {"INT32": 4, "INT64": 8, "FIXED_LEN_BYTE_ARRAY": leaf.length}.get(leaf.physical_type)
    if width is None:
        return None
    logical = json.loads(leaf.logical_type.to_json())
    if pa.types.is_decimal(data_type) and logical["Type"] == "Decimal":
        scale, byteorder = (
            int(logical["scale"]),
            "big" if leaf.physical_type.startswith("FIXED") else "little",
        )
        return lambda raw: _decimal(_integer(raw, width, byteorder), scale)
    if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY":
        return None
    if pa.types.is_timestamp(data_type) and logical["Type"] == "Timestamp":
        per_second = _PER_SECOND[logical["timeUnit"]]
        return lambda raw: _integer(raw, width) * 1_000_000 // per_second
    if pa.types.is_date(data_type) and logical["Type"] == "Date":
        return lambda raw: _integer(raw, width) * DAY_US
    if pa.types.is_integer(data_type):
        signed = pa.types.is_signed_integer(data_type)
        return lambda raw: _integer(raw, width, signed=signed)
    return None


def _integer(raw: bytes, width: int, byteorder: Any = "little", *, signed: bool = True) -> int:
    if len(raw) != width:
        raise ValueError(f"a statistic has {len(raw)} bytes instead of {width}")
    return int.from_bytes(raw, byteorder, signed=signed)


def _decimal(number: int, scale: int) -> Decimal:
    return Decimal((int(number < 0), tuple(map(int, str(abs(number)))), -scale))  # Arithmetic would round.


def _ordered(least: Extreme, greatest: Extreme) -> bool:
    return least is not NEVER and greatest is not NEVER and least <= greatest


def _extreme(claims: list[Extreme | None], pick: Callable[[list[Any]], Any]) -> Extreme | None:
    if None in claims:
        return None
    valid = [claim for claim in claims if claim is not NEVER]
    return pick(valid) if valid else NEVER
