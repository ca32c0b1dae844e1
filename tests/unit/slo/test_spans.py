from datetime import UTC, datetime, timedelta

import pytest

from featureguard.slo.spans import Span, clip, length, minus, to_spans, union


def test_spans_that_overlap_or_touch_become_one() -> None:
    assert union([(5, 7), (0, 3), (3, 4), (1, 2), (6, 9)]) == [(0, 4), (5, 9)]


def test_spans_that_are_empty_or_the_wrong_way_round_cover_nothing() -> None:
    assert union([(3, 3), (5, 4)]) == []


def test_clipping_keeps_what_lies_inside() -> None:
    assert clip([(0, 4), (6, 9), (20, 30)], 2, 7) == [(2, 4), (6, 7)]


@pytest.mark.parametrize(
    ("away", "left"),
    [
        ([(2, 4)], [(0, 2), (4, 10)]),
        ([(-5, 1), (9, 20)], [(1, 9)]),
        ([(10, 12), (-3, 0)], [(0, 10)]),
        ([(0, 10)], []),
        ([(2, 5), (3, 4), (6, 7)], [(0, 2), (5, 6), (7, 10)]),
    ],
)
def test_minus_leaves_what_is_not_covered(away: list[Span], left: list[Span]) -> None:
    assert minus([(0, 10)], away) == left


def test_length_is_exact() -> None:
    assert length([(0, 3), (10**18, 10**18 + 1)]) == 4


def test_periods_become_microseconds() -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    assert to_spans([(start, start + timedelta(microseconds=7))]) == [(0, 7)]
