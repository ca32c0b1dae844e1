"""Freshness incidents: what opens them, what resolves them, and which limit counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from featureguard.incident import Incident, Recovered, Started, default_hysteresis, freshness_incidents
from featureguard.profile import NEVER, Never
from featureguard.result import Code, Severity
from featureguard.timeline import Limit, Run, Sighting, is_stale, merge, record
from tests.incident_builders import HOUR, clock

MICROSECOND = timedelta(microseconds=1)
TWO_HOURS = [Limit(clock(0), "event_time", 2 * HOUR)]


def looks(*found: tuple[float, float | Never], max_age: timedelta = 2 * HOUR) -> tuple[Run, ...]:
    """The runs of looks: when, and the newest value, in hours."""
    return record(
        Sighting(clock(when), newest, is_stale(newest, clock(when), max_age))
        for when, value in found
        for newest in [value if isinstance(value, Never) else clock(value)]
    )


def history(*found: tuple[float, float]) -> tuple[Run, ...]:
    """The same as a source tells of its own past: nobody looked."""
    return record(Sighting(clock(when), clock(value)) for when, value in found)


def incidents(
    runs: tuple[Run, ...], limits: list[Limit] = TWO_HOURS, hysteresis: timedelta = timedelta(0)
) -> tuple[Incident, ...]:
    return freshness_incidents("rides", {"event_time": runs}, limits, hysteresis)


def test_stale_data_is_an_incident_until_it_is_seen_fresh_again() -> None:
    (found,) = incidents(looks((1, 1), (4, 1), (5, 1), (6, 6)))
    assert found.started == Started(clock(3), clock(3))
    assert found.detected == clock(4)
    assert found.recovered == Recovered(clock(5), clock(6))
    assert (found.check, found.code, found.severity) == ("freshness", Code.DATA_STALE, Severity.BLOCK)


@pytest.mark.parametrize(("late", "count"), [(timedelta(0), 0), (MICROSECOND, 1)])
def test_an_incident_opens_one_microsecond_past_the_limit(late: timedelta, count: int) -> None:
    seen_at = clock(3) + late
    runs = record([Sighting(seen_at, clock(1), is_stale(clock(1), seen_at, 2 * HOUR))])
    assert len(incidents(runs)) == count


def test_a_value_that_came_and_went_stale_unseen_leaves_the_start_open() -> None:
    (found,) = incidents(looks((1, 1), (9, 4)))
    assert found.started == Started(clock(3), clock(6))


def test_nobody_having_looked_before_leaves_the_start_open_to_the_left() -> None:
    (found,) = incidents(looks((4, 1)))
    assert found.started == Started(None, clock(3))
    assert found.is_open


def test_a_run_that_spans_the_start_may_have_been_what_was_there() -> None:
    # Within the hour the value went back twice; nobody knows which one was there from 3.2 to 3.6.
    runs = looks((3.0, 1), (3.1, 2), (3.2, 1.5), (3.6, 1), (3.7, 2))
    (found,) = incidents(runs)
    assert found.started == Started(clock(3.2), clock(3.6))


def test_an_empty_dataset_is_an_incident_since_it_was_promised() -> None:
    (found,) = incidents(looks((4, NEVER)))
    assert found.code is Code.NEVER_ARRIVED
    assert found.started == Started(None, clock(0))


def test_what_only_history_shows_was_not_detected() -> None:
    runs = history((1, 1), (7, 1), (7.5, 7))
    (found,) = incidents(runs)
    assert found.detected is None
    assert found.opened == clock(7)
    (seen,) = incidents(merge(runs, looks((6.5, 1))))
    assert seen.detected == clock(6.5)


def test_a_tighter_limit_breaks_the_promise_from_the_instant_it_is_in_force() -> None:
    limits = [Limit(clock(5), "event_time", HOUR), Limit(clock(0), "event_time", 9 * HOUR)]
    (found,) = incidents(looks((1, 1), (7, 1), max_age=HOUR), limits)
    assert found.started == Started(clock(5), clock(5))


def test_under_a_looser_limit_the_next_fresh_sighting_resolves() -> None:
    limits = [*TWO_HOURS, Limit(clock(5), "event_time", 9 * HOUR)]
    (found,) = incidents(looks((1, 1), (4, 1), (7, 1)), limits)
    assert found.recovered == Recovered(clock(4), clock(7))


@pytest.mark.parametrize("withdrawn", [Limit(clock(5), "event_time", None), Limit(clock(5), None, None)])
def test_a_promise_that_is_withdrawn_resolves_at_once(withdrawn: Limit) -> None:
    (found,) = incidents(looks((1, 1), (4, 1), (7, 1)), [*TWO_HOURS, withdrawn])
    assert found.resolved == clock(5)


def test_a_promise_made_again_starts_anew_and_joins_nothing() -> None:
    limits = [*TWO_HOURS, Limit(clock(5), None, None), Limit(clock(6), "event_time", 2 * HOUR)]
    first, again = incidents(looks((1, 1), (4, 1), (7, 1)), limits, 99 * HOUR)
    assert first.resolved == clock(5)
    assert again.started == Started(None, clock(6))


@pytest.mark.parametrize(("newest", "resolved"), [(5, clock(5.5)), (3, None)])
def test_another_clock_is_read_once_it_is_promised(newest: float, resolved: datetime | None) -> None:
    limits = [*TWO_HOURS, Limit(clock(5), "file_mtime", 2 * HOUR)]
    seen = {"event_time": looks((1, 1), (4, 1), (5.2, 5.2)), "file_mtime": looks((4, 4), (5.5, newest))}
    (found,) = freshness_incidents("rides", seen, limits)
    assert (found.started, found.resolved) == (Started(clock(3), clock(3)), resolved)


def test_a_clock_that_is_no_longer_read_leaves_unknown_what_it_would_have_said() -> None:
    limits = [*TWO_HOURS, Limit(clock(5), "file_mtime", 2 * HOUR)]
    seen = {"event_time": looks((2, 1)), "file_mtime": looks((6, 1))}
    (found,) = freshness_incidents("rides", seen, limits)
    assert found.started == Started(clock(3), clock(5))


def test_bad_time_that_a_looser_limit_ended_is_not_the_start() -> None:
    limits = [*TWO_HOURS, Limit(clock(5), "event_time", 9 * HOUR), Limit(clock(7), "event_time", 2 * HOUR)]
    (found,) = incidents(looks((1, 1), (8, 1)), limits)
    assert found.started == Started(clock(7), clock(7))


def test_a_value_that_outlived_its_limit_only_after_it_was_replaced_broke_nothing() -> None:
    limits = [Limit(clock(0), "event_time", HOUR), Limit(clock(2), "event_time", 5 * HOUR)]
    (found,) = incidents(looks((9, 3)), limits)
    assert found.started == Started(None, clock(8))


def test_of_two_limits_in_force_at_one_instant_the_last_counts() -> None:
    limits = [*TWO_HOURS, Limit(clock(5), None, None), Limit(clock(5), "event_time", HOUR)]
    (found,) = incidents(looks((1, 1), (4, 1), (7, 1)), limits)
    assert found.is_open


def test_without_a_promise_or_a_look_there_is_no_incident() -> None:
    assert incidents(looks((4, 1)), []) == ()
    assert incidents(()) == ()
    assert incidents(looks((4, 1)), [Limit(clock(5), "event_time", HOUR)]) == ()


@pytest.mark.parametrize(("hysteresis", "flaps"), [(HOUR, [0, 0]), (HOUR + MICROSECOND, [1])])
def test_incidents_parted_by_less_good_time_are_one_that_flaps(
    hysteresis: timedelta, flaps: list[int]
) -> None:
    runs = looks((1, 1), (4, 1), (5, 4), (7, 4))  # good from 5 to 6
    found = incidents(runs, hysteresis=hysteresis)
    assert [one.flaps for one in found] == flaps
    assert found[0].openings[0] == clock(4)
    assert found[-1].recovered.last_bad == clock(7)


def test_the_cadence_is_the_median_between_advances() -> None:
    runs = looks((1, 1), (2, 2), (3, 2), (6, 6), (10, 10), (20, 20))
    assert default_hysteresis(runs) == HOUR  # steps of 4, 4 and 10 hours


@pytest.mark.parametrize("runs", [(), looks((1, 1)), looks((1, 1), (2, 2), (3, 1), (4, NEVER))])
def test_without_two_advances_the_cadence_is_unknown(runs: tuple[Run, ...]) -> None:
    assert default_hysteresis(runs) == timedelta(0)


def test_the_latest_representable_value_breaks_nothing() -> None:
    far = datetime.max.replace(tzinfo=clock(0).tzinfo)
    assert incidents(record([Sighting(clock(1), far)]), [Limit(clock(0), "event_time", timedelta.max)]) == ()
