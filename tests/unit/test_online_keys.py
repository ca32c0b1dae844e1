"""Entity keys are read back as they were written, and nothing else is taken for one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.errors import SourceCorruptError, SourceUnreadableError
from featureguard.online_store.keys import decode, decode_all, encode, prefix

TYPES: dict[str, st.SearchStrategy[Any]] = {
    "INT64": st.integers(-(2**63), 2**63 - 1),
    "INT32": st.integers(-(2**31), 2**31 - 1),
    "STRING": st.text(max_size=20),
    "BYTES": st.binary(max_size=20),
}


@st.composite
def entities(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, int | str | bytes]]:
    names = draw(st.lists(st.text(min_size=1, max_size=8), max_size=3, unique=True))
    join_keys = {name: draw(st.sampled_from(sorted(TYPES))) for name in names}
    return join_keys, {name: draw(TYPES[kind]) for name, kind in join_keys.items()}


@given(entities())
def test_a_key_is_read_back(made: tuple[dict[str, str], dict[str, int | str | bytes]]) -> None:
    join_keys, entity = made
    key = encode(join_keys, entity)
    assert decode(key) == entity
    assert decode(key + b"project") == entity
    assert key.startswith(prefix(list(join_keys)))


@given(st.data(), st.sampled_from([("INT64",), ("INT32", "INT64"), ("INT64", "STRING"), ()]))
def test_many_keys_are_read_as_each_of_them_is(data: st.DataObject, kinds: tuple[str, ...]) -> None:
    names = data.draw(st.permutations(["b", "a"][: len(kinds)]))
    join_keys = dict(zip(names, kinds, strict=True))
    rows = data.draw(st.lists(st.fixed_dictionaries({name: TYPES[kind] for name, kind in join_keys.items()})))
    found = decode_all([encode(join_keys, one) for one in rows], join_keys)
    assert found == {name: [one[name] for one in rows] for name in names}


@pytest.mark.parametrize(
    "other",
    [
        encode({"driver_id": "STRING"}, {"driver_id": "eight by"}),  # As long as a number.
        encode({"driver_ix": "INT64"}, {"driver_ix": 5}),
        encode({"driver_id": "INT32"}, {"driver_id": 5}),
    ],
)
def test_keys_of_another_form_are_not_taken_for_numbers(other: bytes) -> None:
    join_keys = {"driver_id": "INT64"}
    keys = [encode(join_keys, {"driver_id": 7}), other]
    assert decode_all(keys, join_keys) == {"driver_id": [decode(one).get("driver_id") for one in keys]}


@given(st.binary(max_size=60))
def test_anything_else_is_refused_or_a_key(content: bytes) -> None:
    try:
        found = decode(content)
    except SourceCorruptError:
        return
    assert len(found) >= 0


@pytest.mark.parametrize(
    "content", [b"", b"\x01\0\0\0", b"\x01\0\0\0\x02\0\0\0\xff\0\0\0a", b"\xff\xff\xff\xff"]
)
def test_a_broken_key_is_told(content: bytes) -> None:
    with pytest.raises(SourceCorruptError, match="none of Feast's entity keys"):
        decode(content)


def test_a_type_that_cannot_be_a_key_is_told() -> None:
    with pytest.raises(SourceUnreadableError, match="'rate' of the type DOUBLE cannot be part"):
        encode({"rate": "DOUBLE"}, {"rate": 1})
