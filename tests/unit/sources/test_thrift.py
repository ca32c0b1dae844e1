from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.sources.thrift import read_struct


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
