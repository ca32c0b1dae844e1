"""Waivers soften the reasons they name, for as long and as far as they go, and are always listed."""

from datetime import timedelta
from typing import Any

import pytest

from featureguard.gate import BudgetState, decide
from featureguard.histogram import TimeHistogram
from featureguard.observation import PopulationReading
from featureguard.policy import Policy
from featureguard.result import Code
from featureguard.verdict import Decision, Verdict
from featureguard.waiver import Waiver
from tests.builders import DAY, HOUR, NOW
from tests.gate_world import (
    EVIDENCE_AGE,
    TICK,
    case_of,
    codes,
    decided,
    known,
    looked,
    model,
    promised,
    waived,
)

ALLOW, WARN, HOLD, BLOCK = Verdict
RIDES = promised(evidence_max_age="6d")
STALE = known(RIDES, looked(RIDES, age=31 * HOUR))


def ruled(*waivers: Waiver, **more: Any) -> Decision:
    return decided(RIDES, STALE, waivers=waivers, **more)


def test_a_waiver_lowers_the_effective_verdict_and_leaves_the_raw_one() -> None:
    waiver = waived(RIDES, ticket="OPS-7")
    decision = ruled(waiver)
    assert (decision.raw, decision.effective) == (BLOCK, WARN)
    assert decision.reasons[0].waiver == waiver.id
    (remark,) = decision.remarks
    assert (remark.code, remark.waiver, remark.dataset) == (Code.WAIVER_APPLIED, waiver.id, "rides")
    assert remark.text == (
        "DATA_STALE waived by ann and bob (unverified) until 2013-02-10 12:00 UTC: the vendor is down, OPS-7"
    )


def test_a_decision_that_rests_on_a_waiver_is_valid_until_the_waiver_ends() -> None:
    decision = ruled(waived(RIDES))
    assert decision.valid_until == NOW + DAY
    at_the_end = ruled(waived(RIDES), now=NOW + DAY)
    assert at_the_end.effective is BLOCK
    assert [remark.code for remark in at_the_end.remarks] == [Code.WAIVER_EXPIRED]


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"since": NOW + TICK}, "begins at"),
        ({"until": NOW}, "expired at"),
        ({"revoked_at": NOW, "revoked_by": "eve"}, "was revoked by eve"),
        ({"digests": {"rides": promised().digest}}, "was given for other promises of 'rides'"),
        ({"digests": {}}, "was given for other promises of 'rides'"),
        ({"approved_by": None}, "has no second person, whom tier 0 needs"),
        ({"since": NOW - 7 * DAY, "until": NOW + TICK}, "lasts longer than the 7d that the policy allows"),
        ({"bound": 31 * 3600 - 1}, "goes as far as 111599, and 111600.0 is observed"),
    ],
)
def test_a_waiver_that_does_not_hold_is_mentioned_and_covers_nothing(parts: dict[str, Any], why: str) -> None:
    decision = ruled(waived(RIDES, **parts))
    assert decision.effective is BLOCK
    (remark,) = decision.remarks
    assert remark.code is Code.WAIVER_EXPIRED
    assert why in remark.text


@pytest.mark.parametrize(
    "parts",
    [
        {"since": NOW},
        {"until": NOW + TICK},
        {"revoked_at": NOW + TICK, "revoked_by": "eve"},
        {"since": NOW - 6 * DAY},
        {"bound": 31 * 3600},
        {"column": "at"},
        {"subject": "model"},
        {"dataset": None, "subject": "model"},
    ],
)
def test_a_waiver_that_just_holds_covers(parts: dict[str, Any]) -> None:
    assert ruled(waived(RIDES, **parts)).effective is WARN


def test_a_waiver_that_will_be_revoked_ends_the_validity_then() -> None:
    revoked = waived(RIDES, revoked_at=NOW + HOUR, revoked_by="eve")
    assert ruled(revoked).valid_until == NOW + HOUR


def test_it_says_to_look_again_when_a_waiver_begins() -> None:
    soon = waived(RIDES, since=NOW + timedelta(minutes=2))
    assert (ruled(soon).effective, ruled(soon).look_again_at) == (BLOCK, NOW + timedelta(minutes=2))


@pytest.mark.parametrize(
    "parts",
    [{"codes": (Code.NULL_LIMIT,)}, {"column": "fare"}, {"subject": "other"}, {"dataset": "trips"}],
)
def test_a_waiver_of_something_else_is_not_even_mentioned(parts: dict[str, Any]) -> None:
    decision = ruled(waived(RIDES, **parts))
    assert (decision.effective, decision.remarks) == (BLOCK, ())


def test_a_waiver_long_expired_is_forgotten() -> None:
    old = {"since": NOW - 9 * DAY}
    assert ruled(waived(RIDES, **old, until=NOW - 7 * DAY)).remarks == ()
    assert len(ruled(waived(RIDES, **old, until=NOW - 7 * DAY + TICK)).remarks) == 1


