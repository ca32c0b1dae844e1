"""Replay: a recorded case, decided anew, gives the same bytes, or its differences are told."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from featureguard import replaying
from featureguard.errors import UsageError
from featureguard.policy import Policy
from tests.builders import HOUR
from tests.decision_world import MINUTE, World, damage, without_triggers, world


@pytest.fixture
def it(tmp_path: Path, store_url: str) -> Iterator[World]:
    with world(tmp_path, store_url) as made:
        yield made


def differences(it: World, decision_id: str | None) -> list[str]:
    return it.guard.replay(str(decision_id))[1]


def test_every_recorded_decision_and_confirmation_replays_to_the_same_bytes(it: World) -> None:
    repairs = Policy.model_validate({"policy": "default", "actions": {"backfill": {"repair": True}}})
    it.guard.confirm(str(it.decide().id))
    it.promise(repairs, slo={"objective": 0.9, "window": "7d"}, volume={"at_least": 1})
    for _ in range(2):
        for action in ("train", "serve", "backfill"):
            it.guard.confirm(str(it.decide(action).id))
        it.now += 2 * HOUR
        first = it.decide()
        it.go_stale()
        given = it.waive()
        waived = it.decide()
        it.now += MINUTE
        it.revoke(given)
        for ruling in (first, waived, waived):
            it.guard.confirm(str(ruling.id))
        it.look()
    it.promise(freshness={"max_age": "9h"})  # Nothing of today matters.
    for known in it.store.decisions.recorded():
        assert differences(it, known.link.seal) == []
    assert {known.effective for known in it.store.decisions.recorded()} == {"allow", "warn", "hold", "block"}


@pytest.mark.parametrize("doctored", ['"block" -> "warn"', "me@example.org -> eve@example.org", "{ -> ["])
def test_inputs_that_were_doctored_are_told(it: World, store_url: str, doctored: str) -> None:
    it.go_stale()
    first = it.decide().id
    old, new = doctored.split(" -> ")
    damage(store_url, f"UPDATE fg_documents SET body = replace(body, '{old}', '{new}')")
    (found,) = differences(it, first)
    assert "was changed, since its text has another digest" in found


def test_a_decision_whose_text_was_doctored_is_told(it: World, store_url: str) -> None:
    it.go_stale()
    first = it.decide().id
    forged = 'UPDATE fg_decisions SET body = replace(body, \'"effective":"block"\', \'"effective":"allow"\')'
    damage(store_url, *without_triggers(store_url), forged)
    found = differences(it, first)
    assert found[0] == "its text was changed: its seal does not fit"
    assert 'effective: "allow" then, "block" now' in found


def test_inputs_under_another_digest_are_not_taken_for_those_of_a_decision(it: World, store_url: str) -> None:
    first = it.decide().id
    it.go_stale()
    other = json.loads(it.store.decisions.find(str(it.decide().id)).link.body)["inputs"]
    damage(store_url, *without_triggers(store_url), f"UPDATE fg_decisions SET inputs = '{other}'")
    assert differences(it, first) == []  # What is sealed counts, not how it is filed.


def test_inputs_that_were_not_kept_are_an_error(it: World, store_url: str) -> None:
    first = it.decide().id
    damage(store_url, "DELETE FROM fg_documents")
    with pytest.raises(UsageError, match="were not kept"):
        differences(it, first)


def test_another_evaluator_is_told(it: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = it.decide().id
    for module in (replaying, sys.modules["featureguard.gate.decide"]):
        monkeypatch.setattr(module, "EVALUATOR", "gate/next")
    now = "it was decided by gate/1; this is gate/next"
    assert differences(it, first) == [now, 'evaluator: "gate/1" then, "gate/next" now']


def test_a_record_that_is_no_decision_is_an_error(it: World, store_url: str) -> None:
    first = it.decide().id
    damage(store_url, *without_triggers(store_url), "UPDATE fg_decisions SET body = '[]'")
    with pytest.raises(UsageError, match="Record 1 holds no decision"):
        differences(it, first)
