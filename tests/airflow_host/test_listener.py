"""Asset events become readings, without costing the task anything, whatever happens on the other side."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")
pytest.importorskip("fastapi", reason="fastapi (extra 'api') is not installed")

from airflow.sdk import DAG, Asset, task
from airflow.sdk.exceptions import AirflowFailException

from airflow_featureguard import listener as listening
from airflow_featureguard.listener import AssetListener
from airflow_featureguard.plugin import FeatureGuardPlugin
from airflow_featureguard.telling import Happened, Teller, sighting_of
from featureguard.access import Scope
from featureguard.desk import StoreDesk
from featureguard.sightings import Known
from featureguard.store import open_store
from featureguard.timeline import Run
from tests.airflow_host.field import made_by
from tests.decision_world import world
from tests.integration.api.conftest import running

CONN = "AIRFLOW_CONN_FEATUREGUARD_DEFAULT"
CONTRACT = """dataset: {name}
owner: me@example.org
source: {{kind: parquet, path: lake/}}
time: {time}
freshness: {{max_age: 2h}}
aliases: {{airflow: "{alias}"}}
"""
NEWEST = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a dataset that knows event times, and one that knows only its files' times."""
    (tmp_path / "featureguard.yaml").write_text("catalog: [contracts/]\nstore: {url: 'sqlite:///store.db'}\n")
    (tmp_path / "contracts").mkdir()
    for name, time_, alias in (
        ("rides", "{event: at}", "s3://lake/rides"),
        ("files", "{clock: file_mtime}", "files"),
    ):
        text = CONTRACT.format(name=name, time=time_, alias=alias)
        (tmp_path / "contracts" / f"{name}.yaml").write_text(text)
    return tmp_path


def timeline(project: Path, dataset: str, clock: str = "event_time") -> list[Run]:
    """What the project's store knows of a dataset."""
    with open_store(f"sqlite:///{project}/store.db") as store:
        return store.timeline(dataset, clock)


def connect(monkeypatch: pytest.MonkeyPatch, **connection: Any) -> None:
    """What the listener is to tell."""
    monkeypatch.setenv(CONN, json.dumps({"conn_type": "featureguard", **connection}))


@pytest.fixture
def switched_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[AssetListener]:
    """The listener as Airflow itself finds and registers it."""
    from airflow.listeners.listener import get_listener_manager

    monkeypatch.setenv("AIRFLOW__FEATUREGUARD__LISTENER", "True")
    listening.listener.cache_clear()
    get_listener_manager.cache_clear()
    assert get_listener_manager().pm.is_registered(listening.listener())
    yield listening.listener()
    listening.listener().teller.forget()
    monkeypatch.undo()
    get_listener_manager.cache_clear()


