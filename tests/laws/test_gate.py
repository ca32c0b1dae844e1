"""Less evidence, worse results, more requirements and fewer waivers never give a milder answer."""

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import datetime
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from featureguard.evidence import Evidence
from featureguard.gate import BudgetState, confirmed, decide
from featureguard.gate.documents import decision_to_text
from featureguard.observation import ClockReading
from featureguard.policy import Policy
from featureguard.result import Code, Status
from featureguard.verdict import Decision, Verdict, at_most, worst
from tests.builders import HOUR, NOW
from tests.gate_strategies import Gate, World, law, real, refuses, worlds
from tests.gate_world import MINUTE, known, looked, model, other_tool, promised, sight, waived


def one(evidence: Evidence, tier: int = 0, **parts: object) -> World:
    """A world of one dataset, by the default policy."""
    contract = promised(tier=tier, external_checks=[{"tool": "dbt", "check": "not_null"}])
    world = World({"rides": (contract, evidence)}, model("rides", tier=tier), "train", Policy())
    return dataclasses.replace(world, **parts)  # type: ignore[arg-type]


CONTRACT, _ = one(Evidence("rides")).evidences["rides"]
GOOD = known(CONTRACT, looked(CONTRACT), external=(other_tool(),))


def poorer(world: World) -> Iterator[World]:
    """The world with one good thing less, in every way that it can have one less."""
    standings = world.case(NOW).standings
    for name, (_, evidence) in world.evidences.items():
        for result in evidence.external:
            if result.status is Status.PASS:
                rest = tuple(other for other in evidence.external if other is not result)
                yield world.knows(name, dataclasses.replace(evidence, external=rest))
        if not standings[name].findings:
            yield world.knows(name, Evidence(name, external=evidence.external, learned=evidence.learned))
            yield world.knows(name, unmeasured(evidence))
    for name in world.evidences:
        yield dataclasses.replace(world, budgets={**world.budgets, name: BudgetState(0.99, -1.0)})
        if (left := world.budgets.get(name)) and not left.exhausted:
            yield dataclasses.replace(world, budgets={**world.budgets, name: BudgetState(0.99, None)})
    for waiver in world.waivers:
        rest_of_waivers = tuple(other for other in world.waivers if other is not waiver)
        yield dataclasses.replace(world, waivers=rest_of_waivers)


def unmeasured(evidence: Evidence) -> Evidence:
    """The same looks, whose clocks were not read."""
    if (look := evidence.complete) is None:
        return evidence
    clocks = {clock: ClockReading(None, None) for clock in look.observation.clocks}
    seen = dataclasses.replace(look.observation, clocks=clocks)
    return dataclasses.replace(evidence, complete=dataclasses.replace(look, observation=seen))


def less_is_never_milder(world: World, gate: Gate) -> None:
    rank = gate(world, NOW).effective.rank
    for other in poorer(world):
        assert gate(other, NOW).effective.rank >= rank


def more_requirements_are_never_milder(world: World, gate: Gate) -> None:
    whole = gate(world, NOW)
    for name in world.evidences:
        subject = world.subject.model_copy(update={"requires": (name,)})
        assert gate(dataclasses.replace(world, subject=subject), NOW).effective.rank <= whole.effective.rank


def nothing_is_allowed_without_evidence(world: World, gate: Gate) -> None:
    """By the default policy, enforced, without waivers: what is allowed was looked at, lately and wholly."""
    world = dataclasses.replace(world, policy=Policy(), mode="enforce", waivers=())
    if world.action == "serve" or not gate(world, NOW).allowed:
        return
    for contract, evidence in world.evidences.values():
        tier = min(contract.tier, world.subject.tier)
        if tier > 1 or contract.enforcement == "observe":
            continue
        look, last = evidence.complete, evidence.last
        assert look is not None
        assert last is not None
        assert last.observation.failure is None
        longest = contract.evidence_max_age or {0: HOUR, 1: 6 * HOUR}[tier]
        assert -5 * MINUTE <= NOW - look.observation.observed_at <= longest


def a_waiver_only_softens(world: World, gate: Gate) -> None:
    with_waivers, without = gate(world, NOW), gate(dataclasses.replace(world, waivers=()), NOW)
    assert with_waivers.raw is without.raw
    assert with_waivers.effective.rank >= at_most(without.effective, Verdict.WARN).rank
    strange = tuple(waiver.model_copy(update={"digests": {}}) for waiver in world.waivers)
    assert gate(dataclasses.replace(world, waivers=strange), NOW).effective is without.effective


def a_contradiction_never_lowers(world: World, gate: Gate) -> None:
    before = gate(world, NOW)
    for name, (_, evidence) in world.evidences.items():
        if evidence.complete is None or evidence.complete.observation.snapshot is None:
            continue
        other = {"event_time": ClockReading(NOW - 99 * HOUR)}
        lie = sight(evidence.complete, "other", clocks=other)
        after = gate(world.knows(name, dataclasses.replace(evidence, seen=(*evidence.seen, lie))), NOW)
        assert after.effective.rank >= before.effective.rank
        assert after.raw.rank >= Verdict.HOLD.rank


@law
@given(worlds() | worlds(calm=True))
def test_less_evidence_a_worse_budget_or_a_waiver_less_is_never_milder(world: World) -> None:
    less_is_never_milder(world, real)


