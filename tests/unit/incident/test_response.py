"""How long detection and recovery took: intervals, what is typical, and what is told apart."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from featureguard.incident import (
    Distribution,
    Lapse,
    distribution,
    in_window,
    lasted,
    respond,
    time_to_detect,
    time_to_recover,
)
from tests.incident_builders import HOUR, clock, incident


def hours(least: float, most: float | None) -> Lapse:
    return Lapse(least * HOUR, None if most is None else most * HOUR)


def test_both_ends_of_the_start_bound_the_times() -> None:
    one = incident(after=4, by=6, detected=7, last_bad=8, resolved=9)
    assert time_to_detect(one) == hours(1, 3)
    assert time_to_recover(one) == hours(2, 5)


def test_a_start_open_to_the_left_leaves_the_upper_ends_open() -> None:
    one = incident(after=None, by=6, detected=7, last_bad=8, resolved=9)
    assert time_to_detect(one) == hours(1, None)
    assert time_to_recover(one) == hours(2, None)


def test_an_open_incident_has_lasted_so_long_and_has_not_recovered() -> None:
    one = incident(after=5, by=6, last_bad=8, resolved=None)
    assert time_to_recover(one) is None
    assert lasted(one, clock(12)) == hours(2, 7)


def test_an_undetected_incident_has_no_time_to_detect() -> None:
    assert time_to_detect(incident(detected=None)) is None


@pytest.mark.parametrize(("start", "end", "count"), [(7, 8, 1), (6, 7, 0), (7.1, 8, 0)])
def test_an_incident_belongs_to_the_window_in_which_it_was_detected(
    start: float, end: float, count: int
) -> None:
    assert len(in_window([incident(by=6, detected=7)], clock(start), clock(end))) == count


def test_a_late_detection_counts_where_it_was_made() -> None:
    one = dataclasses.replace(incident(by=5, detected=9), openings=(clock(6),))
    assert in_window([one], clock(6), clock(9)) == ()
    assert in_window([one], clock(9), clock(10)) == (one,)


def test_an_undetected_incident_belongs_where_it_was_first_bad() -> None:
    one = incident(by=6, detected=None)
    assert in_window([one], clock(6), clock(7)) == (one,)


def test_quantiles_are_lapses_that_occurred() -> None:
    found = distribution(hours(n, n + 1) for n in range(1, 11))
    assert found == Distribution(10, hours(5.5, 6.5), hours(5, 6), hours(9, 10))


def test_an_open_upper_end_opens_the_mean_and_the_quantiles_it_reaches() -> None:
    found = distribution([hours(1, 2), hours(1, 3), hours(5, None)])
    assert (found.mean, found.median, found.p90) == (
        Lapse(7 * HOUR / 3, None),
        hours(1, 3),
        hours(5, None),
    )


def test_the_mean_is_rounded_outwards() -> None:
    tick = timedelta(microseconds=1)
    found = distribution([Lapse(tick, tick), Lapse(2 * tick, 2 * tick)])
    assert found.mean == Lapse(tick, 2 * tick)


def test_nothing_has_no_figures() -> None:
    assert distribution([]) == Distribution(0, None, None, None)


def test_open_and_undetected_incidents_are_told_apart_and_never_dropped() -> None:
    closed, still, unseen = incident(after=6), incident(after=6, resolved=None), incident(detected=None)
    found = respond([closed, still, unseen], clock(12))
    assert found.open == ((still, hours(2, 6)),)
    assert found.undetected == (unseen,)
    assert (found.detection.n, found.recovery.n) == (2, 2)


def test_an_open_incident_is_in_no_figure_of_recovery() -> None:
    assert respond([incident(resolved=None)], clock(999)).recovery == Distribution(0, None, None, None)
