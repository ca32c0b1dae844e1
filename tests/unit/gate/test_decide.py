"""May this subject do that now, why not, what to do, and until when does the answer hold?"""

import dataclasses
from datetime import timedelta

import pytest

from featureguard.errors import UsageError
from featureguard.evidence import Evidence
from featureguard.gate import EVALUATOR, BudgetState, decide
from featureguard.lineage import Kind, Lineage
from featureguard.policy import Policy
from featureguard.result import Code, Status
from featureguard.verdict import Verdict
from tests.builders import HOUR, NOW
from tests.gate_world import (
    EVIDENCE_AGE,
    MINUTE,
    TICK,
    case_of,
    codes,
    decided,
    known,
    looked,
    model,
    other_tool,
    promised,
    stand,
)

ALLOW, WARN, HOLD, BLOCK = Verdict
RIDES = promised()
FRESH = known(RIDES, looked(RIDES))
STALE = known(RIDES, looked(RIDES, age=31 * HOUR))
UNSEEN = Evidence("rides")


def test_good_evidence_is_allowed_until_it_is_too_old() -> None:
    decision = decided(RIDES, FRESH)
    assert (decision.raw, decision.effective, decision.reasons) == (ALLOW, ALLOW, ())
    assert decision.valid_until == NOW + EVIDENCE_AGE + TICK
    assert decision.look_again_at is None
    assert decision.evaluator == EVALUATOR
    assert decision.contracts == {"rides": RIDES.digest}
    assert decision.policy_digest == Policy().digest


def test_a_broken_promise_blocks_and_says_everything_the_person_on_call_needs() -> None:
    contract = promised(runbook="https://wiki/rides")
    decision = decided(contract, known(contract, looked(contract, at=NOW - MINUTE, age=31 * HOUR)))
    (reason,) = decision.reasons
    assert (decision.effective, decision.valid_until) == (BLOCK, None)
    assert decision.look_again_at == NOW + 5 * MINUTE
    assert (reason.code, reason.check, reason.column) == (Code.DATA_STALE, "freshness", "at")
    assert (reason.status, reason.tier, reason.verdict) == (Status.FAIL, 0, BLOCK)
    assert (reason.observed, reason.limit) == (31 * 3600, 30 * 3600)
    assert reason.evidence_age_seconds == 60
    assert reason.path == ("model", "rides")
    assert (reason.owner, reason.runbook) == ("rides@example.org", "https://wiki/rides")
    assert reason.text
    assert reason.hint


@pytest.mark.parametrize(("tier", "subject_tier", "verdict"), [(0, 3, HOLD), (3, 1, HOLD), (3, 2, WARN)])
def test_unknown_holds_by_the_stricter_of_both_tiers(tier: int, subject_tier: int, verdict: Verdict) -> None:
    contract = promised(tier=tier)
    decision = decided(contract, UNSEEN, subject=model("rides", tier=subject_tier))
    assert decision.effective is verdict
    assert decision.reasons[0].tier == min(tier, subject_tier)


def test_serve_reports_everything_and_stops_nothing() -> None:
    decision = decided(RIDES, STALE, "serve")
    assert (decision.raw, decision.effective) == (BLOCK, WARN)
    assert (decision.reasons[0].verdict, decision.reasons[0].effective) == (BLOCK, WARN)


def test_a_subject_that_requires_nothing_is_held() -> None:
    decision = decided(RIDES, FRESH, subject=model(tier=3))
    assert (decision.effective, codes(decision)) == (HOLD, ["NO_REQUIREMENTS"])
    serving = decided(RIDES, FRESH, "serve", subject=model())
    assert (serving.raw, serving.effective) == (HOLD, WARN)


def test_observe_reports_its_dataset_only() -> None:
    watched = promised(enforcement="observe")
    stale = known(watched, looked(watched, age=31 * HOUR))
    assert decided(watched, stale).effective is WARN
    trips = promised("trips")
    both = decide(case_of([(watched, stale), (trips, Evidence("trips"))]))
    assert (both.raw, both.effective) == (BLOCK, HOLD)
    assert codes(both) == ["NO_EVIDENCE", "DATA_STALE"]  # worst effective verdict first


