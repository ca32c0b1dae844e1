"""Right before the action a decision is asked for again; it may keep or worsen, never improve."""

import pytest

from featureguard.errors import UsageError
from featureguard.gate import confirmed
from featureguard.result import Code
from featureguard.verdict import Verdict
from tests.builders import DAY, HOUR, NOW
from tests.gate_world import MINUTE, TICK, codes, decided, known, looked, promised, waived

RIDES = promised()
FRESH = decided(RIDES, known(RIDES, looked(RIDES)))
STALE = decided(RIDES, known(RIDES, looked(RIDES, age=31 * HOUR)))
UNSEEN = decided(RIDES, known(RIDES))


def test_what_stays_as_it_is_is_kept_with_the_new_instant() -> None:
    later = decided(RIDES, known(RIDES, looked(RIDES)), now=NOW + MINUTE)
    kept = confirmed(FRESH, later, "abc")
    assert (kept.effective, kept.confirms, kept.now) == (Verdict.ALLOW, "abc", NOW + MINUTE)
    assert (kept.valid_until, kept.look_again_at) == (later.valid_until, None)


def test_what_became_worse_is_worse() -> None:
    worse = confirmed(FRESH, STALE, "abc")
    assert (worse.effective, worse.raw, worse.valid_until) == (Verdict.BLOCK, Verdict.BLOCK, None)
    assert codes(worse) == ["DATA_STALE"]


def test_what_became_better_stays_as_bad_and_says_why() -> None:
    kept = confirmed(STALE, FRESH, "abc")
    assert (kept.effective, kept.raw, kept.valid_until) == (Verdict.BLOCK, Verdict.BLOCK, None)
    assert codes(kept) == ["DATA_STALE"]
    assert kept.look_again_at == NOW  # a new decision may be better at once


def test_reasons_of_both_are_told_once_worst_first() -> None:
    assert codes(confirmed(UNSEEN, STALE, "abc")) == ["DATA_STALE", "NO_EVIDENCE"]
    assert codes(confirmed(STALE, UNSEEN, "abc")) == ["DATA_STALE", "NO_EVIDENCE"]
    assert codes(confirmed(STALE, STALE, "abc")) == ["DATA_STALE"]


def test_a_waiver_given_meanwhile_does_not_improve_what_was_decided() -> None:
    stale = known(RIDES, looked(RIDES, age=31 * HOUR))
    waived_now = decided(RIDES, stale, waivers=(waived(RIDES, Code.DATA_STALE, until=NOW + DAY),))
    kept = confirmed(STALE, waived_now, "abc")
    assert kept.effective is Verdict.BLOCK
    assert [reason.effective for reason in kept.reasons] == [Verdict.BLOCK]


def test_another_question_or_an_earlier_one_confirms_nothing() -> None:
    promote = decided(RIDES, known(RIDES, looked(RIDES)), "promote")
    with pytest.raises(UsageError, match=r"'promote' of 'model' .* does not confirm 'train' of 'model'"):
        confirmed(FRESH, promote, "abc")
    earlier = decided(RIDES, known(RIDES, looked(RIDES)), now=NOW - TICK)
    with pytest.raises(UsageError, match="does not confirm"):
        confirmed(FRESH, earlier, "abc")
