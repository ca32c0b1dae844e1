"""A decision is valid exactly until the same evidence gets worse: re-judged from scratch at every instant."""

import dataclasses
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from featureguard.gate import Case, Standing, Turn, assess, decide
from featureguard.gate.doubts import Trust
from featureguard.histogram import TimeHistogram
from featureguard.observation import PopulationReading
from featureguard.verdict import Decision
from tests.builders import NOW
from tests.gate_strategies import Gate, World, around, catches, law, real, worlds
from tests.gate_world import MINUTE, TICK, decided, known, looked, promised, stand

FAR = NOW + timedelta(days=3)
_MOST = 24


def probes(world: World, end: datetime) -> list[datetime]:
    """Instants before `end` to re-judge: the last ones, and some spread over the rest."""
    found = around(world, NOW, end)
    return sorted({*found[-8:], *found[:: max(1, len(found) // (_MOST - 8))], end - TICK})


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
@given(worlds())
def test_an_answer_is_valid_until_the_same_evidence_gets_worse_and_no_longer(world: World) -> None:
    valid_exactly(world, real)


@law
@given(worlds(), st.data())
def test_a_standing_foretells_what_is_found_at_every_later_instant(world: World, data: st.DataObject) -> None:
    now = NOW + data.draw(st.sampled_from([0, 7, 35])) * MINUTE
    turns_are_told(world, now, data.draw(st.sampled_from(around(world, now, FAR))))


def judged(change: "object", world: World, now: datetime) -> Decision:
    """A gate whose case is changed by a wrong idea."""
    return decide(change(world.case(now)))  # type: ignore[operator]


def without_turns(check: str, case: Case) -> Case:
    """A wrong idea: one check never turns."""

    def quiet(turn: Turn) -> Turn:
        return dataclasses.replace(turn, findings=tuple(f for f in turn.findings if f.result.check != check))

    standings = {
        name: dataclasses.replace(standing, turns=tuple(map(quiet, standing.turns)))
        for name, standing in case.standings.items()
    }
    return dataclasses.replace(case, standings=standings)


def test_control_a_gate_that_forgets_the_warning_age_breaks_the_law() -> None:
    catches(
        valid_exactly, lambda world, now: judged(lambda c: without_turns("freshness_warn", c), world, now)
    )


def test_control_a_gate_that_forgets_deliveries_breaks_the_law() -> None:
    catches(valid_exactly, lambda world, now: judged(lambda c: without_turns("delivery", c), world, now))


def test_control_a_gate_that_forgets_that_waivers_end_breaks_the_law() -> None:
    def endless(world: World, now: datetime) -> Decision:
        late = [w.model_copy(update={"until": w.until + timedelta(days=5)}) for w in world.waivers]
        return real(dataclasses.replace(world, waivers=tuple(late)), now)

    catches(valid_exactly, endless)


def test_control_a_gate_that_forgets_bounds_breaks_the_law() -> None:
    def boundless(world: World, now: datetime) -> Decision:
        loose = [w.model_copy(update={"bound": None}) for w in world.waivers]
        return real(dataclasses.replace(world, waivers=tuple(loose)), now)

    catches(valid_exactly, boundless)


def test_control_an_answer_that_is_cut_short_breaks_the_law() -> None:
    def hasty(world: World, now: datetime) -> Decision:
        found = real(world, now)
        return dataclasses.replace(found, valid_until=found.valid_until and now + TICK)

    catches(valid_exactly, hasty)


@settings(max_examples=30, deadline=None, database=None)
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
    standing = assess(contract, evidence, NOW, Trust(timedelta(hours=1)))
    breaks = next(NOW + s * timedelta(seconds=1) for s in range(3_600) if _breaks(contract, evidence, s))
    assert standing.known_until is not None
    assert standing.known_until <= breaks < standing.turns[0].at


def _breaks(contract: object, evidence: object, second: int) -> bool:
    at = NOW + timedelta(seconds=second)
    return bool(stand(contract, evidence, at).findings)  # type: ignore[arg-type]
