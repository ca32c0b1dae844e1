"""Any single change of a record but the last is found, and found where it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.chain import Fault, Link, faults, head_of, sealed

LENGTH = 1_000
Verify = Callable[[Sequence[Link]], list[Fault]]


def _chain() -> tuple[Link, ...]:
    links = [sealed("decision 1", None)]
    for number in range(2, LENGTH + 1):
        links.append(sealed(f"decision {number}", links[-1]))
    return tuple(links)


CHAIN = _chain()
INNER = st.integers(0, LENGTH - 2)  # Indices of records that have another one after them.


def is_located(verify: Verify, damaged: Sequence[Link], index: int, reach: int = 1) -> bool:
    """Whether the first fault lies at the damaged record, or at the one that follows it."""
    found = verify(damaged)
    return bool(found) and index + 1 <= found[0].sequence <= index + 1 + reach


def changed(index: int, **parts: str) -> list[Link]:
    links = list(CHAIN)
    links[index] = replace(links[index], **parts)  # type: ignore[arg-type]
    return links


def test_the_undamaged_chain_has_no_faults() -> None:
    assert faults(CHAIN, [head_of(CHAIN)]) == []


@given(st.integers(0, LENGTH - 1), st.text())
def test_a_changed_text_is_located(index: int, text: str) -> None:
    if text != CHAIN[index].body:
        assert is_located(faults, changed(index, body=text), index, reach=0)


@given(st.integers(0, LENGTH - 1), st.sampled_from(["seal", "previous"]))
def test_a_changed_seal_is_located(index: int, part: str) -> None:
    assert is_located(faults, changed(index, **{part: "f" * 64}), index, reach=0)


@given(INNER)
def test_a_record_that_was_changed_and_sealed_again_is_located(index: int) -> None:
    links = list(CHAIN)
    links[index] = sealed("forged", CHAIN[index - 1] if index else None)
    assert is_located(faults, links, index)


@given(INNER)
def test_a_deleted_record_is_located(index: int) -> None:
    assert is_located(faults, [*CHAIN[:index], *CHAIN[index + 1 :]], index, reach=0)


@given(st.sets(st.integers(0, LENGTH - 1), min_size=2, max_size=2))
def test_two_exchanged_records_are_located(pair: set[int]) -> None:
    first, second = sorted(pair)
    links = list(CHAIN)
    links[first], links[second] = links[second], links[first]
    assert is_located(faults, links, first, reach=0)


@given(st.sets(st.integers(0, LENGTH - 1), min_size=2, max_size=2))
def test_two_texts_that_changed_places_are_located_both(pair: set[int]) -> None:
    first, second = sorted(pair)
    links = changed(first, body=CHAIN[second].body)
    links[second] = replace(links[second], body=CHAIN[first].body)
    assert [fault.sequence for fault in faults(links)] == [first + 1, second + 1]


@given(st.integers(0, LENGTH - 1))
def test_a_cut_tail_is_found_against_an_exported_head_and_not_without(kept: int) -> None:
    assert faults(CHAIN[:kept]) == []
    assert [fault.sequence for fault in faults(CHAIN[:kept], [head_of(CHAIN)])] == [LENGTH]


def _neighbours_only(links: Sequence[Link]) -> list[Fault]:
    """A deliberately wrong check: it believes every seal and only compares neighbours."""
    broken = (after for before, after in pairwise(links) if after.previous != before.seal)
    return [Fault(link.sequence, "it does not follow the record before it") for link in broken]


@pytest.mark.parametrize("index", [0, 499, LENGTH - 2])
def test_a_check_that_believes_the_seals_misses_a_changed_text(index: int) -> None:
    assert not is_located(_neighbours_only, changed(index, body="forged"), index)
    assert is_located(_neighbours_only, changed(index, seal="f" * 64), index)