def test_dry_run_and_repair_report_only_and_say_so() -> None:
    dry = decided(RIDES, STALE, mode="dry_run")
    assert (dry.raw, dry.effective, dry.mode) == (BLOCK, WARN, "dry_run")
    policy = Policy.model_validate({"actions": {"backfill": {"repair": True}, "score": {}}})
    repair = decided(RIDES, STALE, "backfill", policy=policy)
    assert (repair.raw, repair.effective, repair.mode) == (BLOCK, WARN, "dry_run")
    own = decided(RIDES, STALE, "score", policy=policy)
    assert (own.effective, own.mode) == (BLOCK, "enforce")


def test_an_action_that_the_policy_does_not_know_is_refused() -> None:
    with pytest.raises(UsageError, match="knows no action 'trian', only train, promote, serve, deploy"):
        decided(RIDES, FRESH, "trian")


@pytest.mark.parametrize(
    ("left", "verdict", "code"),
    [
        (0.1, ALLOW, []),
        (None, WARN, ["NO_EVIDENCE"]),
        (0.0, WARN, ["BUDGET_EXHAUSTED"]),
        (-1.0, WARN, ["BUDGET_EXHAUSTED"]),
    ],
)
def test_a_spent_budget_warns_and_so_does_an_unknown_one(
    left: float | None, verdict: Verdict, code: list[str]
) -> None:
    decision = decided(RIDES, FRESH, budget=BudgetState(0.99, left))
    assert (decision.effective, codes(decision)) == (verdict, code)


def test_a_policy_may_block_on_a_spent_budget_and_then_holds_on_an_unknown_one() -> None:
    policy = Policy.model_validate({"tiers": {"0": {"budget": "block"}}})
    assert decided(RIDES, FRESH, policy=policy, budget=BudgetState(0.99, 0.0)).effective is BLOCK
    assert decided(RIDES, FRESH, policy=policy, budget=BudgetState(0.99, None)).effective is HOLD


def test_an_external_dataset_is_unknown_where_it_is_required_and_a_note_behind_a_contract() -> None:
    direct = decided(RIDES, FRESH, subject=model("rides", {"external": "weather"}))
    assert (direct.effective, codes(direct)) == (HOLD, ["CONTRACT_MISSING"])
    assert direct.reasons[0].path == ("model", "weather")
    behind = promised(upstream=[{"external": "weather"}])
    decision = decided(behind, known(behind, looked(behind)))
    assert decision.effective is ALLOW
    assert [(remark.code, remark.dataset) for remark in decision.remarks] == [
        (Code.CONTRACT_MISSING, "weather")
    ]


def test_a_break_far_upstream_reaches_the_subject_by_its_shortest_way() -> None:
    raw, clean = promised("raw"), promised("clean", upstream=["raw"])
    pairs = [(raw, known(raw, looked(raw, age=31 * HOUR))), (clean, known(clean, looked(clean)))]
    decision = decide(case_of(pairs, subject=model("clean")))
    (reason,) = decision.reasons
    assert (reason.dataset, reason.path) == ("raw", ("model", "clean", "raw"))


def test_of_equal_reasons_the_deepest_comes_first() -> None:
    names = ["raw", "clean"]
    contracts = [promised("raw"), promised("clean", upstream=["raw"])]
    pairs = [(contract, Evidence(name)) for contract, name in zip(contracts, names, strict=True)]
    decision = decide(case_of(pairs, subject=model("clean")))
    assert [reason.dataset for reason in decision.reasons] == names


@pytest.mark.parametrize("subject_tier", [0, 3])
def test_a_dataset_missing_from_the_case_counts_as_the_most_critical(subject_tier: int) -> None:
    case = case_of([(RIDES, FRESH)], subject=model("rides", tier=subject_tier))
    decision = decide(dataclasses.replace(case, standings={}))
    assert (decision.effective, codes(decision)) == (HOLD, ["NO_EVIDENCE"])
    assert (decision.reasons[0].dataset, decision.reasons[0].tier) == ("rides", 0)


