"""Asking the gate over HTTP says what the gate says, and records it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from featureguard.gate.documents import decision_to_dict
from featureguard.result import Code
from tests.builders import HOUR
from tests.decision_world import MINUTE
from tests.integration.api.conftest import Api

TRAIN = {"subject": "pricing", "action": "train"}


def test_a_preview_is_what_the_guard_says_and_records_nothing(asked: Api) -> None:
    told = asked.post("/v1/previews", TRAIN).json()
    assert told["allowed"] is True
    assert told["decision"] == decision_to_dict(asked.world.guard.preview("pricing", "train"))
    assert told["snapshot"]["stale"] is False
    assert asked.world.store.decisions.recorded() == []


def test_a_decision_is_recorded_before_it_is_answered(asked: Api) -> None:
    told = asked.post("/v1/decisions", TRAIN).json()
    (recorded,) = asked.world.store.decisions.recorded()
    assert (told["id"], told["allowed"], told["repeated"]) == (recorded.link.seal, True, False)
    assert asked.world.guard.replay(told["id"])[1] == []


def test_what_is_blocked_is_an_answer_too(asked: Api) -> None:
    asked.world.go_stale()
    asked.refresh()
    answer = asked.post("/v1/decisions", TRAIN)
    assert (answer.status_code, answer.json()["allowed"]) == (200, False)
    assert answer.json()["decision"]["reasons"][0]["code"] == Code.DATA_STALE


def test_a_key_names_one_attempt(asked: Api) -> None:
    first = asked.post("/v1/decisions", {**TRAIN, "key": "tonight"}).json()
    again = asked.post("/v1/decisions", TRAIN, headers={"Idempotency-Key": "tonight"}).json()
    assert (again["id"], again["repeated"]) == (first["id"], True)
    other = asked.post("/v1/decisions", {**TRAIN, "action": "promote", "key": "tonight"})
    assert (other.status_code, len(asked.world.store.decisions.recorded())) == (422, 1)
    both = asked.post("/v1/decisions", {**TRAIN, "key": "a"}, headers={"Idempotency-Key": "b"})
    assert both.status_code == 422


def test_what_a_key_names_expires_with_its_evidence(asked: Api) -> None:
    asked.post("/v1/decisions", {**TRAIN, "key": "tonight"})
    asked.world.now += 2 * HOUR
    asked.refresh()
    again = asked.post("/v1/decisions", {**TRAIN, "key": "tonight"}).json()
    assert (again["repeated"], again["expired"], again["allowed"]) == (True, True, False)


def test_a_confirmation_may_worsen_and_never_improve(asked: Api) -> None:
    good = asked.post("/v1/decisions", TRAIN).json()["id"]
    asked.world.go_stale()
    asked.refresh()
    worse = asked.post(f"/v1/decisions/{good}/confirm", TRAIN).json()
    assert (worse["allowed"], worse["decision"]["confirms"]) == (False, good)
    bad = asked.post("/v1/decisions", TRAIN).json()["id"]
    asked.world.look()
    asked.refresh()
    assert asked.post(f"/v1/decisions/{bad}/confirm", {}).json()["allowed"] is False
    other = asked.post(f"/v1/decisions/{good}/confirm", {"action": "promote"})
    assert other.status_code == 422
    assert asked.post("/v1/decisions/0123456789abcdef/confirm", TRAIN).status_code == 404


def test_a_waiver_given_meanwhile_counts_though_the_snapshot_is_older(asked: Api) -> None:
    asked.world.go_stale()
    asked.refresh()
    assert asked.post("/v1/decisions", TRAIN).json()["allowed"] is False
    given = asked.world.waive()
    told = asked.post("/v1/decisions", TRAIN).json()
    assert (told["allowed"], told["decision"]["reasons"][0]["waiver"]) == (True, given.id)
    asked.world.now += MINUTE
    asked.world.revoke(given)
    assert asked.post("/v1/decisions", TRAIN).json()["allowed"] is False


def test_recorded_decisions_are_listed_and_read_with_who_asked(asked: Api) -> None:
    ids = []
    for _ in range(3):
        ids.append(asked.post("/v1/decisions", TRAIN).json()["id"])
        asked.world.now += MINUTE
        asked.refresh()
    page = asked.get("/v1/decisions", params={"limit": 2}).json()
    assert [one["id"] for one in page["items"]] == ids[:0:-1]
    rest = asked.get("/v1/decisions", params={"until": page["next"]}).json()
    assert ([one["id"] for one in rest["items"]], rest["next"]) == (ids[:1], None)
    told = asked.get(f"/v1/decisions/{ids[0][:12]}").json()
    assert (told["id"], told["by"], told["decision"]["subject"]) == (ids[0], "local", "pricing")
    assert asked.get("/v1/decisions/0123456789abcdef").status_code == 404


def test_decisions_are_found_by_how_their_keys_begin(asked: Api) -> None:
    made = asked.post("/v1/decisions", {**TRAIN, "key": "run/1"}).json()["id"]
    asked.post("/v1/decisions", {**TRAIN, "key": "run/2"})
    [found] = asked.get("/v1/decisions", params={"key_prefix": "run/1"}).json()["items"]
    assert (found["id"], found["key"]) == (made, "run/1")
    assert asked.get("/v1/decisions", params={"key_prefix": ""}).status_code == 422


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"subject": "pricin", "action": "train"}, "pricing"),
        ({"subject": "pricing", "action": "tarin"}, "train"),
        ({"subject": "rides", "action": "train"}, "a gate protects subjects"),
        ({"subject": "pricing"}, "action"),
        ({**TRAIN, "force": True}, "force"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/previews", "/v1/decisions"])
def test_a_wrong_question_is_told_what_to_mend(small: Api, path: str, body: object, said: str) -> None:
    answer = small.post(path, body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    assert small.world.store.decisions.recorded() == []


def test_decisions_may_not_be_kept_by_anybody_on_the_way(small: Api) -> None:
    for path in ("/v1/previews", "/v1/decisions"):
        assert small.post(path, TRAIN).headers["cache-control"] == "no-store"


def test_a_preview_ends_with_what_it_rests_on_between_two_snapshots(small: Api) -> None:
    assert small.post("/v1/previews", TRAIN).json()["allowed"] is True
    small.world.now += HOUR - timedelta(microseconds=1)
    assert small.post("/v1/previews", TRAIN).json()["allowed"] is True
    small.world.now += timedelta(microseconds=2)
    told = small.post("/v1/previews", TRAIN).json()
    assert (told["allowed"], told["decision"]["effective"]) == (False, "hold")
