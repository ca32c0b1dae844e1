"""Cases and decisions are written in one spelling, and read back to the same bytes."""

import pytest

from featureguard.errors import UsageError
from featureguard.gate import BudgetState, Case, decide
from featureguard.gate.documents import (
    case_from_text,
    case_to_text,
    decision_from_dict,
    decision_from_text,
    decision_to_dict,
    decision_to_text,
    digest_of,
)
from featureguard.policy import Policy
from featureguard.result import Code, Status
from tests.builders import HOUR
from tests.gate_world import case_of, known, looked, model, other_tool, promised, waived


def full_case() -> Case:
    """A case with a bit of everything."""
    delivery = {"cron": "0 1 * * *", "calendar": {"also": ["2013-02-01"]}}
    raw = promised("raw", 3, enforcement="observe", freshness={"delivery": delivery})
    rides = promised(upstream=["raw", {"external": "weather"}], volume={"at_least": 500})
    failed = other_tool(Status.FAIL, observed=3.0, code=Code.NULL_LIMIT)
    return case_of(
        [(raw, known(raw)), (rides, known(rides, looked(rides, age=31 * HOUR), external=(failed,)))],
        subject=model("rides", tier=1, tags=("ranking",)),
        policy=Policy.model_validate(
            {"policy": "strict", "actions": {"train": {"tiers": {"1": {"budget": "block"}}}}}
        ),
        budget=BudgetState(0.99, -0.5),
        waivers=(waived(rides, Code.DATA_STALE, bound=33 * 3600), waived(rides, Code.BUDGET_EXHAUSTED)),
    )


def test_a_stored_case_is_decided_again_to_the_same_bytes() -> None:
    case = full_case()
    again = case_from_text(case_to_text(case))
    assert decision_to_text(decide(again)) == decision_to_text(decide(case))
    assert case_to_text(again) == case_to_text(case)


def test_a_decision_is_read_as_it_was_written() -> None:
    decision = decide(full_case())
    text = decision_to_text(decision)
    assert decision_from_text(text) == decision
    assert decision_from_dict(decision_to_dict(decision)) == decision
    assert digest_of(decision_to_text(decision_from_text(text))) == digest_of(text)


def test_a_case_keeps_only_the_lineage_that_it_needs() -> None:
    rides, other = promised(), promised("other")
    pairs = [(rides, known(rides)), (other, known(other))]
    case = case_of(pairs, subject=model("rides"))
    assert set(case.lineage.kinds) == {"model", "rides", "other"}
    assert set(case_from_text(case_to_text(case)).lineage.kinds) == {"model", "rides"}


@pytest.mark.parametrize("text", ["", "{}", '{"subject": 3}', "[1]"])
def test_what_is_no_document_is_refused_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="This is no case: "):
        case_from_text(text)
    with pytest.raises(UsageError, match="This is no decision: "):
        decision_from_text(text)
