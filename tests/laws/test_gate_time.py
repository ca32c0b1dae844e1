"""A decision is valid exactly until the same evidence gets worse: re-judged from scratch at every instant."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from featureguard.contract import Contract
from featureguard.evidence import Evidence
from featureguard.gate import Standing, Turn, decide
from featureguard.histogram import TimeHistogram
from featureguard.observation import PopulationReading
from featureguard.policy import Policy
from featureguard.verdict import Decision
from featureguard.waiver import Waiver
from tests.builders import DAY, NOW
from tests.gate_strategies import Gate, World, around, law, real, refuses, worlds
from tests.gate_world import MINUTE, TICK, decided, known, looked, model, promised, stand, waived
from tests.thorough import often

FAR = NOW + timedelta(days=3)
_MOST = 12


def probes(world: World, end: datetime) -> list[datetime]:
    """Instants before `end` to re-judge: the last ones, and some spread over the rest."""
    found = around(world, NOW, end)
    return sorted({*found[-4:], *found[:: max(1, len(found) // (_MOST - 4))], end - TICK})


def valid_exactly(world: World, gate: Gate) -> None:
    decision = gate(world, NOW)
    if not decision.effective.allowed:
        assert decision.valid_until is None
        return
    end = decision.valid_until
    for at in probes(world, end or FAR):
        assert real(world, at).effective.rank <= decision.effective.rank, at
    if end:
        moves = any(w.bound is not None and w.bound < 1 for w in world.waivers)
        assert moves or real(world, end).effective.rank > decision.effective.rank


def turns_are_told(world: World, now: datetime, at: datetime) -> None:
    before, then = world.case(now), world.case(at)
    for name, standing in before.standings.items():
        assert weights(standing, at) == weights(then.standings[name], at)


def weights(standing: Standing, at: datetime) -> set[tuple[object, ...]]:
    results = [finding.result for finding in standing.at(at)]
    numbers = {
        (r.check, r.observed) for r in results if r.check in ("freshness", "freshness_warn", "delivery")
    }
    return {(r.check, r.column, r.status, r.severity, r.code) for r in results} | numbers


@law
@given(worlds(calm=True))
def test_an_answer_is_valid_until_the_same_evidence_gets_worse_and_no_longer(world: World) -> None:
    valid_exactly(world, real)


@law
@given(worlds(calm=False) | worlds(calm=True), st.data())
def test_a_standing_foretells_what_is_found_at_every_later_instant(world: World, data: st.DataObject) -> None:
    now = NOW + data.draw(st.sampled_from([0, 7, 35])) * MINUTE
    turns_are_told(world, now, data.draw(st.sampled_from(around(world, now, FAR))))


def one(contract: Contract, evidence: Evidence, *waivers: Waiver) -> World:
    return World({"rides": (contract, evidence)}, model("rides"), "train", Policy(), waivers)


def without_turns(check: str) -> Gate:
    """A wrong gate: one check never turns."""

    def gate(world: World, now: datetime) -> Decision:
        case = world.case(now)
        standings = {}
        for name, standing in case.standings.items():
            turns = tuple(
                Turn(t.at, tuple(f for f in t.findings if f.result.check != check)) for t in standing.turns
            )
            standings[name] = dataclasses.replace(standing, turns=turns)
        return decide(dataclasses.replace(case, standings=standings))

    return gate


def with_waivers(**changes: Any) -> Gate:
    """A wrong gate: waivers are read with something else in them."""

    def gate(world: World, now: datetime) -> Decision:
        wrong = tuple(waiver.model_copy(update=changes) for waiver in world.waivers)
        return real(dataclasses.replace(world, waivers=wrong), now)

    return gate


def hasty(world: World, now: datetime) -> Decision:
    """A wrong gate: the answer ends before it gets worse."""
    found = real(world, now)
    return dataclasses.replace(found, valid_until=found.valid_until and now + TICK)


def test_control_a_gate_that_forgets_a_check_breaks_the_law() -> None:
    hourly = {"cron": "30 * * * *", "covers": "hour", "grace": "10min"}
    for check, freshness in {
        "freshness_warn": {"max_age": "30h", "warn_age": "70min"},
        "freshness": {"max_age": "70min"},
        "delivery": {"delivery": hourly},
        "evidence": {"max_age": "30h"},
    }.items():
        contract = promised(freshness=freshness)
        world = one(contract, known(contract, looked(contract, age=50 * MINUTE)))
        refuses(valid_exactly, world, without_turns(check))
        refuses(valid_exactly, world, hasty)


def test_control_a_gate_that_forgets_the_end_or_the_bound_of_a_waiver_breaks_the_law() -> None:
    contract = promised(freshness={"max_age": "100min"})
    evidence = known(contract, looked(contract, age=101 * MINUTE))
    ending = waived(contract, until=NOW + 20 * MINUTE)
    refuses(valid_exactly, one(contract, evidence, ending), with_waivers(until=NOW + DAY))
    bounded = waived(contract, bound=120 * 60)
    refuses(valid_exactly, one(contract, evidence, bounded), with_waivers(bound=None))


@settings(max_examples=often(30, else_=10), deadline=None, database=None)
@given(st.integers(200, 1_500), st.integers(1, 99), st.integers(0, 2_000))
def test_the_answer_about_a_population_of_many_ages_may_end_early_but_never_late(
    seconds: int, percent: int, lead: int
) -> None:
    population = {"of": "rows", "within": "65min", "at_least": f"{percent}%"}
    contract = promised(freshness={"max_age": "30h", "population": population})
    first = int((NOW - 65 * MINUTE).timestamp()) + lead
    times = TimeHistogram.of_seconds((first + second, 1) for second in range(seconds))
    evidence = known(contract, looked(contract, population=PopulationReading("rows", times)))
    decision = decided(contract, evidence)
    if not decision.effective.allowed or decision.valid_until is None:
        return
    span = (decision.valid_until - NOW) // TICK
    for part in range(1, 9):
        at = NOW + (span * part // 8 - 1) * TICK
        assert decided(contract, evidence, now=at).effective.allowed
    blind = dataclasses.replace(stand(contract, evidence), known_until=None)
    assert decision.valid_until <= min((turn.at for turn in blind.turns), default=decision.valid_until)


def test_control_without_its_horizon_a_population_would_be_trusted_too_long() -> None:
    population = {"of": "rows", "within": "65min", "at_least": "20%"}
    contract = promised(freshness={"max_age": "30h", "population": population})
    first = int((NOW - 65 * MINUTE).timestamp()) + 10
    times = TimeHistogram.of_seconds((first + second, 1) for second in range(1_000))
    evidence = known(contract, looked(contract, population=PopulationReading("rows", times)))
    standing = stand(contract, evidence)
    breaks = NOW + timedelta(seconds=10 + 800 + 1)  # 800 of 1,000 rows are too old
    assert not stand(contract, evidence, breaks - timedelta(seconds=2)).findings
    assert stand(contract, evidence, breaks).findings
    assert standing.known_until is not None
    assert standing.known_until < breaks < standing.turns[0].at
