"""What both kinds of sources say and do about Arrow columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from featureguard.arrow_types import type_name
from featureguard.errors import SourceCorruptError
from featureguard.profile import NEVER, ColumnProfile

BATCH_ROWS = 131_072
"""Rows of a batch: the cost per batch is about 3 ms per 100 columns whatever its size."""

_SURELY_SMALL = 16 << 20


def empty_batches(rows: int) -> Iterator[pa.RecordBatch]:
    """Batches of no columns that still count their rows."""
    for start in range(0, rows, BATCH_ROWS):
        count = min(BATCH_ROWS, rows - start)
        yield pa.RecordBatch.from_struct_array(pa.Array.from_buffers(pa.struct([]), count, [None]))


def refuse_duplicates(names: Sequence[str], source: str) -> None:
    """Two columns of one name cannot be told apart, so neither can be judged."""
    if len(set(names)) < len(names):
        twice = min(name for name in set(names) if names.count(name) > 1)
        raise SourceCorruptError(f"'{source}': column {twice!r} occurs more than once. Rename one of them.")


def without_values(data_type: pa.DataType, rows: int, nulls: int | None) -> ColumnProfile:
    """Profile of a column of which only the type, the rows and perhaps the nulls are known."""
    all_null = rows == nulls
    return ColumnProfile(
        rows=rows,
        types=frozenset({type_name(data_type)}),
        nulls=nulls,
        nans=None if pa.types.is_floating(_value_type(data_type)) and not all_null else 0,
        empties=None if is_text(data_type) and not all_null else 0,
        least=NEVER if all_null else None,
        greatest=NEVER if all_null else None,
    )


def is_text(data_type: pa.DataType) -> bool:
    """Whether a column holds strings, dictionary-encoded or not."""
    values = _value_type(data_type)
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(is_kind(values) for is_kind in kinds)


def plain_batches(batch: pa.RecordBatch, most: int, spend: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    """The batch with dictionary columns replaced by their values, in slices of about `most` bytes.

    Args:
        batch: Validated rows.
        most: Bytes that a slice of several rows should take.
        spend: Is told the bytes before they are allocated, and may raise.
    """
    size = sum(_plain_bytes(column) for column in batch.columns)
    spend(size)
    if not any(pa.types.is_dictionary(field.type) for field in batch.schema):
        yield batch
        return
    step = max(1, batch.num_rows * most // max(size, most))
    for start in range(0, batch.num_rows, step):
        arrays = [_plain(column) for column in batch.slice(start, step).columns]
        yield pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _plain(array: pa.Array) -> pa.Array:
    if not pa.types.is_dictionary(array.type):
        return array
    if pa.types.is_string_view(
        array.dictionary.type
    ):  # Arrow decodes no views, and polars' categories are some.
        texts = array.dictionary.cast(pa.large_string())
        array = pa.DictionaryArray.from_arrays(array.indices, texts)
    return array.dictionary_decode()


def _plain_bytes(array: pa.Array) -> int:
    """Bytes of an array without dictionaries: an upper bound, exact where the bound is large."""
    if pa.types.is_dictionary(array.type):
        return _dictionary_bytes(array)
    return int(array.nbytes)


def _dictionary_bytes(array: pa.DictionaryArray) -> int:
    values = array.dictionary
    if not (pa.types.is_string(values.type) or pa.types.is_binary(values.type)):
        return int(values.nbytes * len(array) // max(1, len(values)))
    lengths = pc.binary_length(values)
    longest = int(pc.max(lengths).as_py() or 0) + 4
    if longest * len(array) <= _SURELY_SMALL:
        return longest * len(array)
    return int(pc.sum(lengths.cast(pa.int64()).take(array.indices)).as_py() or 0) + 4 * len(array)


def _value_type(data_type: pa.DataType) -> pa.DataType:
    return data_type.value_type if pa.types.is_dictionary(data_type) else data_type
