"""Verdicts are ordered, and only the first two let an action start."""

from datetime import UTC, datetime

from featureguard.result import Code
from featureguard.verdict import Decision, Reason, Verdict, at_most, worst, worst_first

ALLOW, WARN, HOLD, BLOCK = Verdict


def test_verdicts_are_ordered_from_allow_to_block() -> None:
    assert sorted(Verdict, key=lambda verdict: verdict.rank) == [ALLOW, WARN, HOLD, BLOCK]
    assert [verdict.allowed for verdict in Verdict] == [True, True, False, False]
    assert [verdict.exit_code for verdict in Verdict] == [0, 0, 3, 1]


def test_the_worst_of_none_is_allow() -> None:
    assert worst() is ALLOW
    assert worst(WARN, BLOCK, HOLD) is BLOCK


def test_a_ceiling_lowers_and_never_raises() -> None:
    assert at_most(BLOCK, WARN) is at_most(WARN, BLOCK) is WARN
    assert at_most(ALLOW, WARN) is ALLOW


def test_a_decision_is_allowed_by_its_effective_verdict() -> None:
    now = datetime(2013, 1, 1, tzinfo=UTC)
    assert Decision("model", "train", now, BLOCK, WARN).allowed
    assert not Decision("model", "train", now, HOLD, HOLD).allowed


def test_reasons_are_told_by_what_counts_then_by_what_was_found_then_the_deepest_first() -> None:
    blocked = Reason(Code.DATA_STALE, BLOCK, BLOCK, "a", path=("m", "a"))
    deeper = Reason(Code.DATA_STALE, BLOCK, BLOCK, "b", path=("m", "a", "b"))
    softened = Reason(Code.DATA_STALE, BLOCK, WARN, "c", path=("m", "c"))
    mild = Reason(Code.NULL_LIMIT, WARN, WARN, "a", path=("m", "a", "b", "c"))
    told = sorted([mild, softened, blocked, deeper], key=worst_first)
    assert told == [deeper, blocked, softened, mild]
