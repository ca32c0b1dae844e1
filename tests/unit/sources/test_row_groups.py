"""What the bytes of a footer say, beside what pyarrow says of the same file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featureguard.errors import ResourceLimitError
from featureguard.sources.parquet import ParquetSource
from featureguard.sources.row_groups import read_layout

ROOT, GROUP, INT32 = (b"\x48\x01a\x15\x02\x00", b"\x35\x02\x18\x01a\x15\x02\x00", b"\x15\x02\x38\x01a\x00")
"""Elements of a schema: the root and an optional group, each of one child, and a leaf."""


def schema(*elements: bytes) -> bytes:
    """A schema of these elements below a root of one child."""
    return b"\x19\xfc" + varint(1 + len(elements)) + ROOT + b"".join(elements)


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def nested(groups: int) -> bytes:
    """The footer of a file without rows whose one leaf is in this many groups."""
    return b"\x15\x02" + schema(*[GROUP] * groups, INT32) + b"\x16\x00\x19\x0c\x00"


def footer_of(path: Path) -> bytes:
    content = path.read_bytes()
    return content[-8 - int.from_bytes(content[-8:-4], "little") : -8]


def test_chunks_are_what_pyarrow_says(tmp_path: Path) -> None:
    table = pa.table({"n": [1, None, 5], "word": ["a", "b", "b"]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    metadata = pq.read_metadata(tmp_path / "a.parquet")

    layout = read_layout(footer_of(tmp_path / "a.parquet"))
    assert (layout.types, layout.nesting) == (("INT64", "BYTE_ARRAY"), 0)
    assert (layout.rows, [group.rows for group in layout.groups]) == (3, [2, 1])
    for number, group in enumerate(layout.groups):
        for leaf, chunk in enumerate(group.chunks):
            theirs = metadata.row_group(number).column(leaf)
            assert (chunk.values, chunk.nulls) == (theirs.num_values, theirs.statistics.null_count)
            assert chunk.plain_bytes == theirs.total_uncompressed_size
            assert chunk.stored_bytes == theirs.total_compressed_size
    assert layout.groups[1].chunks[0].greatest == (5).to_bytes(8, "little")


def test_nested_leaves_are_counted_as_pyarrow_does(tmp_path: Path) -> None:
    point = pa.struct({"x": pa.list_(pa.struct({"z": pa.int32(), "w": pa.string()})), "y": pa.float64()})
    schema = pa.schema({"a": point, "n": pa.int64(), "m": pa.map_(pa.string(), point)})
    pq.write_table(schema.empty_table(), tmp_path / "a.parquet")
    theirs = pq.ParquetFile(tmp_path / "a.parquet").schema
    leaves = [theirs.column(number) for number in range(len(theirs))]

    layout = read_layout(footer_of(tmp_path / "a.parquet"))
    assert layout.types == tuple(leaf.physical_type for leaf in leaves)
    assert layout.nesting == max(leaf.path.count(".") for leaf in leaves) == 6


def test_a_table_without_columns_has_no_leaves(tmp_path: Path) -> None:
    pq.write_table(pa.schema([]).empty_table(), tmp_path / "a.parquet")
    assert read_layout(footer_of(tmp_path / "a.parquet")).types == ()


def test_a_chunk_that_contradicts_the_schema_is_refused() -> None:
    one = b"\x1c\x15\x02\x19\x05\x19\x08\x26\x02\x16\x02\x16\x02\x00\x00"  # INT32; 1 value in 1 byte
    group = b"\x19\x1c\x26\x00" + one  # a chunk: where it is, what it is

    def footer(leaf: bytes, chunks: bytes) -> bytes:
        return b"\x15\x02" + schema(leaf) + b"\x16\x02\x19\x1c" + chunks + b"\x26\x02\x00\x00"

    assert read_layout(footer(INT32, group)).groups[0].chunks[0].values == 1
    with pytest.raises(ValueError, match=r"a column chunk has type 1 .*, its column INT64"):
        read_layout(footer(b"\x15\x04\x38\x01a\x00", group))
    with pytest.raises(ValueError, match="a row group has 0 columns"):
        read_layout(footer(INT32, b"\x19\x0c"))
    with pytest.raises(ValueError, match="field 2 is NoneType"):
        read_layout(b"\0")


@pytest.mark.parametrize("groups", [0, 1, 50, 100_000])
def test_nesting_of_any_depth_is_counted(groups: int) -> None:
    assert read_layout(nested(groups)).nesting == groups


@pytest.mark.parametrize(
    "elements", [[], [GROUP], [INT32, INT32], [b"\x35\x02\x18\x01a\x15\x01\x00"], [b"\x48\x01a\x00"]]
)
def test_a_schema_that_is_no_tree_is_refused(elements: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"the schema is no tree|field 1 is NoneType"):
        read_layout(b"\x15\x02" + schema(*elements) + b"\x16\x00\x19\x0c\x00")


@pytest.mark.parametrize(("groups", "found"), [(100, "read"), (101, "refused"), (100_000, "refused")])
def test_a_file_that_nests_too_deep_is_refused_before_pyarrow_sees_it(
    groups: int, found: str, tmp_path: Path
) -> None:
    footer = nested(groups)
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    (fragment,) = ParquetSource(tmp_path / "a.parquet").snapshot().fragments
    if found == "read":
        assert fragment.statistics().rows == 0
    else:
        with pytest.raises(ResourceLimitError, match=f"nests {groups:,} groups deep; at most 100"):
            fragment.statistics()
