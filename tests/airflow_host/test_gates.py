"""Every state of data and gate, every kind of task, every trigger rule: promotion follows only an allowance.

`dag.test()` is Airflow's own: it runs tasks and triggers as workers and triggerers do.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")
pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

from airflow.sdk import DAG, BaseSensorOperator, task

from airflow_featureguard.operators import FeatureGateOperator
from airflow_featureguard.sensors import FeatureFreshnessSensor
from featureguard.access import Scope
from tests.airflow_host.field import Lake, connect, new_dag, run
from tests.builders import HOUR
from tests.decision_world import world
from tests.integration.api.conftest import running
from tests.thorough import table

State = Callable[[Path, pytest.MonkeyPatch], Iterator[None]]
SAFE = ("all_success", "none_failed", "none_failed_min_one_success")
ANY = (*SAFE, "all_done", "always", "none_skipped", "one_done", "all_done_min_one_success")


def fresh(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    lake = Lake(folder)
    lake.look()
    connect(monkeypatch, lake.connection)
    yield


def turns_fresh(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stale at first; somebody loads and checks new data a second later."""
    lake = Lake(folder)
    lake.age(3 * HOUR)
    lake.look()
    connect(monkeypatch, lake.connection)

    def load() -> None:
        lake.age(HOUR)
        lake.look()

    later = threading.Timer(1.0, load)
    later.start()
    yield
    later.join()


def stale(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    lake = Lake(folder)
    lake.age(3 * HOUR)
    lake.look()
    connect(monkeypatch, lake.connection)
    yield


def never(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    lake = Lake(folder)
    lake.empty()
    lake.look()
    connect(monkeypatch, lake.connection)
    yield


def hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The data is fresh, and nobody looked."""
    connect(monkeypatch, Lake(folder).connection)
    yield


def store_down(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    lake = Lake(folder)
    (folder / "store.db").mkdir()
    connect(monkeypatch, lake.connection)
    yield


def api_allows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder.mkdir()
    with world(folder, f"sqlite:///{folder}/store.db") as it, running(it) as api:
        url, token = str(api.client.base_url), api.token(Scope.GATE)
        connect(monkeypatch, {"conn_type": "featureguard", "host": url, "password": token})
        yield


def api_blocks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder.mkdir()
    with world(folder, f"sqlite:///{folder}/store.db") as it, running(it) as api:
        url, token = str(api.client.base_url), api.token(Scope.GATE)
        connect(monkeypatch, {"conn_type": "featureguard", "host": url, "password": token})
        it.go_stale()
        api.refresh()
        yield


def token_wrong(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder.mkdir()
    with world(folder, f"sqlite:///{folder}/store.db") as it, running(it) as api:
        api.token(Scope.GATE)
        url = str(api.client.base_url)
        connect(monkeypatch, {"conn_type": "featureguard", "host": url, "password": "fg_wrong"})
        yield


def api_down(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    connect(monkeypatch, {"conn_type": "featureguard", "host": "http://127.0.0.1:9"})
    yield


def api_slow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It takes every call, and answers none."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        extra = {"timeout_seconds": 0.3}
        connect(monkeypatch, {"conn_type": "featureguard", "host": host, "extra": extra})
        yield


def no_connection(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield


GOOD: list[State] = [fresh, api_allows]
BAD: list[State] = [
    stale,
    never,
    hold,
    store_down,
    api_blocks,
    token_wrong,
    api_down,
    api_slow,
    no_connection,
]


def waits(**more: Any) -> Callable[[], Any]:
    def made() -> Any:
        return FeatureFreshnessSensor(
            task_id="gate", subject="pricing", poke_interval=0.2, max_wait=0.3, timeout=0.7, **more
        )

    return made


def gates() -> Any:
    return FeatureGateOperator(task_id="gate", subject="pricing")


def asks_itself() -> Any:
    @task.featureguard(task_id="gate", subject="pricing")
    def gate() -> None: ...

    return gate()


SENSORS = [
    pytest.param(waits(), id="deferred"),
    pytest.param(waits(mode="poke"), id="poke"),
    pytest.param(waits(mode="reschedule"), id="reschedule"),
]
GATES = [pytest.param(gates, id="operator"), pytest.param(asks_itself, id="decorator")]


@pytest.fixture
def enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[State], None]]:
    entered: list[Iterator[None]] = []

    def into(state: State) -> None:
        entered.append(state(tmp_path / "world", monkeypatch))
        next(entered[-1])

    yield into
    for one in entered:
        next(one, None)


def flow(gate: Callable[[], Any]) -> DAG:
    """A gate, a training, and a promotion by each trigger rule that cannot be trusted to no gate at all."""
    with new_dag() as dag:

        @task
        def train() -> None: ...

        made = train()
        gate() >> made
        for rule in SAFE:

            @task(task_id=f"promote_{rule}", trigger_rule=rule)
            def promote() -> None: ...

            made >> promote()
    return dag


def promoted(states: dict[str, str]) -> set[str]:
    return {name for name, state in states.items() if state == "success"} - {"gate"}


@pytest.mark.parametrize("gate", [*SENSORS, *GATES])
@pytest.mark.parametrize("state", GOOD)
def test_what_is_allowed_runs(enter: Callable[[State], None], state: State, gate: Callable[[], Any]) -> None:
    enter(state)
    assert promoted(run(flow(gate))) == {"train", *(f"promote_{rule}" for rule in SAFE)}


@pytest.mark.parametrize(("gate", "state"), table([*SENSORS, *GATES], BAD))
def test_nothing_else_does(enter: Callable[[State], None], state: State, gate: Callable[[], Any]) -> None:
    enter(state)
    states = run(flow(gate))
    assert (states["gate"], promoted(states)) == ("failed", set())


@pytest.mark.parametrize("gate", SENSORS)
def test_a_sensor_waits_for_data_that_turns_fresh(
    enter: Callable[[State], None], gate: Callable[[], Any]
) -> None:
    def patient() -> Any:
        sensor = gate()
        sensor.timeout = 60
        return sensor

    enter(turns_fresh)
    assert "promote_all_success" in promoted(run(flow(patient)))


@pytest.mark.parametrize("state", [stale, api_down])
def test_a_promotion_that_asks_itself_is_safe_behind_every_trigger_rule(
    enter: Callable[[State], None], state: State
) -> None:
    enter(state)
    with new_dag() as dag:
        gate = gates()
        for rule in ANY:

            @task.featureguard(
                task_id=f"promote_{rule}", subject="pricing", action="promote", trigger_rule=rule
            )
            def promote() -> None: ...

            gate >> promote()
    assert promoted(run(dag)) == set()


class UsualSensor(BaseSensorOperator):
    def poke(self, context: Any) -> bool:
        return False


def test_a_sensor_of_the_usual_kind_that_fails_softly_lets_a_promotion_slip_by() -> None:
    def soft() -> Any:
        return UsualSensor(task_id="gate", soft_fail=True, timeout=0.2, poke_interval=0.1)

    assert "promote_none_failed" in promoted(run(flow(soft)))
