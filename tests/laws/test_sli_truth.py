"""The honest interval holds the truth of an independent world, and is the best that the looks allow."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings

from featureguard.slo import sli, spells
from featureguard.slo.spells import State
from featureguard.timeline import Run
from featureguard.windows import to_micros
from tests.laws.test_sli import reading
from tests.slo_world import (
    TICK,
    Look,
    Row,
    Ticks,
    World,
    fresh_ticks,
    instant,
    instants,
    is_fresh,
    lone_looks,
    looks_at,
    max_ages,
    newest,
    outside,
    parts,
    period,
    runs_of,
    sli_of,
    spans,
    tolerances,
    windows,
    worlds,
)
from tests.thorough import often

law = settings(max_examples=often(300), deadline=None, database=None)
HOUR = 6
MICROS = to_micros(instant(1)) - to_micros(instant(0))

LATE = [Row(0, 0), Row(10, 14)]
"""A row that came late, between two looks: what is seen at 20 was not yet there at 12."""
BACK = [Row(0, 0), Row(9, 9, 10), Row(19, 19)]
"""The newest row is deleted for nine ticks."""


@law
@given(worlds(), instants, windows, max_ages, spans, tolerances)
@example(LATE, [0, 20], (0, 20), 6, [], 0)
def test_the_truth_lies_in_the_interval_while_values_only_grow(
    world: World, at: list[int], window: Ticks, max_age: int, away: list[Ticks], tolerance: int
) -> None:
    good, bad, unknown = parts(sli_of(runs_of(looks_at(world, at, tolerance)), window, max_age, away))
    counts = outside(window, away)
    fresh = fresh_ticks(world, counts, max_age, tolerance)
    assert good <= fresh <= good + unknown
    assert bad <= len(counts) - fresh <= bad + unknown


@law
@given(worlds(), instants, windows, max_ages, tolerances)
@example(LATE, [0, 20], (0, 20), 6, 0)
def test_some_world_with_the_same_looks_attains_each_end(
    world: World, at: list[int], window: Ticks, max_age: int, tolerance: int
) -> None:
    looks = sorted(set(looks_at(world, at, tolerance)), key=lambda look: look[0])
    good, _, unknown = parts(sli_of(runs_of(looks), window, max_age))
    lazy = [Row(value, when) for when, value in looks if value is not None]
    eager = [*lazy, *as_early_as_may_be(looks, range(min(window[0], -5), max(window[1], 80)), tolerance)]
    for possible, fresh in ((lazy, good), (eager, good + unknown)):
        assert looks_at(possible, [when for when, _ in looks], tolerance) == looks
        assert fresh_ticks(possible, range(*window), max_age, tolerance) == fresh


def as_early_as_may_be(looks: Sequence[Look], ticks: range, tolerance: int) -> list[Row]:
    """Rows that arrive in every tick, as new as the next look allows."""
    rows = []
    for tick in ticks:
        allowed = [value for when, value in looks if when > tick][:1] or [tick + 1 + tolerance]
        if allowed[0] is not None:
            rows.append(Row(min(allowed[0], tick + 0.5 + tolerance), tick + 0.5))
    return rows


@law
@given(worlds(), instants, instants, windows, max_ages, spans, tolerances)
@example(LATE, [0, 20], [15], (0, 20), 6, [], 0)
def test_more_looks_never_widen_the_interval(
    world: World,
    at: list[int],
    more: list[int],
    window: Ticks,
    max_age: int,
    away: list[Ticks],
    tolerance: int,
) -> None:
    few = parts(sli_of(runs_of(looks_at(world, at, tolerance)), window, max_age, away))
    many = parts(sli_of(runs_of(looks_at(world, at + more, tolerance)), window, max_age, away))
    assert many[0] >= few[0]
    assert many[1] >= few[1]
    assert many[2] <= few[2]


@law
@given(worlds(grows=False), instants.map(sorted), windows, max_ages, tolerances)
@example(BACK, [0, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19], (9, 20), 6, 0)
def test_where_values_go_back_it_holds_unless_an_excursion_hid_between_two_looks(
    world: World, at: list[int], window: Ticks, max_age: int, tolerance: int
) -> None:
    looks = looks_at(world, at, tolerance)
    for tick, said in zip(range(*window), states(runs_of(looks), window, max_age), strict=True):
        if said is not State.UNKNOWN and not hides_an_excursion(world, looks, tick, tolerance):
            truth = is_fresh(newest(world, tick + 0.5, tolerance), tick + 0.5, max_age)
            assert (said is State.GOOD) == truth, (said, tick)


def states(runs: Sequence[Run], window: Ticks, max_age: int) -> list[State]:
    """What is said about each tick."""
    said = spells.spells(runs, *period(window), max_age * TICK)
    return [spell.state for spell in said for _ in range((spell.end - spell.start) // TICK)]


def hides_an_excursion(world: World, looks: Sequence[Look], tick: int, tolerance: int) -> bool:
    """Whether the newest value left the range of the two looks around a tick, anywhere between them."""
    before = [look for look in looks if look[0] <= tick][-1:]
    after = [look for look in looks if look[0] > tick][:1]
    ends = [-10_000 if value is None else value for _, value in before + after]
    low, high = min(ends, default=-10_000), max(ends) if after and ends else 10_000
    if not before:
        low = -10_000
    start = before[0][0] if before else tick - 30
    for between in range(start, after[0][0] if after else tick + 1):
        found = newest(world, between + 0.5, tolerance)
        if not low <= (-10_000 if found is None else found) <= high:
            return True
    return False


@law
@given(lone_looks, windows, max_ages)
@example([(0, 0), (10, 10), (15, 14), (40, 0)], (0, 40), 6)
def test_a_value_that_goes_back_blurs_no_other_hour(looks: list[Look], window: Ticks, max_age: int) -> None:
    every = [run for look in looks for run in runs_of([look])]
    said = zip(states(recorded(looks), window, max_age), states(every, window, max_age), strict=True)
    for tick, (hourly, exact) in zip(range(*window), said, strict=True):
        in_hour = [look for look in sorted(looks) if look[0] // HOUR == tick // HOUR]
        values = [-10_000 if value is None else value for _, value in in_hour]
        assert hourly is exact or (hourly is State.UNKNOWN and values != sorted(values)), tick


def recorded(looks: Sequence[Look]) -> tuple[Run, ...]:
    """A name of its own, so that a control can record otherwise."""
    return runs_of(looks)


def by_value_alone(looks: Sequence[Look]) -> tuple[Run, ...]:
    """A wrong way to record: one run for a value, however many weeks lie between its sightings."""
    runs: dict[object, Run] = {}
    for run in runs_of(looks):
        old = runs.get(run.value, run)
        first, last = min(old.first_seen, run.first_seen), max(old.last_seen, run.last_seen)
        runs[run.value] = Run(run.value, old.hour, first, last)
    return tuple(runs.values())


def test_control_runs_keyed_by_value_alone_blur_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "recorded", by_value_alone)
    with pytest.raises(AssertionError):
        test_a_value_that_goes_back_blurs_no_other_hour()


def test_control_the_newest_candidate_alone_is_caught_where_values_go_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spells, "segments", reading(lambda b, a, s: (max(b + a + s), max(b + a + s))))
    with pytest.raises(AssertionError):
        test_where_values_go_back_it_holds_unless_an_excursion_hid_between_two_looks()


def test_control_taking_what_was_seen_to_stay_misses_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sli, "segments", reading(lambda before, _, __: (before[0], before[0])))
    with pytest.raises(AssertionError):
        test_the_truth_lies_in_the_interval_while_values_only_grow()
    with pytest.raises(AssertionError):
        test_more_looks_never_widen_the_interval()


def test_control_a_looser_interval_is_not_attained(monkeypatch: pytest.MonkeyPatch) -> None:
    loose = reading(lambda before, after, _: (before[0], max(before + after) + 2 * MICROS))
    monkeypatch.setattr(sli, "segments", loose)
    with pytest.raises(AssertionError):
        test_some_world_with_the_same_looks_attains_each_end()
