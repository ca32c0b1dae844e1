"""Without its store the service never allows anything anew, says so, and is back as soon as the store is."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from featureguard.result import Code
from tests.builders import HOUR
from tests.decision_world import MINUTE, damage, world
from tests.integration.api.conftest import Api, running

TRAIN = {"subject": "pricing", "action": "train"}
GONE = "ALTER TABLE fg_changes RENAME TO fg_away"
BACK = "ALTER TABLE fg_away RENAME TO fg_changes"


@pytest.fixture
def cut(store_url: str, asked: Api) -> Callable[[], None]:
    """Makes the store unreadable for the running service."""

    def cut_off() -> None:
        damage(store_url, GONE)
        with pytest.raises(Exception, match="Evidence store"):
            asked.refresh()

    return cut_off


def tells_nothing_of(api: Api, answer: httpx.Response) -> bool:
    """Whether an answer names neither the store nor what its driver said."""
    inside = (api.world.store.name, "store.db", "fg_", "relation", "no such table", "psycopg", "sqlite")
    return not any(word in answer.text for word in inside)


def test_while_the_store_is_away_a_preview_repeats_what_is_valid_and_is_flagged(
    asked: Api, cut: Callable[[], None]
) -> None:
    fresh = asked.post("/v1/previews", TRAIN).json()
    cut()
    stale = asked.post("/v1/previews", TRAIN)
    assert stale.json()["decision"] == fresh["decision"]
    assert stale.json()["snapshot"]["stale"] is True
    assert stale.headers["featureguard-stale"] == "true"


def test_once_it_is_no_longer_valid_it_holds(asked: Api, cut: Callable[[], None]) -> None:
    until = asked.world.guard.preview("pricing", "train").valid_until
    assert until is not None
    cut()
    asked.world.now = until - timedelta(microseconds=1)
    assert asked.post("/v1/previews", TRAIN).json()["allowed"] is True
    asked.world.now = until
    told = asked.post("/v1/previews", TRAIN).json()
    assert (told["allowed"], told["decision"]["effective"]) == (False, "hold")
    assert told["decision"]["reasons"][0]["code"] == Code.STORE_UNAVAILABLE


def test_a_decision_holds_and_has_no_id(
    asked: Api, cut: Callable[[], None], store_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    cut()
    told = asked.post("/v1/decisions", TRAIN)
    assert (told.status_code, told.json()["id"], told.json()["allowed"]) == (200, None, False)
    assert told.json()["decision"]["reasons"][0]["code"] == Code.STORE_UNAVAILABLE
    assert tells_nothing_of(asked, told)
    assert "Held, because the store failed: Evidence store" in caplog.text
    damage(store_url, BACK)
    assert asked.world.store.decisions.recorded() == []
    again = asked.post("/v1/decisions", TRAIN).json()
    assert (again["allowed"], again["id"] is not None) == (True, True)


def test_a_confirmation_holds(asked: Api, cut: Callable[[], None]) -> None:
    good = asked.post("/v1/decisions", TRAIN).json()["id"]
    cut()
    answer = asked.post(f"/v1/decisions/{good}/confirm", TRAIN)
    assert (answer.json()["id"], answer.json()["allowed"]) == (None, False)
    assert tells_nothing_of(asked, answer)
    assert asked.post(f"/v1/decisions/{good}/confirm", {}).status_code == 503


def test_readiness_names_the_part(asked: Api, cut: Callable[[], None], store_url: str) -> None:
    assert asked.get("/readyz").json()["ready"] is True
    cut()
    told = asked.get("/readyz")
    assert told.status_code == 503
    parts = told.json()["parts"]
    assert (parts["store"]["ok"], parts["catalog"]["ok"]) == (False, True)
    assert parts["store"]["problem"] == "It cannot be read. The log of the service says why."
    assert tells_nothing_of(asked, told)
    assert asked.get("/livez").status_code == 200
    damage(store_url, BACK)
    asked.refresh()
    assert asked.get("/readyz").status_code == 200


def test_reads_go_on_from_the_last_snapshot_and_say_so(asked: Api, cut: Callable[[], None]) -> None:
    cut()
    told = asked.get("/v1/datasets/rides")
    assert (told.status_code, told.headers["featureguard-stale"]) == (200, "true")
    asked.world.now += 3 * HOUR
    assert asked.get("/v1/datasets/rides").json()["as_of"] < asked.world.now.isoformat()


def test_what_must_be_read_from_the_store_is_a_problem_and_the_log_says_why(
    asked: Api, store_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    damage(store_url, "ALTER TABLE fg_looks RENAME TO fg_lost")
    answer = asked.get("/v1/datasets/rides/results")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:featureguard:problem:store-unavailable")
    assert answer.headers["retry-after"] == "1"
    assert tells_nothing_of(asked, answer)
    request_id = answer.headers["x-request-id"]
    assert f"request {request_id}: Evidence store {asked.world.store.name} cannot read" in caplog.text


def test_the_keeper_comes_back_by_itself(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    with world(tmp_path, url) as it, running(it) as asked:
        asked.service.keeper.interval = timedelta(milliseconds=100)
        asked.service.keeper.start()
        damage(url, GONE)
        _until(lambda: asked.get("/readyz").status_code == 503)
        damage(url, BACK)
        _until(lambda: asked.get("/readyz").status_code == 200)
        it.now += MINUTE
        it.go_stale()
        _until(lambda: asked.get("/v1/datasets/rides").json()["state"] == "stale")
        asked.service.keeper.stop()


def test_before_the_first_snapshot_there_is_no_answer(tmp_path: Path) -> None:
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it, running(it) as asked:
        asked.service.keeper._fleet = None
        for answer in (asked.post("/v1/previews", TRAIN), asked.get("/v1/datasets")):
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:featureguard:problem:not-ready")
        assert asked.post("/v1/decisions", TRAIN).status_code == 503


def test_contracts_that_cannot_be_read_leave_the_last_valid_ones_in_force(tmp_path: Path) -> None:
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it, running(it) as asked:
        good = it.catalog
        it.catalog = None  # type: ignore[assignment]

        def broken() -> None:
            from featureguard.errors import ContractError, Problem

            raise ContractError([Problem("unknown key 'max_ages'.", "rides.yaml", 3)])

        asked.service.keeper._load = broken  # type: ignore[assignment]
        asked.refresh()
        assert asked.post("/v1/previews", TRAIN).json()["allowed"] is True
        told = asked.get("/readyz")
        assert told.status_code == 200
        assert "The newest contracts cannot be read" in told.json()["parts"]["catalog"]["problem"]
        assert "rides.yaml:3" in (asked.service.keeper.health.catalog_problem or "")
        it.catalog = good


def _until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
