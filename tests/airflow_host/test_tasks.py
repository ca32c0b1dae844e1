"""What gates, checks and sensors leave behind, refuse and say."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")
pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

from airflow.sdk import Asset, task

from airflow_featureguard.gating import DECISION, key_of
from airflow_featureguard.hooks import FeatureGuardHook
from airflow_featureguard.links import ADDRESS
from airflow_featureguard.notifications import FeatureGuardNotifier
from airflow_featureguard.operators import FeatureCheckOperator, FeatureGateOperator
from airflow_featureguard.sensors import FeatureFreshnessSensor
from featureguard.access import Scope
from tests.airflow_host.field import Lake, connect, events, made_by, new_dag, run, xcom
from tests.builders import HOUR
from tests.decision_world import world
from tests.integration.api.conftest import running


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    found = Lake(tmp_path / "project")
    connect(monkeypatch, found.connection)
    return found


def test_the_decision_is_recorded_and_left_with_the_task_and_its_asset(lake: Lake) -> None:
    lake.look()
    with new_dag() as dag:
        FeatureGateOperator(task_id="gate", subject="pricing", outlets=[Asset("pricing_features")])
    made = made_by(dag)
    document = xcom(made, "gate")
    with lake.guard() as guard:
        assert guard.store_in_use.decisions.find(document["id"]).subject == "pricing"
    (event,) = events("pricing_features")
    assert event.extra["featureguard"] == document == xcom(made, "gate", DECISION)
    assert xcom(made, "gate", ADDRESS) == "/featureguard/subjects/pricing#train"


def test_a_refusal_leaves_the_decision_and_no_event(lake: Lake) -> None:
    lake.age(3 * HOUR)
    lake.look()
    with new_dag() as dag:
        FeatureGateOperator(task_id="gate", subject="pricing", outlets=[Asset("withheld")])
    document = xcom(made_by(dag), "gate", DECISION)
    assert (document["verdict"], document["reasons"][0]["code"]) == ("block", "DATA_STALE")
    assert events("withheld") == []


def test_an_outlet_that_is_no_asset_is_left_alone(lake: Lake) -> None:
    lake.look()
    with new_dag() as dag:
        outlets: list[Any] = [{"namespace": "lake", "name": "rides"}, Asset("beside")]
        FeatureGateOperator(task_id="gate", subject="pricing", outlets=outlets)
    assert run(dag) == {"gate": "success"}
    assert events("beside")[0].extra["featureguard"]["allowed"] is True


def test_the_partitions_of_an_event_are_those_that_are_named(lake: Lake) -> None:
    lake.look()
    with new_dag() as dag:
        FeatureGateOperator(
            task_id="gate",
            subject="pricing",
            outlets=[Asset("daily")],
            partitions=["2013-02-08", "2013-02-09"],
        )
    run(dag)
    assert sorted(event.partition_key for event in events("daily")) == ["2013-02-08", "2013-02-09"]


def test_a_hold_is_tried_again_as_a_question_of_its_own_and_a_block_is_not(lake: Lake) -> None:
    def tries() -> int:
        with new_dag() as dag:
            FeatureGateOperator(task_id="gate", subject="pricing", retries=2, retry_delay=timedelta(0))
        (one,) = made_by(dag).get_task_instances()
        assert one.state == "failed"
        return int(one.try_number)

    assert tries() == 3
    lake.age(3 * HOUR)
    lake.look()
    assert tries() == 1
    with lake.guard() as guard:
        assert len(guard.store_in_use.decisions.recorded(subject="pricing")) == 4


def test_every_attempt_has_a_key_of_its_own_and_no_key_is_too_long() -> None:
    one = {"dag_id": "dag", "run_id": "run", "task_id": "task", "map_index": -1, "try_number": 1, "id": "a"}
    others: list[dict[str, Any]] = [
        {},
        {"try_number": 2},
        {"map_index": 0},
        {"id": "b"},
        {"run_id": "r" * 250},
        {"run_id": "é\n"},
    ]
    keys = [key_of(SimpleNamespace(**(one | other))) for other in others]
    assert key_of(SimpleNamespace(**one)) == keys[0]
    assert len(set(keys)) == len(others)
    assert max(map(len, keys)) <= 200


def test_a_breach_skips_only_where_that_is_asked_for(lake: Lake) -> None:
    lake.age(3 * HOUR)
    lake.look()
    with new_dag() as dag:
        FeatureGateOperator(task_id="gate", subject="pricing", on_breach="skip")
    assert run(dag) == {"gate": "skipped"}


def test_the_function_behind_the_gate_may_see_the_decision(lake: Lake) -> None:
    lake.look()
    with new_dag() as dag:

        @task.featureguard(subject="pricing", action="promote")
        def promote(version: int, featureguard: Any = None) -> str:
            return f"{version} by {featureguard['action']}"

        promote(3)
    assert xcom(made_by(dag), "promote") == "3 by promote"


@pytest.mark.parametrize("soft", ["soft_fail", "never_fail"])
def test_nothing_that_fails_softly_is_a_gate(soft: str) -> None:
    options: dict[str, Any] = {soft: True}
    with pytest.raises(ValueError, match="'none_failed' run"):
        FeatureGateOperator(task_id="gate", subject="pricing", **options)
    with pytest.raises(ValueError, match="'none_failed' run"):
        FeatureFreshnessSensor(task_id="wait", subject="pricing", **options)
    with new_dag():

        @task.featureguard(subject="pricing", **options)
        def train() -> None: ...

        with pytest.raises(ValueError, match="'none_failed' run"):
            train()


def test_not_even_defaults_of_the_dag_make_a_sensor_fail_softly() -> None:
    with new_dag(default_args={"soft_fail": True}), pytest.raises(ValueError, match="'none_failed' run"):
        FeatureFreshnessSensor(task_id="wait", subject="pricing")


def test_a_dry_run_says_what_it_would_have_said_and_what_is_not_recorded(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    def said() -> str:
        with new_dag() as dag:
            FeatureGateOperator(task_id="gate", subject="pricing")
        assert run(dag) == {"gate": "success"}
        return capsys.readouterr().out

    project = lake.folder / "featureguard.yaml"
    project.write_text("store: {url: 'sqlite:///store.db'}\nenforcement: dry_run\n")
    lake.age(3 * HOUR)
    lake.look()
    told = said()
    assert "warn: 'pricing' may train. In earnest it would not: The newest 'at' is 3h old" in told
    assert "not recorded" not in told
    project.write_text("store: {url: 'sqlite:///contracts'}\nenforcement: dry_run\n")
    assert "featureguard: this decision is not recorded." in said()


def test_a_check_whose_api_is_away_is_tried_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, {"conn_type": "featureguard", "host": "http://127.0.0.1:9"})
    with new_dag() as dag:
        FeatureCheckOperator(
            task_id="check", names="feature", project=str(lake.folder), retries=1, retry_delay=timedelta(0)
        )
    (one,) = made_by(dag).get_task_instances()
    assert (one.state, one.try_number) == ("failed", 2)


def test_a_sensor_can_fail_at_the_first_breach(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    lake.age(3 * HOUR)
    lake.look()
    with new_dag() as dag:
        FeatureFreshnessSensor(task_id="wait", subject="pricing", fail_on_block=True, timeout=600)
    assert run(dag) == {"wait": "failed"}
    assert "block: 'pricing' may not train. The newest 'at' is 3h old" in capsys.readouterr().out


def test_a_sensor_waits_for_a_dataset(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    def wait() -> dict[str, str]:
        with new_dag() as dag:
            FeatureFreshnessSensor(task_id="wait", dataset="feature", poke_interval=0.2, timeout=1)
        return run(dag)

    assert wait() == {"wait": "failed"}
    assert "'feature' is unknown" in capsys.readouterr().out
    lake.look()
    assert wait() == {"wait": "success"}


def test_a_timeout_tells_what_was_answered_last(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    lake.age(3 * HOUR)
    lake.look()
    for mode in (None, "poke"):
        with new_dag() as dag:
            FeatureFreshnessSensor(
                task_id="wait", subject="pricing", mode=mode, poke_interval=0.2, timeout=0.5
            )
        assert run(dag) == {"wait": "failed"}
        said = capsys.readouterr().out
        assert "SensorTimeout: featureguard: block: 'pricing' may not train. The newest 'at'" in said


def test_checks_run_on_the_worker_and_the_gate_relies_on_them(lake: Lake) -> None:
    with new_dag() as dag:
        check = FeatureCheckOperator(task_id="check", names="pricing")
        check >> FeatureGateOperator(task_id="gate", subject="pricing")
    made = made_by(dag)
    (told,) = xcom(made, "check")
    assert (told["dataset"], told["exit_code"], told["broken"]) == ("feature", 0, [])
    assert xcom(made, "gate")["allowed"] is True


def test_a_check_fails_its_task_only_where_that_is_asked_for(lake: Lake) -> None:
    lake.age(3 * HOUR)
    with new_dag() as dag:
        FeatureCheckOperator(task_id="tells", names=["feature"])
        FeatureCheckOperator(task_id="fails", names=["feature"], fail=True)
    assert run(dag) == {"tells": "success", "fails": "failed"}


def test_what_a_worker_saw_is_handed_to_the_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path / "project")
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it, running(it) as api:
        token = api.token(Scope.OBSERVE, Scope.GATE)
        url = str(api.client.base_url)
        connect(monkeypatch, {"conn_type": "featureguard", "host": url, "password": token})
        with new_dag() as dag:
            FeatureCheckOperator(task_id="blind", names="feature")
            FeatureCheckOperator(task_id="stranger", names="feature", project=str(lake.folder))
        assert run(dag) == {"blind": "failed", "stranger": "failed"}  # The API knows no 'feature'.


@pytest.mark.parametrize(
    ("subject", "connection", "told"),
    [
        ("pricig", {}, "'pricig' is no subject. Did you mean 'pricing'?"),
        (
            "pricing",
            None,
            "There is no connection 'featureguard_default', or Airflow cannot read it now.",
        ),
        ("pricing", {"extra": {}}, "names neither the address of an API as its host nor a 'project'"),
        (
            "pricing",
            {"extra": ["project"]},
            "The extra of the connection 'featureguard_default' is no JSON obj",
        ),
        (
            "pricing",
            {"extra": {"project": 3}},
            "'project' of the connection 'featureguard_default' is 3. Write",
        ),
        ("pricing", {"extra": {"project": "/nowhere"}}, "There is no file or folder '/nowhere'"),
        (
            "pricing",
            {"host": "http://127.0.0.1:9", "extra": {"timeout_seconds": "soon"}},
            "'timeout_seconds' of the connection 'featureguard_default' is 'soon'. Write",
        ),
        ("pricing", {"host": "http://me:secret@127.0.0.1:9"}, "Credentials stand in the address of the API"),
        ("pricing", {"host": "postgresql://me:secret@db/x"}, "This is no address of an API"),
        ("pricing", {"host": "https://me:secret@db:x"}, "This is no address of an API"),
        (
            "pricing",
            {"host": "http://10.0.0.1", "password": "fg_secret", "extra": {"insecure": "false"}},
            "'insecure' of the connection 'featureguard_default' is no truth value",
        ),
        ("pricing", {"host": "http://10.0.0.1", "password": "fg_secret"}, "would go to 10.0.0.1 unencrypted"),
    ],
)
def test_mistakes_are_told_in_a_sentence_and_without_secrets(
    lake: Lake,
    subject: str,
    connection: dict[str, Any] | None,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if connection is None:
        monkeypatch.delenv("AIRFLOW_CONN_FEATUREGUARD_DEFAULT")
    elif connection:
        connect(monkeypatch, {"conn_type": "featureguard", **connection})
    with new_dag() as dag:
        FeatureGateOperator(task_id="gate", subject=subject)
        FeatureFreshnessSensor(task_id="wait", subject=subject)
    assert run(dag) == {"gate": "failed", "wait": "failed"}
    said = capsys.readouterr().out
    assert said.count(told) == 2
    assert "secret" not in said.replace("(secret", "")
    assert "During handling" not in said


def test_wrong_contracts_are_told_with_file_and_line(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    (lake.folder / "contracts" / "feature.yaml").write_text("dataset: feature\nownr: me\n")
    with new_dag() as dag:
        FeatureCheckOperator(task_id="check", names="feature")
    assert run(dag) == {"check": "failed"}
    assert "feature.yaml:2" in capsys.readouterr().out


class _Answers(http.server.BaseHTTPRequestHandler):
    """Answers everything with one document, and keeps what it was sent."""

    status, document = 200, "{}"
    sent: list[Any]

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.server.sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))  # type: ignore[attr-defined]
        self._answer()

    def _answer(self) -> None:
        body = self.server.document.encode()  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def stranger() -> Iterator[Any]:
    """Something that speaks HTTP, and is not our API."""
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.sent, server.status, server.document = [], 200, "{}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "document", "told"),
    [
        (404, '{"detail": "Not Found"}', "what answered with HTTP 404 is not the API, or another version"),
        (200, '{"verdict": "ok"}', "its answer makes no sense: it holds no decision"),
        (200, '{"decision": {"effective": "maybe"}}', "its answer makes no sense"),
    ],
)
def test_an_api_of_another_version_holds(
    stranger: Any,
    status: int,
    document: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stranger.status, stranger.document = status, document
    connect(monkeypatch, {"conn_type": "featureguard", "host": f"http://127.0.0.1:{stranger.server_port}"})
    with new_dag() as dag:
        FeatureGateOperator(task_id="gate", subject="pricing")
    assert run(dag) == {"gate": "failed"}
    assert told in capsys.readouterr().out


def test_a_dataset_of_an_api_of_another_version_is_a_mistake(
    stranger: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger.document = "[]"
    connect(monkeypatch, {"conn_type": "featureguard", "host": f"http://127.0.0.1:{stranger.server_port}"})
    with new_dag() as dag:
        FeatureFreshnessSensor(task_id="wait", dataset="feature", mode="poke")
    assert run(dag) == {"wait": "failed"}
    assert "What the API tells about a dataset makes no sense" in capsys.readouterr().out


def test_a_notifier_posts_reasons_and_runbook_when_a_task_fails(
    lake: Lake, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.age(3 * HOUR)
    lake.look()
    address = f"http://127.0.0.1:{stranger.server_port}/hook"
    connect(monkeypatch, {"conn_type": "http", "password": address}, "oncall")
    tells = FeatureGuardNotifier(subject="pricing", webhook_conn_id="oncall")
    with new_dag() as dag:
        FeatureGateOperator(task_id="gate", subject="pricing", on_failure_callback=[tells])
    run(dag)
    (sent,) = stranger.sent
    assert ".gate (" in sent["text"]
    assert "may not train. The newest 'at' is 3h old" in sent["text"]
    assert "https://runbooks.example.org/feature" in sent["text"]


def test_the_button_of_the_connection_tells_whether_somebody_answers(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert FeatureGuardHook().test_connection() == (True, "The store answers; 1 datasets, 1 subjects.")
    connect(monkeypatch, {"conn_type": "featureguard", "host": "http://127.0.0.1:9"})
    answered, told = FeatureGuardHook().test_connection()
    assert not answered
    assert "ConnectError" in told