def test_a_case_whose_parts_do_not_fit_together_is_refused() -> None:
    case = case_of([(RIDES, FRESH)])
    with pytest.raises(UsageError, match="does not know that 'model' requires rides"):
        decide(dataclasses.replace(case, lineage=Lineage({}, {"rides": Kind.DATASET})))
    later = {"rides": stand(RIDES, FRESH, NOW + TICK)}
    with pytest.raises(UsageError, match=r"'rides' was assessed for .* after the instant of the case"):
        decide(dataclasses.replace(case, standings=later))


def test_a_standing_of_an_earlier_instant_is_read_at_the_instant_of_the_case() -> None:
    case = dataclasses.replace(case_of([(RIDES, FRESH)]), now=NOW + 2 * HOUR)
    assert codes(decide(case)) == ["EVIDENCE_EXPIRED"]


def test_an_allowed_warning_is_valid_until_it_gets_worse_not_until_it_changes() -> None:
    contract = promised(freshness={"max_age": "110min", "warn_age": "70min"})
    evidence = known(contract, looked(contract))
    assert decided(contract, evidence).valid_until == NOW + 10 * MINUTE + TICK
    warned = decided(contract, evidence, now=NOW + 15 * MINUTE)
    assert (warned.effective, warned.valid_until) == (WARN, NOW + 50 * MINUTE + TICK)


def test_what_is_not_allowed_is_valid_at_no_time_though_it_will_get_worse() -> None:
    contract = promised(
        freshness={"max_age": "70min"}, external_checks=[{"tool": "dbt", "check": "not_null"}]
    )
    decision = decided(contract, known(contract, looked(contract)))
    assert (decision.effective, decision.valid_until) == (HOLD, None)


def test_of_several_datasets_the_first_to_get_worse_ends_the_validity() -> None:
    trips = promised("trips", evidence_max_age="30min")
    decision = decide(case_of([(RIDES, FRESH), (trips, known(trips, looked(trips)))]))
    assert decision.valid_until == NOW + 30 * MINUTE + TICK


def test_where_nothing_can_get_worse_the_answer_has_no_end() -> None:
    assert decided(RIDES, STALE, "serve").valid_until is None


def test_it_says_to_look_again_when_a_look_from_the_future_becomes_present() -> None:
    ahead = known(RIDES, looked(RIDES, at=NOW + 7 * MINUTE))
    assert decided(RIDES, ahead).look_again_at == NOW + 2 * MINUTE
    far = known(RIDES, looked(RIDES, at=NOW + 70 * MINUTE))
    assert decided(RIDES, far).look_again_at == NOW + 5 * MINUTE


def test_a_failing_dbt_test_blocks_by_its_own_severity() -> None:
    failed = known(RIDES, looked(RIDES), external=(other_tool(Status.FAIL, code=Code.NULL_LIMIT),))
    assert (decided(RIDES, failed).effective, codes(decided(RIDES, failed))) == (BLOCK, ["NULL_LIMIT"])


def test_a_delivery_that_is_due_soon_ends_the_validity_when_its_grace_does() -> None:
    # NOW is a Saturday noon; the data of Saturday is due on Sunday at 01:00.
    daily = {"cron": "0 1 * * *", "grace": "30min", "evidence_max_age": "1d"}
    contract = promised(freshness={"delivery": daily}, evidence_max_age="1d", time={"event": "at"})
    decision = decided(contract, known(contract, looked(contract)))
    assert decision.valid_until == NOW + timedelta(hours=13, minutes=30)
    worse = decided(contract, known(contract, looked(contract)), now=NOW + timedelta(hours=13, minutes=30))
    assert codes(worse) == ["NO_EVIDENCE"]


def test_the_order_of_the_files_changes_nothing() -> None:
    trips = promised("trips")
    pairs = [(RIDES, STALE), (trips, Evidence("trips"))]
    assert decide(case_of(pairs)) == decide(case_of(pairs[::-1]))