@law
@given(worlds() | worlds(calm=True))
def test_the_laws_of_requirements_waivers_contradictions_and_absence_hold(world: World) -> None:
    more_requirements_are_never_milder(world, real)
    nothing_is_allowed_without_evidence(world, real)
    a_waiver_only_softens(world, real)
    a_contradiction_never_lowers(world, real)


@law
@given(worlds(), st.randoms(use_true_random=False))
def test_the_same_inputs_in_any_order_give_the_same_bytes(world: World, random: Random) -> None:
    def shuffled(values: Iterable[Any]) -> list[Any]:
        found = list(values)
        random.shuffle(found)
        return found

    other = World(
        dict(shuffled(world.evidences.items())),
        world.subject.model_copy(update={"requires": tuple(shuffled(world.subject.requires))}),
        world.action,
        world.policy,
        tuple(shuffled(world.waivers)),
        dict(shuffled(world.budgets.items())),
        world.mode,
    )
    assert decision_to_text(real(other, NOW)) == decision_to_text(real(world, NOW))


def never_improves(before: Decision, after: Decision, confirm: object) -> None:
    found = confirm(before, after, "id")  # type: ignore[operator]
    assert found.effective is worst(before.effective, after.effective)
    assert found.raw is worst(before.raw, after.raw)
    assert found.effective is worst(*(reason.effective for reason in found.reasons))


@law
@given(worlds(), worlds())
def test_confirming_never_improves_and_its_reasons_bear_it_out(world: World, other: World) -> None:
    other = dataclasses.replace(other, action=world.action)
    never_improves(real(world, NOW), real(other, NOW + MINUTE), confirmed)


def allowing_unknown(world: World, now: datetime) -> Decision:
    """A wrong gate: what nobody knows is good."""
    case = world.case(now)
    standings = {
        name: dataclasses.replace(
            standing,
            turns=(),
            findings=tuple(f for f in standing.findings if f.result.status is not Status.UNKNOWN),
        )
        for name, standing in case.standings.items()
    }
    return decide(dataclasses.replace(case, standings=standings))


def believing_the_newest(world: World, now: datetime) -> Decision:
    """A wrong gate: of two looks that contradict each other the newest wins."""
    for name, (_, evidence) in world.evidences.items():
        world = world.knows(name, dataclasses.replace(evidence, seen=evidence.seen[:1]))
    return real(world, now)


def ignoring_digests(world: World, now: datetime) -> Decision:
    """A wrong gate: a waiver holds whatever the contract promises today."""
    digests = {name: contract.digest for name, (contract, _) in world.evidences.items()}
    waivers = tuple(waiver.model_copy(update={"digests": digests}) for waiver in world.waivers)
    return real(dataclasses.replace(world, waivers=waivers), now)


def averaging(world: World, now: datetime) -> Decision:
    """A wrong gate: with every dataset that is good, one that is not weighs less."""
    found = real(world, now)
    bad = {reason.dataset for reason in found.reasons}
    good = len(bad) < len(world.subject.requires)
    return dataclasses.replace(found, effective=Verdict.WARN) if good else found


def test_control_a_gate_that_takes_unknown_for_good_breaks_the_laws() -> None:
    failed = dataclasses.replace(GOOD, external=(other_tool(Status.UNKNOWN),))
    refuses(nothing_is_allowed_without_evidence, one(Evidence("rides")), allowing_unknown)
    refuses(a_contradiction_never_lowers, one(GOOD), allowing_unknown)
    assert allowing_unknown(one(failed), NOW).effective is Verdict.ALLOW


def test_control_a_gate_that_believes_the_newest_look_breaks_the_law() -> None:
    refuses(a_contradiction_never_lowers, one(GOOD), believing_the_newest)


def test_control_a_waiver_that_ignores_the_digest_breaks_the_law() -> None:
    waiver = waived(CONTRACT, Code.NO_EVIDENCE)
    refuses(a_waiver_only_softens, one(Evidence("rides"), waivers=(waiver,)), ignoring_digests)


def test_control_a_gate_that_averages_breaks_the_law() -> None:
    contracts = promised("rides"), promised("trips")
    good = known(contracts[0], looked(contracts[0]))
    pairs = {"rides": (contracts[0], good), "trips": (contracts[1], Evidence("trips"))}
    world = World(pairs, model("rides", "trips"), "train", Policy())
    refuses(more_requirements_are_never_milder, world, averaging)


def test_control_a_gate_that_is_lenient_without_evidence_breaks_the_law() -> None:
    def trusting(world: World, now: datetime) -> Decision:
        found = real(world, now)
        seen = all(evidence.complete for _, evidence in world.evidences.values())
        return found if seen else dataclasses.replace(found, effective=Verdict.ALLOW)

    warned = one(GOOD, budgets={"rides": BudgetState(0.99, 0.0)})
    quiet = promised()
    known_well = World({"rides": (quiet, known(quiet, looked(quiet)))}, warned.subject, "train", Policy())
    known_well = dataclasses.replace(known_well, budgets=warned.budgets)
    less_is_never_milder(known_well, real)
    standings = known_well.case(NOW).standings
    assert not standings["rides"].findings
    refuses(less_is_never_milder, known_well, trusting)


def test_control_a_confirmation_that_only_decides_again_breaks_the_law() -> None:
    held, fine = real(one(Evidence("rides")), NOW), real(one(GOOD), NOW)
    never_improves(held, fine, confirmed)
    try:
        never_improves(held, fine, lambda before, after, decision_id: after)
    except AssertionError:
        return
    raise AssertionError("a confirmation that improves must be refused")
