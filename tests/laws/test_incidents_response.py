"""Whatever the truth was inside the intervals, the figures hold it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from featureguard.incident import Distribution, Lapse, distribution, respond
from tests.incident_builders import HOUR, clock, incident

seconds = st.integers(0, 100).map(lambda count: timedelta(seconds=count))
known = st.builds(
    lambda least, more, rest: (Lapse(least, least + more + rest), least + more), seconds, seconds, seconds
)
open_ended = st.builds(lambda least, more: (Lapse(least, None), least + more), seconds, seconds)
lapses = st.lists(known | open_ended, min_size=1, max_size=30)


def holds(found: Distribution, truth: Sequence[timedelta]) -> bool:
    """Mean, median and p90 of what really happened lie between their bounds."""
    ordered = sorted(truth)
    rank = next(n for n in range(1, len(ordered) + 1) if n * 10 >= len(ordered) * 9)
    mean = sum(ordered, timedelta(0)) / len(ordered)
    figures = [
        (found.mean, mean),
        (found.median, statistics.median_low(ordered)),
        (found.p90, ordered[rank - 1]),
    ]
    return all(
        bounds is not None and bounds.least <= true <= (bounds.most or timedelta.max)
        for bounds, true in figures
    )


@given(lapses)
def test_the_figures_hold_the_truth(some: list[tuple[Lapse, timedelta]]) -> None:
    assert holds(distribution(lapse for lapse, _ in some), [truth for _, truth in some])


def test_control_leaving_out_open_ends_would_claim_too_much() -> None:
    some = [Lapse(HOUR, HOUR), Lapse(HOUR, None)]
    truth = [HOUR, 9 * HOUR]
    assert holds(distribution(some), truth)
    assert not holds(distribution(lapse for lapse in some if lapse.most), truth)


@given(st.lists(st.integers(7, 20), max_size=8), st.integers(21, 99))
def test_waiting_changes_no_figure_of_what_is_over(ends: list[int], now: int) -> None:
    found = [
        incident(after=6, resolved=None),
        *(incident(after=6, last_bad=end, resolved=end) for end in ends),
    ]
    early, late = respond(found, clock(20)), respond(found, clock(now))
    assert early.recovery == late.recovery
    assert early.open != late.open


def test_control_averaging_open_ones_in_would_move_the_mean_by_waiting() -> None:
    found = respond([incident(after=6), incident(after=6, resolved=None)], clock(20)).open
    later = respond([incident(after=6), incident(after=6, resolved=None)], clock(30)).open
    assert distribution(lapse for _, lapse in found) != distribution(lapse for _, lapse in later)