def dag(name: str, asset: Asset, *, fails: bool = False, **said: Any) -> DAG:
    """A DAG that writes an asset and says something about it."""
    with DAG(name, schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as made:

        @task(outlets=[asset], retries=0)
        def write(*, outlet_events: Any = None) -> None:
            outlet_events[asset].extra.update(said)
            if fails:
                raise AirflowFailException("no data came")

        write()
    return made


RIDES = Asset("lake_rides", uri="s3://lake/rides")


def test_an_event_that_says_how_new_the_data_is_is_a_reading(
    switched_on: AssetListener, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, extra={"project": str(project)})
    assert made_by(dag("says", RIDES, newest=NEWEST.isoformat())).state == "success"
    assert switched_on.teller.settle(30)
    (run,) = timeline(project, "rides")
    assert run.value == NEWEST
    assert abs(datetime.now(UTC) - run.first_seen) < timedelta(minutes=1)


def test_an_event_of_files_tells_that_they_were_written_now(
    switched_on: AssetListener, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, extra={"project": str(project)})
    made_by(dag("files", Asset("files")))
    assert switched_on.teller.settle(30)
    (run,) = timeline(project, "files", "file_mtime")
    assert run.value == run.first_seen


def test_silent_failed_and_strange_events_tell_nothing(
    switched_on: AssetListener, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, extra={"project": str(project)})
    made_by(dag("silent", RIDES))
    assert made_by(dag("failed", RIDES, fails=True, newest=NEWEST.isoformat())).state == "failed"
    made_by(dag("strange", Asset("nobody_knows_me"), newest=NEWEST.isoformat()))
    assert switched_on.teller.settle(30)
    assert timeline(project, "rides") == []


def test_over_http_the_api_takes_the_reading(
    switched_on: AssetListener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it, running(it) as api:
        it.promise(aliases={"airflow": "s3://lake/rides"})
        token = api.token(Scope.OBSERVE, Scope.READ, name="airflow")
        connect(monkeypatch, host=str(api.client.base_url), password=token)
        assert made_by(dag("http", RIDES, newest=NEWEST.isoformat())).state == "success"
        assert switched_on.teller.settle(30)
        assert NEWEST in [run.value for run in it.store.timeline("rides", "event_time")]


def test_an_api_that_is_away_neither_fails_nor_delays_the_task(
    switched_on: AssetListener,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    made_by(dag("warm_up", Asset("warm_up")))
    connect(monkeypatch, host=NOWHERE)
    begun = time.monotonic()
    assert made_by(dag("away", RIDES, newest=NEWEST.isoformat())).state == "success"
    assert time.monotonic() - begun < 3
    assert not switched_on.teller.settle(4)
    told = [one for one in caplog.messages if one.startswith("featureguard:")]
    assert len(told) == 1


def test_what_could_not_be_told_is_told_later(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, host=NOWHERE)
    teller = Teller("featureguard_default", pause_seconds=0.1)
    said = {"newest": NEWEST.isoformat()}
    teller.put(Happened("lake_rides", "s3://lake/rides", said, datetime.now(UTC)))
    assert not teller.settle(1)
    connect(monkeypatch, extra={"project": str(project)})
    assert teller.settle(30)
    assert [run.value for run in timeline(project, "rides")] == [NEWEST]


def test_a_token_that_is_refused_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it, running(it) as api:
        it.promise(aliases={"airflow": "s3://lake/rides"})
        url, token = str(api.client.base_url), api.token(Scope.OBSERVE, Scope.READ)
        connect(monkeypatch, host=url, password=api.token(Scope.READ, name="reads_only"))
        teller = Teller("featureguard_default", pause_seconds=0.1)
        said = {"newest": NEWEST.isoformat()}
        teller.put(Happened("lake_rides", "s3://lake/rides", said, datetime.now(UTC)))
        assert not teller.settle(1)
        assert "asset events wait, for nobody can be told" in caplog.text
        connect(monkeypatch, host=url, password=token)
        assert teller.settle(30)
        assert NEWEST in [run.value for run in it.store.timeline("rides", "event_time")]


def test_one_event_that_nobody_takes_holds_up_no_other(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def observes(self: StoreDesk, sightings: Any) -> None:
        if sightings[0].newest == strange:
            raise RuntimeError("something nobody foresaw")
        usual(self, sightings)

    usual, strange = StoreDesk.observe, NEWEST - timedelta(hours=5)
    monkeypatch.setattr(StoreDesk, "observe", observes)
    connect(monkeypatch, extra={"project": str(project)})
    teller = Teller("featureguard_default", pause_seconds=0.1)
    for newest in (strange, NEWEST):
        said = {"newest": newest.isoformat()}
        teller.put(Happened("lake_rides", "s3://lake/rides", said, datetime.now(UTC)))
    assert not teller.settle(0.1)
    for _ in range(300):
        if found := timeline(project, "rides"):
            break
        time.sleep(0.1)
    assert [run.value for run in found] == [NEWEST]
    monkeypatch.setattr(StoreDesk, "observe", usual)
    assert teller.settle(30)
    assert len(timeline(project, "rides")) == 2


def test_one_event_that_is_refused_holds_up_no_other(
    project: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connect(monkeypatch, extra={"project": str(project)})
    teller = Teller("featureguard_default")
    later = datetime.now(UTC) + timedelta(hours=1)
    for newest in ("yesterday", "2026-01-01T00:00:00", later.isoformat(), NEWEST.isoformat()):
        teller.put(Happened("lake_rides", "s3://lake/rides", {"newest": newest}, datetime.now(UTC)))
    assert teller.settle(30)
    assert [run.value for run in timeline(project, "rides")] == [NEWEST]
    assert len([one for one in caplog.messages if one.startswith("featureguard: nothing is told")]) == 3


@pytest.mark.parametrize(
    "said", [{"featureguard": {"verdict": "allow"}}, {"featureguard": {"state": "fresh"}}]
)
def test_an_event_that_repeats_featureguards_own_word_is_no_news(said: dict[str, Any]) -> None:
    known = [Known("files", "file_mtime")]
    now = datetime.now(UTC)
    assert sighting_of(Happened("files", "files", said, now), known) is None
    assert sighting_of(Happened("files", "files", {}, now), known) is not None


def test_a_dataset_that_promises_no_freshness_and_contracts_that_contradict_each_other() -> None:
    happened = Happened("files", "s3://files", {"newest": NEWEST.isoformat()}, datetime.now(UTC))
    assert sighting_of(happened, [Known("files")]) is None
    both = [Known("files", "event_time"), Known("others", "event_time", {"airflow": "s3://files"})]
    with pytest.raises(ValueError, match="'files' and 'others' both claim it"):
        sighting_of(happened, both)


def test_a_watchers_trigger_says_it_in_its_payload(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.listeners.types import AssetEvent
    from airflow.models.asset import AssetModel

    connect(monkeypatch, extra={"project": str(project)})
    asset: Any = AssetModel("lake_rides", "s3://lake/rides").to_serialized()
    extra: Any = {"from_trigger": True, "payload": {"newest": NEWEST.isoformat()}}
    made = AssetListener(Teller("featureguard_default"))
    made.on_asset_event_emitted(AssetEvent(asset, extra, None, None, None, -1, [], None))
    assert made.teller.settle(30)
    assert [run.value for run in timeline(project, "rides")] == [NEWEST]


def test_off_there_is_no_listener_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FeatureGuardPlugin().listeners == []
    monkeypatch.setenv("AIRFLOW__FEATUREGUARD__LISTENER", "True")
    assert FeatureGuardPlugin().listeners == [listening.listener()]


def test_plugin_and_listener_cost_a_process_nothing() -> None:
    heavy = "fastapi.applications", "polars", "httpx", "pyarrow", "sqlalchemy", "featureguard"
    script = (
        "import sys, airflow.plugins_manager, airflow.listeners; before = set(sys.modules)\n"
        "import airflow_featureguard.plugin, airflow_featureguard.listener\n"
        f"print(*(name for name in {heavy!r} if name in set(sys.modules) - before))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ""
