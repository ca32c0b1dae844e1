from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.sources.row_groups import read_row_groups
from featureguard.sources.thrift import read_struct


def footer_of(path: Path) -> bytes:
    content = path.read_bytes()
    return content[-8 - int.from_bytes(content[-8:-4], "little") : -8]


def test_fields_are_read_by_number() -> None:
    # Field 1: i32 -3; field 2: true; field 4: "ab"; field 20: list of i64 1, -1; field 21: struct {1: false}.
    data = bytes([0x15, 5, 0x11, 0x28, 2, *b"ab", 0x09, 40, 0x26, 2, 1, 0x1C, 0x12, 0, 0])
    assert read_struct(data) == {1: -3, 2: True, 4: b"ab", 20: [1, -1], 21: {1: False}}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "end within"),
        (b"\x15", "end within"),
        (b"\x18\x7fab", "exceeds the bytes"),
        (b"\x19\xf5\xff\xff\xff\xff\x0f", "exceeds the bytes"),
        (b"\x15" + b"\xff" * 11, "too many bytes"),
        (b"\x1c" * 40, "too deep"),
        (b"\x1e\0", "type 14 is unknown"),
    ],
)
def test_bytes_that_are_no_struct_are_refused(data: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_struct(data)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_struct_or_a_value_error(data: bytes) -> None:
    try:
        read_struct(data)
    except ValueError:
        return


def test_chunks_are_what_pyarrow_says(tmp_path: Path) -> None:
    table = pa.table({"n": [1, None, 5], "word": ["a", "b", "b"]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    metadata = pq.read_metadata(tmp_path / "a.parquet")

    rows, groups = read_row_groups(footer_of(tmp_path / "a.parquet"), ("INT64", "BYTE_ARRAY"))
    assert (rows, [group.rows for group in groups]) == (3, [2, 1])
    for number, group in enumerate(groups):
        for leaf, chunk in enumerate(group.chunks):
            theirs = metadata.row_group(number).column(leaf)
            assert (chunk.values, chunk.nulls) == (theirs.num_values, theirs.statistics.null_count)
            assert chunk.plain_bytes == theirs.total_uncompressed_size
            assert chunk.stored_bytes == theirs.total_compressed_size
    assert groups[1].chunks[0].greatest == (5).to_bytes(8, "little")


def test_a_chunk_that_contradicts_the_schema_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1]}), tmp_path / "a.parquet")
    for types in (("INT32",), ("INT64", "INT64"), ()):
        with pytest.raises(ValueError, match=r"its column INT32|a row group has 1 columns"):
            read_row_groups(footer_of(tmp_path / "a.parquet"), types)
    with pytest.raises(ValueError, match="field 3 is NoneType"):
        read_row_groups(b"\0", ())
