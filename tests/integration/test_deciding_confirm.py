"""Confirmations: right before the action the answer may be kept or worsen, and never improves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from featureguard import deciding
from featureguard.errors import UsageError
from featureguard.gate import confirm
from featureguard.verdict import Decision
from tests.decision_world import MINUTE, TICK, TRUSTED, World, codes, world


@pytest.fixture
def it(tmp_path: Path, store_url: str) -> Iterator[World]:
    with world(tmp_path, store_url) as made:
        yield made


def confirmed(it: World, decision_id: str | None) -> tuple[str, list[str]]:
    found = it.guard.confirm(str(decision_id)).decision
    assert found.confirms == decision_id
    return found.effective.value, codes(found)


def test_what_still_holds_is_kept_and_recorded(it: World) -> None:
    first = it.decide()
    assert confirmed(it, first.id) == ("allow", [])
    assert [known.kind for known in it.store.decisions.recorded()] == ["decision", "confirmation"]


def test_evidence_that_grew_old_meanwhile_holds(it: World) -> None:
    first = it.decide()
    assert first.decision.valid_until == it.now + TRUSTED + TICK
    it.now = first.decision.valid_until
    assert confirmed(it, first.id) == ("hold", ["EVIDENCE_EXPIRED"])


def test_data_that_broke_meanwhile_blocks(it: World) -> None:
    first = it.decide()
    it.go_stale()
    assert confirmed(it, first.id) == ("block", ["DATA_STALE"])


def test_a_waiver_that_was_revoked_meanwhile_covers_nothing(it: World) -> None:
    it.go_stale()
    given = it.waive()
    first = it.decide()
    assert first.allowed
    it.revoke(given)
    assert confirmed(it, first.id) == ("block", ["DATA_STALE", "WAIVER_EXPIRED"])


def test_better_evidence_does_not_improve_a_decision(it: World) -> None:
    it.go_stale()
    first = it.decide()
    it.look()
    assert it.decide().decision.effective == "allow"
    assert confirmed(it, first.id) == ("block", ["DATA_STALE"])


def test_no_confirmation_is_milder_than_the_one_before(it: World) -> None:
    first = it.decide()
    assert confirmed(it, first.id)[0] == "allow"
    it.now += TRUSTED + TICK
    assert confirmed(it, first.id)[0] == "hold"
    it.look()
    assert it.decide().decision.effective == "allow"
    assert confirmed(it, first.id)[0] == "hold"
    it.go_stale()
    assert confirmed(it, first.id)[0] == "block"
    it.look()
    assert confirmed(it, first.id)[0] == "block"


def test_a_decision_for_one_thing_is_not_confirmed_for_another(it: World) -> None:
    first = str(it.decide().id)
    for other in ({"subject": "fraud"}, {"action": "deploy"}):
        with pytest.raises(UsageError, match="is about 'pricing' and 'train', not about"):
            it.guard.confirm(first, **other)  # type: ignore[arg-type]
    assert it.guard.confirm(first, subject="pricing", action="train").allowed
    assert len(it.store.decisions.recorded()) == 2


def test_only_a_decision_that_exists_can_be_confirmed(it: World) -> None:
    confirmation = it.guard.confirm(str(it.decide().id))
    with pytest.raises(UsageError, match="is itself a confirmation"):
        it.guard.confirm(str(confirmation.id))
    with pytest.raises(UsageError, match="There is no decision"):
        it.guard.confirm("f" * 64)


def test_a_few_digits_of_the_id_are_enough(it: World) -> None:
    first = it.decide()
    assert it.guard.confirm(str(first.id)[:8]).decision.confirms == first.id


def test_a_confirmers_clock_may_be_a_little_behind_and_not_more(it: World) -> None:
    first, then = str(it.decide().id), it.now
    it.now = then - 5 * MINUTE
    assert it.guard.confirm(first).decision.now == then
    it.now -= TICK
    with pytest.raises(UsageError, match="does not confirm"):
        it.guard.confirm(first)


def test_a_subject_that_nobody_declares_any_more_is_not_confirmed(it: World) -> None:
    first = str(it.decide().id)
    it.promise(subject={"subject": "fraud"})
    with pytest.raises(UsageError, match="'pricing' is no subject"):
        it.guard.confirm(first)


# Whatever expires at whatever step, nothing is committed on an answer that no longer holds.

STEP = 10 * MINUTE


def committed(
    it: World, waits: tuple[int, int], *, asks_again: bool = True, heeds: bool = True
) -> bool | None:
    """Decide, wait, confirm, wait, commit; whether the truth then allowed it, or `None` without a commit.

    Args:
        it: The world.
        waits: Steps before the confirmation, and between it and the commit.
        asks_again: False for the caller that skips the confirmation.
        heeds: False for the caller that does not look at `valid_until`.
    """
    answer = it.decide()
    it.now += waits[0] * STEP
    if asks_again and answer.allowed:
        answer = it.guard.confirm(str(answer.id))
    it.now += waits[1] * STEP
    until = answer.decision.valid_until
    if not answer.allowed or (heeds and until is not None and it.now >= until):
        return None
    return it.guard.preview("pricing", "train").allowed


def commits(it: World, steps: int, **caller: bool) -> list[bool | None]:
    """Every way to wait while a waiver of half an hour and evidence of an hour run out."""
    found = []
    for first in range(steps):
        for second in range(steps):
            it.go_stale()
            it.waive(lasts=3 * STEP)
            found.append(committed(it, (first, second), **caller))
            it.now += timedelta(hours=4)
            it.look()
            found.append(committed(it, (first, second), **caller))
    return found


def test_nothing_is_committed_once_what_it_rests_on_has_expired(tmp_path: Path) -> None:
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it:
        found = commits(it, 8)
    assert False not in found
    assert found.count(True) == 6 + 28


@pytest.mark.parametrize("careless", [{"heeds": False}, {"heeds": False, "asks_again": False}])
def test_the_walk_catches_a_caller_that_does_not_heed_the_answer(
    tmp_path: Path, careless: dict[str, bool]
) -> None:
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it:
        assert False in commits(it, 4, **careless)


def test_the_walk_catches_an_answer_that_says_it_holds_for_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def boastful(before: Decision, after: Decision, decision_id: str) -> Decision:
        found = confirm.confirmed(before, after, decision_id)
        return dataclasses.replace(found, valid_until=None)

    monkeypatch.setattr(deciding, "confirmed", boastful)
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it:
        assert False in commits(it, 4)
