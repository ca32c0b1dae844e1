from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from featureguard.sources.lanes import merged


def endless() -> Iterator[int]:
    while True:
        yield 0


def failing() -> Iterator[int]:
    yield 1
    raise ValueError("damaged")


def test_items_come_in_turn() -> None:
    assert "".join(merged([iter("ad"), iter("b"), iter("cef")])) == "abcdef"
    assert list(merged([iter("abc")])) == ["a", "b", "c"]
    assert list(merged([iter(()), iter("a")])) == ["a"]


def test_an_error_in_a_lane_is_raised_to_the_reader_and_ends_the_others() -> None:
    before = threading.active_count()
    with pytest.raises(ValueError, match="damaged"):
        list(merged([endless(), failing()]))
    assert threading.active_count() == before


def test_a_reader_that_stops_early_ends_all_lanes() -> None:
    before = threading.active_count()
    items = merged([endless(), endless()])
    assert [next(items), next(items), next(items)] == [0, 0, 0]
    items.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
