"""Every status vector of up to three promises, on every tier, for every action, by three policies.

Raising one status (`pass < unknown < fail`), or one severity, never gives a milder verdict.
"""

import dataclasses
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from featureguard.gate import Case, Finding, Standing, decide
from featureguard.lineage import Kind, Lineage
from featureguard.policy import BUDGET, Policy
from featureguard.result import CheckResult, Code, Severity, Status
from featureguard.verdict import Verdict
from tests.builders import NOW
from tests.gate_strategies import ACTIONS, POLICIES
from tests.gate_world import model, promised

State = tuple[Status, Severity]
Vector = tuple[State, ...]
Answers = Callable[[Policy, str, int, Vector, Code | None], Verdict]

STATES: tuple[State, ...] = tuple(product(Status, Severity))
CONTRACTS = [promised(tier=tier) for tier in range(4)]
SUBJECTS = [model("rides", tier=tier) for tier in range(4)]
LINEAGE = Lineage({"model": ("rides",)}, {"model": Kind.SUBJECT, "rides": Kind.DATASET})
CODES = (None, Code.COLD_START, Code.EVIDENCE_CONTRADICTORY, Code.BUDGET_EXHAUSTED)


def answer(policy: Policy, action: str, tier: int, vector: Vector, code: Code | None) -> Verdict:
    """The gate's verdict about promises in these states; a code is that of the first one."""
    check = BUDGET if code is Code.BUDGET_EXHAUSTED else "nulls"
    found = tuple(
        Finding(CheckResult(check if i == 0 else "values", status, severity, None if i else code), NOW)
        for i, (status, severity) in enumerate(vector)
        if status is not Status.PASS
    )
    standing = Standing(CONTRACTS[tier], NOW, "digest", "evidence", NOW, len(vector), found)
    return decide(Case(SUBJECTS[tier], action, NOW, LINEAGE, {"rides": standing}, policy)).effective


def raised(vector: Vector) -> Iterator[Vector]:
    """The vector with one promise one step worse."""
    for i, (status, severity) in enumerate(vector):
        if status is not Status.FAIL:
            worse = list(Status)[status.rank + 1]
            yield (*vector[:i], (worse, severity), *vector[i + 1 :])
        if severity is Severity.WARN:
            yield (*vector[:i], (status, Severity.BLOCK), *vector[i + 1 :])


def raising_is_never_milder(answers: Answers, policy: Policy, code: Code | None, most: int) -> None:
    for action, tier, size in product(ACTIONS, range(4), range(1, most + 1)):
        vectors = list(product(STATES, repeat=size))
        known = {vector: answers(policy, action, tier, vector, code) for vector in vectors}
        for vector in vectors:
            for worse in raised(vector):
                assert known[worse].rank >= known[vector].rank, (action, tier, vector, worse)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.policy)
def test_raising_a_status_is_never_milder_for_any_three_promises(policy: Policy) -> None:
    raising_is_never_milder(answer, policy, None, 3)


@pytest.mark.parametrize("code", CODES[1:])
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.policy)
def test_raising_a_status_is_never_milder_whatever_it_is_about(policy: Policy, code: Code) -> None:
    raising_is_never_milder(answer, policy, code, 2)


def test_by_default_every_answer_is_the_one_that_the_specification_writes_down() -> None:
    for action, tier, vector in product(ACTIONS, range(4), product(STATES, repeat=2)):
        weights = [0]
        for status, severity in vector:
            unknown = 2 if tier < 2 and severity is Severity.BLOCK else 1
            fail = 3 if severity is Severity.BLOCK else 1
            weights.append({Status.PASS: 0, Status.UNKNOWN: unknown, Status.FAIL: fail}[status])
        expected = min(max(weights), 1) if action == "serve" else max(weights)
        assert answer(Policy(), action, tier, vector, None).rank == expected, (action, tier, vector)


def test_control_a_scale_that_puts_unknown_above_fail_breaks_the_law() -> None:
    def scared(policy: Policy, action: str, tier: int, vector: Vector, code: Code | None) -> Verdict:
        unknown = any(status is Status.UNKNOWN for status, _ in vector)
        return Verdict.BLOCK if unknown else min(answer(policy, action, tier, vector, code), Verdict.HOLD)

    with pytest.raises(AssertionError):
        raising_is_never_milder(scared, Policy(), None, 1)


def test_control_a_score_in_which_good_results_outweigh_bad_ones_breaks_the_law() -> None:
    def score(policy: Policy, action: str, tier: int, vector: Vector, code: Code | None) -> Verdict:
        failing = sum(status is Status.FAIL for status, _ in vector)
        return Verdict.WARN if failing == len(vector) else answer(policy, action, tier, vector, code)

    with pytest.raises(AssertionError):
        raising_is_never_milder(score, Policy(), None, 2)


def test_the_tier_that_counts_is_the_stricter_of_both() -> None:
    finding = Finding(CheckResult("nulls", Status.UNKNOWN), NOW)
    for own, above in product(range(4), repeat=2):
        standing = Standing(CONTRACTS[own], NOW, "digest", "evidence", NOW, 1, (finding,))
        case = Case(SUBJECTS[above], "train", NOW, LINEAGE, {"rides": standing})
        verdict = Verdict.HOLD if min(own, above) < 2 else Verdict.WARN
        assert decide(case).effective is verdict
        observed = dataclasses.replace(
            standing, contract=CONTRACTS[own].model_copy(update={"enforcement": "observe"})
        )
        assert decide(dataclasses.replace(case, standings={"rides": observed})).effective is Verdict.WARN
