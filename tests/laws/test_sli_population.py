"""The population SLI holds the truth of a world of entities, to the bucket and to the microsecond."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from featureguard.histogram import TimeHistogram
from featureguard.observation import PopulationReading
from featureguard.promises import Population
from featureguard.slo import population
from featureguard.slo.population import PopulationLimit, population_sli
from featureguard.slo.sli import Sli
from featureguard.windows import to_micros
from tests.slo_world import (
    EARLIEST,
    SPAN,
    TICK,
    Row,
    Ticks,
    World,
    instant,
    is_fresh,
    newest,
    outside,
    period,
    spans,
    worlds,
)
from tests.thorough import often

law = settings(max_examples=often(150), deadline=None, database=None)
ENTITIES = 4
TICK_MICROS = to_micros(instant(1)) - to_micros(instant(0))

entities = st.lists(worlds(max_rows=3), min_size=ENTITIES, max_size=ENTITIES)
instants = st.lists(st.integers(-5, SPAN + 15), max_size=8, unique=True).map(sorted)
short_windows = st.tuples(st.integers(0, SPAN), st.integers(0, 20)).map(lambda p: (p[0], p[0] + p[1]))
ages = st.integers(1, 25)

RENEWED = [[Row(0, 0)], [Row(0, 0)], [Row(0, 0), Row(14, 14)], [Row(0, 0), Row(14, 14)]]
"""Two of four come again at tick 14."""


def of_all(within: int) -> Population:
    """All entities of a key table count."""
    return Population(entity=("id",), within=within * TICK, at_least=0.9, expected="keys.parquet")


def seen(worlds: list[World], tick: int, k: int) -> PopulationReading:
    """What a look finds: a histogram of whole ticks in buckets of 2^k seconds."""
    found = [value for world in worlds if (value := newest(world, tick)) is not None]
    seconds = [to_micros(instant(int(value))) // 1_000_000 for value in found]
    times = TimeHistogram.of_seconds([(second >> k, 1) for second in seconds], k)
    return PopulationReading("entities", times, missing=len(worlds) - len(found))


def measured(
    worlds: list[World],
    at: list[int],
    window: Ticks,
    promise: Population,
    away: Sequence[Ticks] = (),
    k: int = 0,
) -> Sli:
    limit = PopulationLimit(instant(EARLIEST), promise, TICK)
    looks = [(instant(tick), seen(worlds, tick, k)) for tick in at]
    start, end = period(window)
    maintenance = [period(span) for span in away]
    return population_sli(
        looks, [limit], (start, end), now=end, first_look=limit.since, maintenance=maintenance
    )


@law
@given(entities, instants, short_windows, ages, spans, st.sampled_from([0, 6, 12]))
@example(RENEWED, [0, 20], (0, 30), 10, [], 0)
@example(RENEWED, [0, 13], (0, 13), 10, [], 12)
def test_the_truth_lies_in_the_interval(
    worlds: list[World], at: list[int], window: Ticks, within: int, away: list[Ticks], k: int
) -> None:
    found, counts = measured(worlds, at, window, of_all(within), away, k), outside(window, away)
    fresh = sum(
        is_fresh(newest(world, tick + 0.5), tick + 0.5, within) for world in worlds for tick in counts
    )
    truth = Fraction(fresh * TICK_MICROS, ENTITIES)
    assert found.good - 1 <= truth <= found.good + found.unknown
    assert found.valid == len(counts) * TICK_MICROS
    assert found.valid + found.maintenance == (window[1] - window[0]) * TICK_MICROS
    assert min(found.good, found.bad, found.unknown) >= 0


@law
@given(entities, instants, instants, short_windows, ages)
@example(RENEWED, [0, 20], [15], (0, 30), 10)
def test_more_looks_never_widen_the_interval(
    worlds: list[World], at: list[int], more: list[int], window: Ticks, within: int
) -> None:
    few = measured(worlds, at, window, of_all(within))
    many = measured(worlds, sorted({*at, *more}), window, of_all(within))
    assert many.good >= few.good
    assert many.bad >= few.bad


@law
@given(entities, st.integers(0, SPAN), ages)
def test_between_two_looks_at_one_snapshot_the_share_ages_exactly(
    worlds: list[World], at: int, within: int
) -> None:
    still: list[World] = [
        [Row(value, EARLIEST)] for world in worlds if (value := newest(world, at)) is not None
    ]
    found = measured(still, [at, at + 20], (at, at + 20), of_all(within))
    assert found.unknown <= 1_000_000 + 2  # A bucket is a second wide; good and bad are rounded down.


@law
@given(
    entities, st.integers(0, SPAN), st.integers(0, 20), ages, st.integers(0, 20), st.sampled_from([0, 6, 12])
)
@example([[Row(0, 0)], [Row(7, 7)], [], []], 14, 6, 13, 1, 12)
def test_entities_retire_at_the_right_time(
    worlds: list[World], at: int, long: int, within: int, more: int, k: int
) -> None:
    values = [value for world in worlds if (value := newest(world, at)) is not None]
    still: list[World] = [[Row(value, EARLIEST)] for value in values]
    seen_within = (within + more) * TICK
    promise = Population(entity=("id",), within=within * TICK, at_least=0.9, seen_within=seen_within)
    found = measured(still, [at, at + long], (at, at + long), promise, k=k)
    truth = Fraction(0)
    for middle in (tick + 0.5 for tick in range(at, at + long)):
        expected = sum(is_fresh(value, middle, within + more) for value in values)
        fresh = sum(is_fresh(value, middle, within) for value in values)
        truth += Fraction(fresh, max(1, expected)) * TICK_MICROS
    assert found.good - 1 <= truth <= found.good + found.unknown


def test_control_the_last_snapshot_alone_misses_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    right = population._between_looks

    def last_alone(*args: object) -> object:
        for span, candidates, _ in right(*args):  # type: ignore[arg-type]
            yield span, candidates[:1], False

    monkeypatch.setattr(population, "_between_looks", last_alone)
    with pytest.raises(AssertionError):
        test_the_truth_lies_in_the_interval()
    with pytest.raises(AssertionError):
        test_more_looks_never_widen_the_interval()


def test_control_half_buckets_are_not_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    right = population._Aging._younger

    def greatest(self: population._Aging, since: int) -> tuple[int, int]:
        return (right(self, since)[1],) * 2

    monkeypatch.setattr(population._Aging, "_younger", greatest)
    with pytest.raises(AssertionError):
        test_the_truth_lies_in_the_interval()
