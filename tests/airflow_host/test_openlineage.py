"""What our operators tell OpenLineage: each promise, kept or not, and never an unknown one as kept."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")
pytest.importorskip("airflow.providers.openlineage", reason="openlineage's provider is not installed")

from airflow.sdk import DAG, Asset, BaseOperator

from airflow_featureguard.openlineage import of_decision, of_reports, place_of
from airflow_featureguard.operators import FeatureCheckOperator, FeatureGateOperator
from tests.airflow_host.field import made_by
from tests.builders import rides, write
from tests.world import at

CONTRACT = """dataset: rides
owner: me@example.org
tier: 0
source: {{kind: parquet, path: "{lake}/*.parquet"}}
time: {{event: at}}
freshness: {{max_age: 2h}}
schema: {{columns: {{fare: {{nulls: {{at_most: 1%}}}}}}}}
"""
SUBJECT = "subject: pricing\nowner: ml@example.org\ntier: 0\nrequires: [rides]\n"


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that the connection names; rides are to be put into the lake."""
    (tmp_path / "featureguard.yaml").write_text("catalog: [contracts/]\nstore: {url: 'sqlite:///store.db'}\n")
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "rides.yaml").write_text(CONTRACT.format(lake=tmp_path / "lake"))
    (tmp_path / "contracts" / "pricing.yaml").write_text(SUBJECT)
    connection = {"conn_type": "featureguard", "extra": {"project": str(tmp_path)}}
    monkeypatch.setenv("AIRFLOW_CONN_FEATUREGUARD_DEFAULT", json.dumps(connection))
    return tmp_path / "lake"


def fill(lake: Path, *, hours: float, fare: float | None = 1.0) -> None:
    """Write rides of that age."""
    write(lake / "rides.parquet", at=at(datetime.now(UTC) - timedelta(hours=hours)), fare=[fare])


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], dict[str, Any]]]:
    """Registers OpenLineage's own listener with its file transport; gives the events of tasks by type."""
    from airflow.providers.openlineage import conf
    from airflow.providers.openlineage.plugins.listener import OpenLineageListener
    from airflow.sdk.listener import get_listener_manager

    file = tmp_path / "openlineage.jsonl"
    transport = {"type": "file", "log_file_path": str(file), "append": True}
    monkeypatch.setenv("AIRFLOW__OPENLINEAGE__TRANSPORT", json.dumps(transport))
    monkeypatch.setenv("AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD", "True")
    for one in vars(conf).values():
        if hasattr(one, "cache_clear"):
            one.cache_clear()
    made: Any = OpenLineageListener
    listener, manager = made(), cast(Any, get_listener_manager())
    manager.add_listener(listener)

    def events() -> dict[str, Any]:
        found = map(json.loads, file.read_text().splitlines())
        return {one["eventType"]: one for one in found if "." in one["job"]["name"]}

    yield events
    manager.pm.unregister(listener)


