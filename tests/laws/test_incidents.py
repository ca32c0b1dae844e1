"""Freshness incidents against worlds whose whole truth is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from featureguard.incident import Incident, Started, freshness_incidents, time_to_detect, time_to_recover
from featureguard.timeline import Run, merge, record
from tests.incident_world import START, TICK, Promise, Row, World, at, growing, growing_under_many, worlds

hystereses = st.integers(0, 30).map(lambda length: length * TICK)
randoms = st.randoms(use_true_random=False)


def found(world: World, h: timedelta = timedelta(0), runs: Sequence[Run] | None = None) -> list[Incident]:
    seen = {"event_time": world.runs() if runs is None else runs}
    return list(freshness_incidents("rides", seen, world.limits(), h))


def stopped(max_age: int, *ticks: int) -> World:
    """One row at 0, and looks at it."""
    return World((Row(0, 0),), (Promise(START, max_age),), ticks)


def holds_the_truth(incidents: Sequence[Incident], world: World) -> bool:
    """Start and end, time to detect and time to recover: each truth lies in its interval."""
    return all(_holds(one, world) for one in incidents)


def _holds(one: Incident, world: World) -> bool:
    spells = world.stale_spells()
    begins = [begin for begin, end in spells if begin <= one.started.by <= end]
    ends = [end for begin, end in spells if begin <= one.recovered.last_bad <= end]
    if not begins or not ends or one.detected is None:
        return False
    begin, end = max(begins), max(ends)
    detect, recover = time_to_detect(one), time_to_recover(one)
    return (
        (one.started.after is None or one.started.after <= begin)
        and (one.resolved is None or end <= one.resolved)
        and detect is not None
        and detect.least <= one.detected - begin <= (detect.most or timedelta.max)
        and (recover is None or recover.least <= end - begin <= (recover.most or timedelta.max))
    )


@given(growing_under_many)
def test_the_truth_lies_in_every_interval(world: World) -> None:
    assert holds_the_truth(found(world), world)


def test_control_the_first_stale_look_is_not_the_start() -> None:
    world = stopped(5, 0, 20)
    (incident,) = found(world)
    assert holds_the_truth([incident], world)
    assert not holds_the_truth([replace(incident, started=Started(at(20), at(20)))], world)


def test_control_a_promise_is_not_broken_before_it_is_made() -> None:
    world = World((Row(0, 0),), (Promise(START, 30), Promise(12, 5)), (1, 20))
    (incident,) = found(world)
    assert incident.started == Started(at(12), at(12))
    assert not holds_the_truth([replace(incident, started=Started(at(5), at(5)))], world)


def covers(incidents: Sequence[Incident], world: World) -> bool:
    """Each stale look lies in one incident, each fresh one in none, and looks alone detect and resolve."""
    looks = {look.seen_at: look.stale for look in world.looks()}
    around = {
        instant: [one for one in incidents if one.opened <= instant < (one.resolved or at(999))]
        for instant in looks
    }
    return (
        all(len(around[instant]) == stale for instant, stale in looks.items())
        and all(looks.get(one.opened) is True and one.detected == one.opened for one in incidents)
        and all(looks.get(one.resolved) is False for one in incidents if one.resolved)
    )


@given(growing)
def test_every_stale_look_is_in_an_incident(world: World) -> None:
    assert covers(found(world), world)


def test_control_an_unknown_gap_does_not_end_an_incident() -> None:
    world = stopped(5, 0, 10, 50)
    (incident,) = found(world)
    ended = replace(incident, recovered=replace(incident.recovered, resolved=at(30)))
    assert covers([incident], world)
    assert not covers([ended], world)


def is_in_order(incidents: Sequence[Incident]) -> bool:
    """Started, opened, last bad, resolved, and then the next."""
    instants = []
    for one in incidents:
        ends = [one.recovered.last_bad, *([one.resolved] if one.resolved else [])]
        instants += [one.started.after or one.started.by, one.started.by, one.opened, *ends]
    return all(before <= after for before, after in pairwise(instants))


@given(worlds, hystereses)
def test_whatever_the_values_do_incidents_follow_each_other(world: World, h: timedelta) -> None:
    incidents = found(world, h)
    looks = {look.seen_at: look.stale for look in world.looks()}
    assert is_in_order(incidents)
    assert all(looks[one.opened] and one.detected == one.opened for one in incidents)
    assert sum(one.is_open for one in incidents[:-1]) == 0


def test_control_the_oldest_value_is_not_the_last_that_may_go_stale() -> None:
    # A newer row was there in between: had only the older counted, the incident would start before it.
    world = World((Row(0, 0), Row(10, 10, 18)), (Promise(START, 5),), (12, 20))
    (incident,) = found(world)
    assert is_in_order([incident])
    assert not is_in_order([replace(incident, started=Started(incident.started.after, at(0 + 5)))])


@given(growing, hystereses)
def test_three_instants_of_a_run_tell_as_much_as_all_looks(world: World, h: timedelta) -> None:
    assert found(world, h) == found(world, h, unmerged(world))


def unmerged(world: World) -> list[Run]:
    """A run for every look."""
    return [run for look in world.looks() for run in record([look])]


def test_control_two_instants_of_a_run_would_not_tell_who_found_it() -> None:
    world = stopped(1, 0, 2, 3, 4)
    two = [replace(run, first_stale=None) for run in world.runs()]
    assert found(world) == found(world, runs=unmerged(world))
    assert found(world, runs=two) != found(world, runs=unmerged(world))


def joins_by_good_time(joined: Sequence[Incident], plain: Sequence[Incident], h: timedelta) -> bool:
    """Nothing is lost, and exactly those parted by less good time are one."""
    heads = {one.opened for one in joined}
    parted = [
        b.started.after - a.resolved >= h
        for a, b in pairwise(plain)
        if a.resolved and b.started.after and b.opened in heads
    ]
    parts = [opened for one in joined for opened in one.openings]
    return parts == [one.opened for one in plain] and all(parted)


@given(growing, hystereses)
def test_hysteresis_only_joins(world: World, h: timedelta) -> None:
    plain, joined = found(world), found(world, h)
    assert joins_by_good_time(joined, plain, h)
    assert [one for one in joined if not one.flaps] == [one for one in plain if one in joined]
    assert found(world, timedelta(0)) == plain


def test_control_time_between_sightings_is_not_good_time() -> None:
    # Fresh from 20 to 25; seen bad at 6, good at 20 and bad at 40.
    world = World((Row(0, 0), Row(20, 20)), (Promise(START, 5),), (0, 6, 20, 40))
    plain, joined = found(world), found(world, 10 * TICK)
    assert joins_by_good_time(joined, plain, 10 * TICK)
    by_sightings = plain  # Its 20 ticks from good to bad sighting would keep them apart.
    assert not joins_by_good_time(by_sightings, plain, 10 * TICK)


def is_free_of_order(derive: Callable[[Sequence[Run]], object], runs: Sequence[Run], random: Random) -> bool:
    return derive(runs) == derive(random.sample(list(runs), len(runs)))


@given(worlds, hystereses, randoms)
def test_order_and_splitting_change_nothing(world: World, h: timedelta, random: Random) -> None:
    in_force = random.sample(world.limits(), len(world.promises))
    assert is_free_of_order(
        lambda runs: freshness_incidents("rides", {"event_time": runs}, in_force, h), world.runs(), random
    )
    halves = merge(world.runs(slice(0, None, 2)), world.runs(slice(1, None, 2)))
    assert found(world, h) == found(world, h, halves)


def test_control_openings_taken_as_they_come_depend_on_the_order() -> None:
    world = World((Row(0, 0), Row(20, 20)), (Promise(START, 5),), (0, 10, 20, 40))

    def as_they_come(runs: Sequence[Run]) -> object:
        stale = [run.first_stale for run in runs]
        return [now for before, now in pairwise([None, *stale]) if now and not before]

    assert not all(is_free_of_order(as_they_come, world.runs(), Random(seed)) for seed in range(5))


def names_stay(name: Callable[[Incident], object], world: World) -> bool:
    """Look by look: each incident has its own name, and one that once was there stays."""
    known: set[object] = set()
    for count in range(len(world.ticks) + 1):
        names = [name(one) for one in found(world, 3 * TICK, world.runs(slice(count)))]
        if len(set(names)) < len(names) or not known <= set(names):
            return False
        known = set(names)
    return True


@given(growing)
def test_a_key_stays_whatever_is_seen_later(world: World) -> None:
    assert names_stay(lambda one: one.key, world)


def test_control_a_name_made_of_what_moves_does_not_stay() -> None:
    assert names_stay(lambda one: one.key, stopped(5, 0, 10, 20))
    assert not names_stay(lambda one: one.recovered, stopped(5, 0, 10, 20))
