"""What happens on each kind of absence is a table, and the gate answers by it."""

import dataclasses
from collections.abc import Callable
from itertools import product

import pytest

from featureguard.conformance import Outcome, Row, Situation, load, pure_gate, run, situation
from featureguard.conformance.runner import TIERS
from featureguard.conformance.situations import _KINDS
from featureguard.errors import UsageError
from featureguard.policy import ACTIONS, Policy
from featureguard.result import Code, Status
from featureguard.verdict import Decision, Reason, Verdict, worst

ROWS = load()
ABSENCES = {
    *(Code.NO_EVIDENCE, Code.NO_REQUIREMENTS, Code.CONTRACT_MISSING, Code.CONTRACT_CHANGED, Code.COLD_START),
    *(code for code in Code if code.name.startswith("EVIDENCE_")),
    *(Code.SOURCE_UNREADABLE, Code.SOURCE_CORRUPT, Code.RESOURCE_LIMIT, Code.STORE_UNAVAILABLE),
    *(
        Code.CHECK_TIMEOUT,
        Code.CHECK_CRASHED,
        Code.NEVER_ARRIVED,
        Code.PARTITION_MISSING,
        Code.WINDOW_MISSING,
    ),
}
"""Codes that say that something is not there; GATE_UNREACHABLE and CONTRACT_INVALID leave no decision."""


def told(outcome: Outcome) -> str:
    where = f"{outcome.row.kind}, tier {outcome.tier}, {outcome.action}"
    return f"{where}: expected {outcome.expected}, got {outcome.got} {list(outcome.codes)}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind)
def test_the_gate_answers_as_the_table_says(row: Row) -> None:
    outcomes = run(pure_gate, [row])
    assert len(outcomes) == len(TIERS) * len(ACTIONS)
    assert [told(outcome) for outcome in outcomes if not outcome.conforms] == []


def test_the_table_is_complete() -> None:
    assert [row.kind for row in ROWS] == list(dict.fromkeys(row.kind for row in ROWS))
    assert {row.kind for row in ROWS} == set(_KINDS)
    for row in ROWS:
        assert set(row.expected) == set(product(TIERS, ACTIONS))
        assert row.what
    assert {row.code for row in ROWS} >= ABSENCES


def test_no_absence_of_evidence_is_allowed_without_a_word() -> None:
    for row in ROWS:
        for (tier, action), verdict in row.expected.items():
            if row.code is not None:
                assert verdict is not Verdict.ALLOW
            if action != "serve" and tier < 2:
                assert verdict.allowed == (row.kind in ("external_behind", "cold_start", "budget_unknown"))


def lenient(found: Situation) -> Decision:
    """A wrong gate: what is unknown is allowed."""
    decision = pure_gate(found)

    def forgiven(reason: Reason) -> Reason:
        return (
            reason if reason.status is Status.FAIL else dataclasses.replace(reason, effective=Verdict.ALLOW)
        )

    reasons = tuple(map(forgiven, decision.reasons))
    effective = worst(*(reason.effective for reason in reasons))
    return dataclasses.replace(decision, reasons=reasons, effective=effective)


def newest_wins(found: Situation) -> Decision:
    """A wrong gate: contradictions are settled by the newest look."""
    evidences = {name: dataclasses.replace(e, seen=e.seen[:1]) for name, e in found.evidences.items()}
    return pure_gate(dataclasses.replace(found, evidences=evidences))


def by_a_loose_policy(found: Situation) -> Decision:
    """A wrong gate: it decides by a looser policy than it was asked to."""
    return pure_gate(
        dataclasses.replace(found, policy=Policy.model_validate({"tiers": {"0": {"unknown": "warn"}}}))
    )


def broken(surface: Callable[[Situation], Decision]) -> set[str]:
    return {outcome.row.kind for outcome in run(surface) if not outcome.conforms}


def test_control_a_gate_that_allows_the_unknown_fails_in_every_row_that_is_not_a_failure() -> None:
    failures = {row.kind for row in ROWS if Verdict.BLOCK in row.expected.values()}
    assert broken(lenient) == {row.kind for row in ROWS if row.code} - failures


def test_control_a_gate_in_which_the_newest_wins_fails_where_looks_contradict() -> None:
    assert "contradicted" in broken(newest_wins)


def test_control_a_gate_with_a_looser_policy_fails_where_evidence_is_missing() -> None:
    assert {"never_looked", "look_expired", "unreadable"} <= broken(by_a_loose_policy)


def test_a_surface_says_which_situations_cannot_arise_on_it() -> None:
    outcomes = run(lambda found: None if found.kind == "not_in_the_case" else pure_gate(found))
    assert {outcome.row.kind for outcome in outcomes if outcome.got is None} == {"not_in_the_case"}
    assert all(outcome.conforms for outcome in outcomes)


def test_an_unknown_kind_is_refused_with_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r"No kind of absence is called 'never_loked'. Did you mean"):
        situation("never_loked", 0, "train")