def dag(task: Callable[[], BaseOperator]) -> DAG:
    """A DAG of one task."""
    with DAG("lineage", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as made:
        task()
    return made


def assertions(event: dict[str, Any]) -> dict[str, Any]:
    """What is asserted of the only input, by name."""
    (dataset,) = event["inputs"]
    return {one["name"]: one for one in dataset["inputFacets"]["dataQualityAssertions"]["assertions"]}


def outcomes(event: dict[str, Any]) -> dict[str, str]:
    """The status of each test of the run, by name."""
    return {one["name"]: one["status"] for one in event["run"]["facets"]["test"]["tests"]}


def checks(**more: Any) -> DAG:
    return dag(lambda: FeatureCheckOperator(task_id="check", names="pricing", retries=0, **more))


def gates(**more: Any) -> DAG:
    return dag(lambda: FeatureGateOperator(task_id="gate", subject="pricing", retries=0, **more))


def test_a_check_that_completes_tells_every_promise(told: Any, lake: Path) -> None:
    fill(lake, hours=1)
    assert made_by(checks()).state == "success"
    event = told()["COMPLETE"]
    assert (event["inputs"][0]["namespace"], event["inputs"][0]["name"]) == ("file", str(lake))
    found = assertions(event)
    assert found["rides.freshness.at"]["success"] is True
    assert found["rides.freshness.at"]["expected"] == "7200.0"
    assert (found["rides.nulls.fare"]["assertion"], found["rides.nulls.fare"]["column"]) == (
        "not_null",
        "fare",
    )
    assert outcomes(event)["rides.freshness.at"] == "pass"
    (other_name,) = event["inputs"][0]["facets"]["symlinks"]["identifiers"]
    assert (other_name["namespace"], other_name["name"]) == ("featureguard", "rides")


def test_a_check_that_fails_tells_the_same(told: Any, lake: Path) -> None:
    fill(lake, hours=3, fare=None)
    assert made_by(checks(fail=True)).state == "failed"
    event = told()["FAIL"]
    stale = assertions(event)["rides.freshness.at"]
    assert (stale["success"], stale["severity"], stale["params"]["code"]) == (False, "error", "DATA_STALE")
    assert float(stale["actual"]) >= 3 * 3600
    assert outcomes(event)["rides.nulls.fare"] == "fail"


def test_what_could_not_be_checked_is_no_success(told: Any, lake: Path) -> None:
    assert made_by(checks()).state == "success"
    event = told()["COMPLETE"]
    assert {one["success"] for one in assertions(event).values()} == {False}
    assert {one["params"]["status"] for one in assertions(event).values()} == {"unknown"}
    assert set(outcomes(event).values()) == {"skip"}


def test_a_gate_that_allows_is_a_test_that_passed(told: Any, lake: Path) -> None:
    fill(lake, hours=1)
    made_by(checks())
    assert made_by(gates(outlets=[Asset("published", uri="file:///lake/published")])).state == "success"
    event = told()["COMPLETE"]
    assert outcomes(event) == {"pricing.gate.train": "pass"}
    assert event["outputs"][0]["name"] == "/lake/published"


def test_a_gate_that_blocks_names_the_broken_promise(told: Any, lake: Path) -> None:
    fill(lake, hours=3)
    made_by(checks())
    assert made_by(gates()).state == "failed"
    event = told()["FAIL"]
    assert outcomes(event).items() >= {"pricing.gate.train": "fail", "rides.freshness.at": "fail"}.items()
    assert assertions(event)["rides.freshness.at"]["success"] is False


def test_a_gate_that_holds_neither_passed_nor_failed(told: Any, lake: Path) -> None:
    assert made_by(gates()).state == "failed"
    event = told()["FAIL"]
    assert outcomes(event)["pricing.gate.train"] == "skip"
    assert not any(one["success"] for one in assertions(event).values())


def test_an_allowance_that_nobody_could_record_is_no_test_that_passed(told: Any, lake: Path) -> None:
    (lake.parent / "featureguard.yaml").write_text("store: {url: 'sqlite:///lake'}\nenforcement: dry_run\n")
    lake.mkdir()
    assert made_by(gates()).state == "success"
    assert outcomes(told()["COMPLETE"])["pricing.gate.train"] == "skip"


def test_a_gate_without_a_decision_tells_nothing() -> None:
    assert of_decision(None).run_facets == {}
    assert of_reports([]).inputs == []


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/lake/rides/", ("file", "/lake/rides")),
        ("/lake/rides/*.parquet", ("file", "/lake/rides")),
        ("file:///lake/rides", ("file", "/lake/rides")),
        ("s3://bucket/rides/day=*/", ("s3://bucket", "rides")),
        ("gs://bucket", ("gs://bucket", "/")),
        ("lake/rides/", ("featureguard", "rides")),
    ],
)
def test_a_dataset_is_called_by_its_place_where_that_is_known(path: str, place: tuple[str, str]) -> None:
    assert place_of(rides(source={"kind": "parquet", "path": path})) == place


def test_a_dataset_that_a_host_hands_in_has_our_name() -> None:
    assert place_of(rides()) == ("featureguard", "rides")


def test_operators_import_nothing_of_openlineage() -> None:
    script = (
        "import sys, airflow_featureguard.operators, airflow_featureguard.openlineage\n"
        "print(*(name for name in sys.modules if 'openlineage.client' in name))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ""