def test_one_person_is_enough_below_tier_0_and_where_the_policy_says_so() -> None:
    alone = waived(RIDES, approved_by=None)
    assert ruled(alone, policy=Policy(second_person=())).effective is WARN
    lower = promised(tier=1)
    stale = known(lower, looked(lower, age=31 * HOUR))
    own = waived(lower, approved_by=None)
    assert decided(lower, stale, waivers=(own,), subject=model("rides", tier=1)).effective is WARN
    assert decided(lower, stale, waivers=(own,), subject=model("rides", tier=0)).effective is BLOCK


def test_of_several_waivers_the_one_that_lasts_longest_is_used() -> None:
    short, long = waived(RIDES, until=NOW + HOUR), waived(RIDES)
    assert ruled(short, long) == ruled(long, short)
    assert ruled(short, long).reasons[0].waiver == long.id
    assert ruled(short, long).valid_until == NOW + DAY


def test_a_bound_is_outgrown_by_age() -> None:
    decision = ruled(waived(RIDES, bound=33 * 3600))
    assert (decision.effective, decision.valid_until) == (WARN, NOW + 2 * HOUR + TICK)
    assert ruled(waived(RIDES, bound=33 * 3600), now=NOW + 2 * HOUR).effective is WARN
    assert ruled(waived(RIDES, bound=33 * 3600), now=NOW + 2 * HOUR + TICK).effective is BLOCK


def test_a_bound_that_will_be_outgrown_by_data_still_fresh_ends_the_validity_too() -> None:
    contract = promised(evidence_max_age="6d", volume={"at_least": 500, "severity": "warn"})
    evidence = known(contract, looked(contract))
    decision = decided(contract, evidence, waivers=(waived(contract, bound=33 * 3600, until=NOW + 3 * DAY),))
    assert codes(decision) == ["VOLUME_OUT_OF_RANGE"]
    assert decision.valid_until == NOW + 32 * HOUR + TICK


def test_where_less_is_worse_a_bound_is_a_floor() -> None:
    contract = promised(volume={"at_least": 500})
    evidence = known(contract, looked(contract))  # 100 rows
    few = Code.VOLUME_OUT_OF_RANGE
    assert decided(contract, evidence, waivers=(waived(contract, few, bound=100),)).effective is WARN
    assert decided(contract, evidence, waivers=(waived(contract, few, bound=101),)).effective is BLOCK


def test_the_share_of_a_population_may_sink_below_a_bound_so_the_answer_is_short() -> None:
    rows = {"of": "rows", "within": "2h", "at_least": "90%"}
    contract = promised(freshness={"max_age": "30h", "population": rows})
    first = int((NOW - 3 * HOUR).timestamp())
    times = TimeHistogram.of_seconds((first + second, 1) for second in range(0, 7200, 60))
    evidence = known(contract, looked(contract, population=PopulationReading("rows", times)))
    waiver = waived(contract, Code.POPULATION_STALE, bound=0.4)
    decision = decided(contract, evidence, waivers=(waiver,))
    assert decision.effective is WARN
    assert NOW < (decision.valid_until or NOW) <= NOW + timedelta(minutes=1)
    unbound = waived(contract, Code.POPULATION_STALE)
    assert decided(contract, evidence, waivers=(unbound,)).valid_until == NOW + EVIDENCE_AGE + TICK


def test_a_reason_without_a_number_is_beyond_every_bound() -> None:
    contract = promised()
    unseen = known(contract)
    assert decided(contract, unseen, waivers=(waived(contract, Code.NO_EVIDENCE),)).effective is WARN
    bound = waived(contract, Code.NO_EVIDENCE, bound=10)
    assert decided(contract, unseen, waivers=(bound,)).effective is HOLD


@pytest.mark.parametrize("code", [Code.SOURCE_CORRUPT, Code.EVIDENCE_CONTRADICTORY, Code.CONTRACT_INVALID])
def test_broken_evidence_cannot_be_waived(code: Code) -> None:
    with pytest.raises(ValueError, match=f"{code.value} cannot be waived"):
        waived(RIDES, code)
    forged = waived(RIDES).model_copy(update={"codes": (code,)})
    corrupt = known(RIDES, looked(RIDES, failure=code))
    assert decided(RIDES, corrupt, waivers=(forged,)).effective is HOLD


def test_reasons_of_the_subject_can_be_waived_for_the_subject() -> None:
    parts: dict[str, Any] = {"dataset": None, "subject": "model", "digests": {}}
    nothing = waived(RIDES, Code.NO_REQUIREMENTS, **parts)
    empty = case_of([(RIDES, STALE)], subject=model(), waivers=(nothing,))
    assert (decide(empty).effective, decide(empty).valid_until) == (WARN, NOW + DAY)
    missing = waived(RIDES, Code.CONTRACT_MISSING, **parts)
    case = case_of([], subject=model({"external": "weather"}), waivers=(missing,))
    assert (decide(case).effective, decide(case).valid_until) == (WARN, NOW + DAY)


def test_a_waiver_changes_no_warning() -> None:
    spent = Code.BUDGET_EXHAUSTED
    fresh = known(RIDES, looked(RIDES))
    decision = decided(RIDES, fresh, budget=BudgetState(0.99, 0.0), waivers=(waived(RIDES, spent),))
    assert (decision.effective, decision.remarks) == (WARN, ())
    assert decision.reasons[0].waiver is None
