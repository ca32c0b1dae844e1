"""What workers elsewhere send is kept once, however often it comes; of a wrong batch nothing is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from featureguard.access import Scope
from featureguard.judging import Report
from featureguard.sources.parquet import ParquetSource
from featureguard.store import Store
from featureguard.wire import look_to_dict
from tests.builders import HOUR, NOW
from tests.decision_world import MINUTE, World, world
from tests.integration.api.conftest import Api, running

TRAIN = {"subject": "pricing", "action": "train"}


def reading(api: Api, *, minutes: int = 0, age: timedelta = timedelta(), **parts: Any) -> dict[str, Any]:
    """What the event clock of rides showed some minutes from now."""
    at = api.world.now + minutes * MINUTE
    return {"dataset": "rides", "observed_at": at.isoformat(), "newest": (at - age).isoformat()} | parts


def remote_look(it: World) -> Report:
    """A worker without a store looks at the same files."""
    from featureguard.guard import check

    return check(it.catalog.contracts["rides"], ParquetSource(it.lake), now=it.now)


def looks_of(store: Store, it: World) -> list[str]:
    return [one.id for one in store.looks("rides", it.now - 30 * HOUR, it.now + HOUR)]


def test_a_reading_is_in_the_timeline_when_it_is_answered(asked: Api) -> None:
    token, before = asked.token(Scope.OBSERVE, name="edge"), asked.world.now
    sent = reading(asked, minutes=10)
    answer = asked.post("/v1/observations", {"readings": [sent]}, token)
    assert (answer.status_code, answer.json()) == (200, {"readings": 1, "looks": []})
    assert answer.headers["cache-control"] == "no-store"
    found = asked.world.store.timeline("rides", "event_time")
    assert [run.last_seen for run in found][-1] == before + 10 * MINUTE


def test_sending_again_changes_nothing(
    asked: Api, store_url: str, store_contents: Callable[[str], str]
) -> None:
    body = {
        "readings": [reading(asked, minutes=n, age=n * MINUTE) for n in (5, 3)],
        "looks": [look_to_dict(remote_look(asked.world).observation)],
    }
    first = asked.post("/v1/observations", body)
    assert first.status_code == 200
    told = _without_counters(store_contents(store_url))
    for again in (body, {"looks": body["looks"]}, {"readings": body["readings"][::-1]}):
        assert asked.post("/v1/observations", again).status_code == 200
    assert asked.post("/v1/observations", body).json() == first.json()
    assert _without_counters(store_contents(store_url)) == told


def _without_counters(contents: str) -> list[str]:
    """All rows but those that count writes."""
    return [line for line in contents.splitlines() if "dataset:rides" not in line]


def test_a_look_of_another_machine_is_judged_here_and_opens_the_gate(asked: Api) -> None:
    it = asked.world
    it.now += 90 * MINUTE
    asked.refresh()
    assert asked.post("/v1/previews", TRAIN).json()["decision"]["effective"] == "hold"
    token = asked.token(Scope.OBSERVE, Scope.GATE, name="spark-7")
    answer = asked.post("/v1/observations", {"looks": [look_to_dict(remote_look(it).observation)]}, token)
    (look,) = answer.json()["looks"]
    kept = it.store.last_look("rides")
    assert kept is not None
    assert (kept.id, kept.recorder, kept.contract) == (look, "spark-7", it.catalog.contracts["rides"].digest)
    asked.refresh()
    assert asked.post("/v1/decisions", TRAIN, token).json()["allowed"] is True


def test_a_sent_look_is_what_a_guard_on_the_store_would_have_recorded(asked: Api) -> None:
    it = asked.world
    it.promise(schema={"columns": {"at": {"nulls": 0}}}, volume={"at_least": 1}, judge={"per": "day"})
    asked.refresh()
    it.now += 30 * HOUR
    asked.refresh()
    sent = look_to_dict(remote_look(it).observation)
    (there,) = asked.post("/v1/observations", {"looks": [sent]}).json()["looks"]
    own = it.guard.check("rides")
    found = {one.id: one for one in it.store.looks("rides", it.now, it.now + HOUR)}
    judged = [(r.check, r.column, r.status, r.code, r.observed) for r in found[there].results]
    assert judged == [(r.check, r.column, r.status, r.code, r.observed) for r in own.results]
    assert found[there].observation.units == own.observation.units


def test_a_look_that_is_sent_again_under_another_contract_is_the_same_look(asked: Api) -> None:
    body = {"looks": [look_to_dict(remote_look(asked.world).observation)]}
    first = asked.post("/v1/observations", body).json()
    asked.world.promise(freshness={"max_age": "1min"})
    asked.refresh()
    assert asked.post("/v1/observations", body).json() == first


def test_a_look_that_could_not_be_finished_is_a_doubt(asked: Api) -> None:
    it = asked.world
    it.now += MINUTE
    failed = {"code": "SOURCE_UNREADABLE", "reason": "The bucket does not answer."}
    body = {"looks": [{"dataset": "rides", "observed_at": it.now.isoformat(), "failure": failed}]}
    assert asked.post("/v1/observations", body).status_code == 200
    asked.refresh()
    told = asked.post("/v1/previews", TRAIN).json()["decision"]
    assert (told["effective"], told["reasons"][0]["code"]) == ("hold", "SOURCE_UNREADABLE")


def test_what_a_look_did_not_measure_is_unknown_and_never_good(asked: Api) -> None:
    it = asked.world
    it.promise(schema={"columns": {"fare": {"nulls": 0}}})
    asked.refresh()
    it.now += MINUTE
    body = {"dataset": "rides", "observed_at": it.now.isoformat(), "snapshot": "s2", "profile": {"rows": 3}}
    asked.post("/v1/observations", {"looks": [body]}).raise_for_status()
    kept = it.store.last_look("rides")
    assert kept is not None
    assert {result.status.value for result in kept.results} <= {"unknown", "fail"}
    asked.refresh()
    assert asked.post("/v1/previews", TRAIN).json()["allowed"] is False


def test_rows_that_merely_came_due_are_no_arrival_either_when_they_are_sent(asked: Api) -> None:
    it, start = asked.world, asked.world.now
    for minutes, newest, ahead in ((1, 0, 3), (2, 2, 1)):
        it.now = start + minutes * MINUTE
        clock = {"newest": (start + newest * MINUTE).isoformat(), "future_rows": ahead}
        body = {"dataset": "rides", "observed_at": it.now.isoformat(), "snapshot": "same"}
        sent = {"looks": [body | {"clocks": {"event_time": clock}}]}
        asked.post("/v1/observations", sent).raise_for_status()
    kept = it.store.last_look("rides")
    assert kept is not None
    assert kept.observation.clocks["event_time"].newest == start


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dataset": "rids"}, "Did you mean 'rides'?"),
        ({"newest": "2013-02-09T23:00:00Z"}, "lies more than 5min after 'observed_at'"),
        ({"clock": "commit"}, "event_time"),
        ({"newest": None}, "newest"),
        ({"newest": 1_360_411_200}, "write an instant as in"),
        ({"newest": "1360411200"}, "write an instant as in"),
        ({"observed_at": "2013-02-09T12:00:00"}, "timezone"),
        ({"recorder": "somebody else"}, "recorder"),
    ],
)
def test_nothing_of_a_batch_is_taken_if_one_reading_is_wrong(
    small: Api, change: dict[str, Any], said: str
) -> None:
    before = small.world.store.timeline("rides", "event_time")
    body = {"readings": [reading(small, minutes=1), reading(small) | change]}
    answer = small.post("/v1/observations", body)
    assert answer.status_code == 422
    assert said in answer.text
    assert "readings.1" in answer.text
    assert small.world.store.timeline("rides", "event_time") == before


@pytest.mark.parametrize("hours", [1, -25])
def test_a_worker_whose_clock_is_wrong_is_told_so(tmp_path: Path, hours: int) -> None:
    with (
        world(tmp_path, f"sqlite:///{tmp_path}/store.db", simulated=False) as it,
        running(it) as api,
    ):
        it.now = store_clock = NOW + 12 * HOUR
        at = (store_clock + hours * HOUR).isoformat()
        for body in (
            {"readings": [{"dataset": "rides", "observed_at": at, "newest": at}]},
            {"looks": [{"dataset": "rides", "observed_at": at}]},
        ):
            answer = api.post("/v1/observations", body)
            assert answer.status_code == 422
            assert "Set the clock of that machine right" in answer.json()["detail"]


@pytest.mark.parametrize("body", [{}, {"readings": []}, {"readings": [], "looks": []}])
def test_sending_nothing_is_a_mistake(small: Api, body: dict[str, Any]) -> None:
    answer = small.post("/v1/observations", body)
    assert (answer.status_code, "Nothing was sent" in answer.text) == (422, True)


def test_an_observation_needs_its_scope(small: Api) -> None:
    body = {"readings": [reading(small)]}
    assert small.post("/v1/observations", body, small.token(Scope.GATE)).status_code == 403
    assert small.post("/v1/observations", body, small.token(Scope.OBSERVE)).status_code == 200
    assert small.get("/v1/datasets", small.token(Scope.OBSERVE)).status_code == 403
