"""Numbers in reasons read as people write them."""

from __future__ import annotations

import pytest

from featureguard.checks import words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.9, "59s"), (60, "1min"), (108_060, "30h 1min"), (259_199, "71h 59min"), (259_200, "3d")],
)
def test_ages_have_two_units_and_are_rounded_down(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0, "0.00%"), (1e-7, "<0.01%"), (0.124, "12.40%"), (0.999999, ">99.99%"), (1, "100.00%")],
)
def test_a_share_that_is_not_all_or_nothing_never_reads_as_if_it_were(ratio: float, text: str) -> None:
    assert words.percent(ratio) == text


def test_counts_agree_with_their_noun() -> None:
    assert [words.count(n, "row") for n in (0, 1, 1_200)] == ["0 rows", "1 row", "1,200 rows"]
