"""Decisions on recorded evidence: what is asked, answered and written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from featureguard.errors import UsageError
from featureguard.gate.documents import decision_to_text
from featureguard.guard import Guard
from featureguard.policy import Policy
from featureguard.store import open_store
from tests.builders import HOUR
from tests.decision_world import MINUTE, TICK, TRUSTED, World, codes, world


@pytest.fixture
def it(tmp_path: Path, store_url: str) -> Iterator[World]:
    with world(tmp_path, store_url) as made:
        yield made


def test_fresh_data_is_allowed_stale_data_is_blocked(it: World) -> None:
    assert it.decide().decision.effective == "allow"
    it.now += 3 * HOUR
    it.look(age=2 * HOUR)
    assert it.decide().allowed
    it.look(age=2 * HOUR + TICK)
    stale = it.decide()
    assert (stale.decision.effective, stale.exit_code, codes(stale.decision)) == ("block", 1, ["DATA_STALE"])


def test_a_waiver_turns_a_block_into_a_warning_until_it_expires(it: World) -> None:
    it.go_stale()
    given = it.waive(lasts=30 * MINUTE)
    waived = it.decide().decision
    assert (waived.effective, waived.raw, waived.valid_until) == ("warn", "block", given.until)
    assert codes(waived) == ["DATA_STALE", "WAIVER_APPLIED"]
    it.now = given.until
    expired = it.decide().decision
    assert (expired.effective, codes(expired)) == ("block", ["DATA_STALE", "WAIVER_EXPIRED"])


def test_a_revoked_waiver_covers_nothing_from_the_instant_on_at_which_it_was_revoked(it: World) -> None:
    it.go_stale()
    given = it.waive()
    it.now += MINUTE
    it.revoke(given)
    assert it.decide().decision.effective == "block"


def test_a_waiver_is_void_once_the_contract_promises_something_else(it: World) -> None:
    it.go_stale()
    it.waive()
    it.promise(freshness={"max_age": "1h"})
    assert it.decide().decision.effective == "block"


def test_evidence_that_grew_old_holds(it: World) -> None:
    it.now += TRUSTED
    assert it.decide().allowed
    it.now += TICK
    old = it.decide()
    assert (old.exit_code, codes(old.decision)) == (3, ["EVIDENCE_EXPIRED"])


def test_a_decision_is_recorded_before_it_is_answered(it: World) -> None:
    ruling = it.decide(key="run 1")
    (known,) = it.store.decisions.recorded()
    assert (known.link.seal, known.key, known.kind) == (ruling.id, "run 1", "decision")
    assert (known.subject, known.action, known.effective) == ("pricing", "train", "allow")
    assert decision_to_text(ruling.decision) in known.link.body


def test_a_preview_says_what_decide_says_and_records_nothing(it: World) -> None:
    it.go_stale()
    it.waive()
    preview = it.guard.preview("pricing", "train")
    assert not it.store.decisions.recorded()
    assert decision_to_text(preview) == decision_to_text(it.decide().decision)


def test_one_key_has_one_answer_to_the_byte(it: World) -> None:
    first = it.decide(key="run 1")
    it.look(age=3 * HOUR)
    again = it.decide(key="run 1")
    assert (again.id, again.decision, again.repeated, again.allowed) == (first.id, first.decision, True, True)
    assert it.decide(key="run 2").decision.effective == "block"
    assert len(it.store.decisions.recorded()) == 2


def test_a_repeated_answer_that_no_longer_holds_lets_nothing_start(it: World) -> None:
    first = it.decide(key="nightly")
    assert first.decision.valid_until is not None
    it.now = first.decision.valid_until - TICK
    assert it.decide(key="nightly").allowed
    it.now += TICK
    late = it.decide(key="nightly")
    assert (late.decision, late.expired, late.allowed, late.exit_code) == (first.decision, True, False, 3)


def test_a_key_does_not_answer_another_question(it: World) -> None:
    it.decide(key="run 1")
    with pytest.raises(UsageError, match="already names a decision about 'pricing' and 'train'"):
        it.decide("deploy", key="run 1")
    it.promise(subject={"subject": "fraud"})
    with pytest.raises(UsageError, match="already names a decision about 'pricing' and 'train'"):
        it.guard.decide("fraud", "train", key="run 1")
    assert len(it.store.decisions.recorded()) == 1


def test_the_keys_of_confirmations_belong_to_nobody_else(it: World) -> None:
    first = it.decide()
    for key in (f"confirm:{first.id}:1", "confirm:x"):
        with pytest.raises(UsageError, match="Choose another"):
            it.decide(key=key)
    it.guard.confirm(str(first.id))
    with pytest.raises(UsageError, match="Choose another"):
        it.decide(key=f"confirm:{first.id}:1")


@pytest.mark.parametrize(
    ("subject", "action", "said"),
    [
        ("pricin", "train", "'pricin' is no subject. Did you mean 'pricing'?"),
        ("rides", "train", "'rides' is a dataset; a gate protects subjects."),
        ("pricing", "trian", "knows no action 'trian'. Did you mean 'train'?"),
    ],
)
def test_an_unknown_question_is_refused_with_a_suggestion(
    it: World, subject: str, action: str, said: str
) -> None:
    for ask in (it.guard.decide, it.guard.preview):
        with pytest.raises(UsageError) as error:
            ask(subject, action)
        assert said in str(error.value)
    assert not it.store.decisions.recorded()


def test_a_dry_run_reports_the_raw_verdict_and_blocks_nothing(it: World) -> None:
    it.go_stale()
    it.mode = "dry_run"
    found = it.decide().decision
    assert (found.raw, found.effective, found.mode) == ("block", "warn", "dry_run")


def test_a_subject_is_judged_by_the_policy_that_it_names(it: World) -> None:
    lenient = Policy.model_validate(
        {"policy": "lenient", "actions": {"train": {"fail": "warn", "unknown": "warn"}}}
    )
    it.go_stale()
    it.promise(lenient, subject={"policy": "lenient"})
    found = it.decide().decision
    assert (found.effective, found.policy, found.policy_digest) == ("warn", "lenient", lenient.digest)
    it.promise(lenient)
    assert it.decide().decision.effective == "block"


def test_serving_goes_on_where_deploying_is_blocked(it: World) -> None:
    it.go_stale()
    assert it.decide("serve").decision.effective == "warn"
    assert it.decide("deploy").decision.effective == "block"


def test_a_spent_budget_warns(it: World) -> None:
    it.promise(slo={"objective": 0.9, "window": "1d"})
    it.now += 6 * HOUR
    it.look(age=5 * HOUR)
    it.look()
    assert codes(it.decide().decision) == ["BUDGET_EXHAUSTED"]


def test_a_simulated_gate_knows_nothing_of_later_looks(it: World) -> None:
    then = it.now
    it.now += 10 * MINUTE
    it.go_stale()
    assert not it.decide().allowed
    assert it.guard.preview("pricing", "train", now=then).effective == "allow"
    assert it.guard.decide("pricing", "train", now=then).allowed


def test_a_real_store_decides_for_now_only(tmp_path: Path, store_url: str) -> None:
    with world(tmp_path, store_url, simulated=False) as it:
        first = it.decide()
        assert first.allowed
        with pytest.raises(UsageError, match="A decision is for now"):
            it.guard.decide("pricing", "train", now=it.now)
        with pytest.raises(UsageError, match="A decision is for now"):
            it.guard.confirm(str(first.id), now=it.now)
        assert it.guard.preview("pricing", "train", now=it.now + timedelta(days=1)).effective == "block"
        assert len(it.store.decisions.recorded()) == 1


def test_a_revocation_by_a_clock_that_runs_ahead_counts_at_once(tmp_path: Path, store_url: str) -> None:
    with world(tmp_path, store_url, simulated=False) as it:
        it.go_stale()
        given = it.waive()
        assert it.decide().allowed
        it.store.waivers.revoke(given.id, by="cat", at=it.now + MINUTE, reason="It is up again.")
        assert it.decide().decision.effective == "block"


def test_a_guard_without_a_store_decides_nothing(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/x.db", simulated=True) as store:
        made = World(tmp_path, store)
    guard = Guard(made.catalog, None, lambda _: pytest.fail("read"), clock=lambda: made.now)
    with pytest.raises(UsageError, match="keeps no evidence"):
        guard.decide("pricing", "train")
