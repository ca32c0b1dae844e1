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

_PER_SECOND = {"milliseconds": 1_000, "microseconds": 1_000_000, "nanoseconds": 1_000_000_000}
DAY_US = 86_400_000_000
Order = Callable[[Any], Extreme]


@dataclass(frozen=True, slots=True)
class FooterColumn:
    """A top-level column.

    Attributes:
        field: Its Arrow field.
        leaves: Numbers of its leaf columns in the Parquet schema.
        flat: It is one leaf without nesting, so that the leaf's statistics are its own.
        order: Turns its raw statistics into a value of a profile; `None` where they are not exact.
    """

    field: pa.Field
    leaves: range
    flat: bool
    order: Order | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What the statistics say about one column of one row group; `None` where they say nothing exact.

    `least` and `greatest` are `NEVER` where every row is null.
    """

    rows: int
    nulls: int | None
    least: Extreme | None
    greatest: Extreme | None


@dataclass(frozen=True, slots=True)
class Footer:
    """A footer that was read and does not contradict itself.

    Attributes:
        name: The file, for messages.
        metadata: pyarrow's `FileMetaData`.
        schema: Its Arrow schema.
        columns: Top-level columns by name, in their order.
    """

    name: str
    metadata: pq.FileMetaData
    schema: pa.Schema
    columns: dict[str, FooterColumn]

    @property
    def rows(self) -> int:
        """Rows of the file."""
        return int(self.metadata.num_rows)

    def claims(self, column: FooterColumn) -> list[Claim]:
        """What each row group says about a column.

        Raises:
            SourceCorruptError: If the statistics contradict themselves.
        """
        groups = (self.metadata.row_group(index) for index in range(self.metadata.num_row_groups))
        if not column.flat:
            return [Claim(group.num_rows, None, None, None) for group in groups]
        return [self._claim(column, group, number) for number, group in enumerate(groups)]

    def profile(self) -> Profile:
        """Everything that the footer says exactly."""
        return Profile(self.rows, {name: self.column_profile(c) for name, c in self.columns.items()})

    def column_profile(self, column: FooterColumn) -> ColumnProfile:
        """The claims of all row groups about one column, together."""
        total = combine(self.claims(column))
        found = without_values(column.field.type, self.rows, total.nulls)
        if found.greatest is not None or not column.order:
            return found
        return found.filled_by(ColumnProfile(rows=self.rows, least=total.least, greatest=total.greatest))

    def _claim(self, column: FooterColumn, group: Any, number: int) -> Claim:
        chunk, rows = group.column(column.leaves.start), group.num_rows
        if not rows:
            return Claim(0, 0, NEVER, NEVER)
        statistics = chunk.statistics
        nulls = self._nulls(column, statistics, rows)
        if chunk.num_values != rows or (nulls is not None and not 0 <= nulls <= rows):
            raise self._contradiction(
                column, number, f"{chunk.num_values} values, {nulls} nulls in {rows} rows"
            )
        if nulls == rows:
            return Claim(rows, nulls, NEVER, NEVER)
        if statistics is None or column.order is None or not statistics.has_min_max:
            return Claim(rows, nulls, None, None)
        least, greatest = column.order(statistics.min_raw), column.order(statistics.max_raw)
        if not _ordered(least, greatest):
            raise self._contradiction(column, number, f"least {least}, greatest {greatest}")
        return Claim(rows, nulls, least, greatest)

    def _nulls(self, column: FooterColumn, statistics: Any, rows: int) -> int | None:
        if pa.types.is_null(column.field.type):
            return rows
        if not column.field.nullable:
            return 0
        return int(statistics.null_count) if statistics is not None and statistics.has_null_count else None

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
        least=_extreme([claim.least for claim in claims if claim.rows], min),
        greatest=_extreme([claim.greatest for claim in claims if claim.rows], max),
    )


def read_footer(file: pq.ParquetFile, name: str, limits: Limits) -> Footer:
    """Check a footer's own numbers and index its columns.

    Raises:
        ResourceLimitError: If it has too many columns.
        SourceCorruptError: If its numbers contradict each other, or two columns have one name.
    """
    metadata, schema = file.metadata, file.schema_arrow
    if metadata.num_columns > limits.columns:
        raise ResourceLimitError(
            f"'{name}': has {metadata.num_columns:,} columns; at most {limits.columns:,} are read. "
            "Split the table."
        )
    groups = [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
    if sum(groups) != metadata.num_rows or min(groups, default=0) < 0:
        raise SourceCorruptError(
            f"'{name}': its row groups have {sum(groups):,} rows, but it claims {metadata.num_rows:,}. "
            "Write the file again."
        )
    refuse_duplicates(schema.names, name)
    return Footer(name, metadata, schema, dict(_columns(file, name)))


def _columns(file: pq.ParquetFile, name: str) -> Iterator[tuple[str, FooterColumn]]:
    schema, start = file.schema, 0
    for field in file.schema_arrow:
        leaves = range(start, start + _leaf_count(field.type))
        start = leaves.stop
        if start > len(schema) or schema.column(leaves.start).path.split(".")[0] != field.name.split(".")[0]:
            raise SourceCorruptError(f"'{name}': its schema contradicts itself at '{field.name}'.")
        leaf = schema.column(leaves.start)
        flat = len(leaves) == 1 and leaf.max_repetition_level == 0 and leaf.max_definition_level <= 1
        yield field.name, FooterColumn(field, leaves, flat, _order(leaf, field.type) if flat else None)
    if start != len(schema):
        raise SourceCorruptError(
            f"'{name}': its schema contradicts itself: {len(schema)} leaves, {start} known."
        )


def _leaf_count(data_type: pa.DataType) -> int:
    if isinstance(data_type, pa.BaseExtensionType):
        return _leaf_count(data_type.storage_type)
    if pa.types.is_dictionary(data_type) or not pa.types.is_nested(data_type):
        return 1
    return sum(_leaf_count(data_type.field(index).type) for index in range(data_type.num_fields))


def _order(leaf: Any, data_type: pa.DataType) -> Order | None:
    """How to read raw statistics of a leaf; `None` where they are not exact or have no place in a profile."""
    if leaf.physical_type not in ("INT32", "INT64", "FIXED_LEN_BYTE_ARRAY"):
        return None
    logical = json.loads(leaf.logical_type.to_json())
    if pa.types.is_decimal(data_type) and logical["Type"] == "Decimal":
        scale, width = int(logical["scale"]), leaf.length
        return lambda raw: _decimal(raw, scale, width)
    if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY":
        return None
    if pa.types.is_timestamp(data_type) and logical["Type"] == "Timestamp":
        per_second = _PER_SECOND[logical["timeUnit"]]
        return lambda raw: raw * 1_000_000 // per_second
    if pa.types.is_date(data_type) and logical["Type"] == "Date":
        return lambda raw: raw * DAY_US
    if pa.types.is_unsigned_integer(data_type):
        mask = (1 << (32 if leaf.physical_type == "INT32" else 64)) - 1
        return lambda raw: int(raw & mask)
    return int if pa.types.is_signed_integer(data_type) else None


def _decimal(raw: int | bytes, scale: int, width: int) -> Decimal:
    if isinstance(raw, bytes):
        if len(raw) != width:
            raise ValueError(f"a decimal of {len(raw)} bytes instead of {width}")
        raw = int.from_bytes(raw, "big", signed=True)
    digits = tuple(map(int, str(abs(raw))))
    return Decimal((int(raw < 0), digits, -scale))  # Exact: arithmetic would round to 28 digits.


def _ordered(least: Extreme, greatest: Extreme) -> bool:
    return least is not NEVER and greatest is not NEVER and least <= greatest


def _extreme(claims: list[Extreme | None], pick: Callable[[list[Any]], Any]) -> Extreme | None:
    if None in claims:
        return None
    valid = [claim for claim in claims if claim is not NEVER]
    return pick(valid) if valid else NEVER
