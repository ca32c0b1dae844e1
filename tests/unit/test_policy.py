"""Policies map findings to verdicts: the most particular rule wins, and worse is never milder."""

from datetime import timedelta

import pytest

from featureguard.policy import ACTIONS, BUDGET, Policy
from featureguard.result import CheckResult, Code, Severity, Status
from featureguard.verdict import Verdict
from tests.builders import DAY, HOUR

ALLOW, WARN, HOLD, BLOCK = Verdict


def policy(**parts: object) -> Policy:
    return Policy.model_validate(parts)


def verdict(
    status: Status,
    severity: Severity = Severity.BLOCK,
    code: Code | None = None,
    *,
    tier: int = 0,
    check: str = "nulls",
    under: Policy | None = None,
) -> Verdict:
    finding = CheckResult(check, status, severity, code)
    return (under or Policy()).rule("train", tier).verdict(finding)


def test_by_default_a_broken_promise_counts_the_same_on_every_tier() -> None:
    for tier in range(4):
        assert verdict(Status.PASS, tier=tier) is ALLOW
        assert verdict(Status.FAIL, tier=tier) is BLOCK
        assert verdict(Status.FAIL, Severity.WARN, tier=tier) is WARN


def test_by_default_what_is_unknown_holds_on_tiers_0_and_1_and_warns_below() -> None:
    assert [verdict(Status.UNKNOWN, tier=tier) for tier in range(4)] == [HOLD, HOLD, WARN, WARN]
    assert verdict(Status.UNKNOWN, Severity.WARN) is WARN
    relaxed = policy(tiers={"0": {"unknown": "allow"}})
    assert verdict(Status.UNKNOWN, Severity.WARN, under=relaxed) is ALLOW


def test_a_cold_start_warns_and_only_while_it_is_unknown() -> None:
    assert verdict(Status.UNKNOWN, code=Code.COLD_START) is WARN
    assert verdict(Status.FAIL, code=Code.COLD_START) is BLOCK
    strict = policy(tiers={"0": {"cold_start": "block"}})
    assert verdict(Status.UNKNOWN, code=Code.COLD_START, under=strict) is HOLD  # never above unknown


def test_a_contradiction_holds_on_every_tier_and_never_lowers() -> None:
    for tier in range(4):
        assert verdict(Status.UNKNOWN, code=Code.EVIDENCE_CONTRADICTORY, tier=tier) is HOLD
    assert verdict(Status.FAIL, code=Code.EVIDENCE_CONTRADICTORY) is BLOCK


def test_a_budget_has_a_rule_of_its_own_and_an_unknown_one_at_most_that() -> None:
    spent, strict = Code.BUDGET_EXHAUSTED, policy(tiers={"0": {"budget": "block"}})
    assert verdict(Status.FAIL, code=spent, check=BUDGET) is WARN
    assert verdict(Status.FAIL, code=spent, check=BUDGET, under=strict) is BLOCK
    assert verdict(Status.UNKNOWN, check=BUDGET) is WARN
    assert verdict(Status.UNKNOWN, check=BUDGET, under=strict) is HOLD
    assert verdict(Status.FAIL, code=spent) is BLOCK  # said by another check


def test_the_most_particular_rule_wins() -> None:
    found = policy(
        tiers={"0": {"unknown": "warn"}, "1": {"unknown": "warn"}},
        actions={"train": {"unknown": "allow", "tiers": {"1": {"unknown": "block"}}}},
    )
    assert found.rule("promote", 1).unknown is WARN
    assert found.rule("train", 0).unknown is ALLOW
    assert found.rule("train", 1).unknown is BLOCK
    assert found.rule("promote", 0).unknown is WARN
    assert Policy().rule("promote", 0).unknown is HOLD


def test_only_serve_has_a_ceiling_unless_a_policy_says_otherwise() -> None:
    assert {action: Policy().rule(action, 0).at_most for action in ACTIONS} == {
        "train": BLOCK,
        "promote": BLOCK,
        "serve": WARN,
        "deploy": BLOCK,
    }
    assert policy(actions={"serve": {"at_most": "block"}}).rule("serve", 0).at_most is BLOCK
    assert policy(tiers={"3": {"at_most": "warn"}}).rule("train", 3).at_most is WARN


@pytest.mark.parametrize("rules", [{"fail": "warn"}, {"unknown": "block", "fail": "hold"}, {"fail": "allow"}])
def test_a_policy_in_which_worse_is_milder_is_refused(rules: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="must weigh at least"):
        policy(tiers={"0": rules})


def test_a_policy_in_which_worse_is_as_bad_is_fine() -> None:
    found = policy(tiers={"0": {"fail": "warn", "unknown": "warn"}})
    assert verdict(Status.FAIL, under=found) is verdict(Status.UNKNOWN, under=found) is WARN


def test_only_an_action_of_ones_own_can_be_a_repair() -> None:
    assert policy(actions={"backfill": {"repair": True}}).is_repair("backfill")
    assert not policy(actions={"backfill": {}}).is_repair("backfill")
    assert not Policy().is_repair("train")
    with pytest.raises(ValueError, match="'promote' cannot be a 'repair'"):
        policy(actions={"promote": {"repair": True}})


def test_own_actions_join_the_known_ones() -> None:
    found = policy(actions={"backfill": {}, "train": {}})
    assert found.known_actions == ("train", "promote", "serve", "deploy", "backfill")


def test_trust_and_unknown_time_follow_the_tier_unless_a_policy_says_otherwise() -> None:
    assert [Policy().trusts_for(tier) for tier in range(4)] == [HOUR, 6 * HOUR, 26 * HOUR, 26 * HOUR]
    assert policy(evidence_max_age={"0": "2h"}).trusts_for(0) == 2 * HOUR
    assert [Policy().counts_unknown(tier) for tier in range(4)] == [True, True, False, False]
    assert policy(unknown_time={"3": "bad"}).counts_unknown(3)
    assert (Policy().waiver_max, Policy().second_person) == (7 * DAY, (0,))
    assert Policy().look_again_after == timedelta(minutes=5)


def test_the_digest_changes_with_the_rules_and_not_with_the_description() -> None:
    assert policy(description="a").digest == policy(description="b").digest
    assert policy(tiers={"0": {"budget": "block"}}).digest != Policy().digest
