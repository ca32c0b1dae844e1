"""The demo's DAGs, read as Airflow reads them and run on a few flights of today."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")

import pyarrow as pa
import pyarrow.parquet as pq

from tests.airflow_host.field import connect, run
from tests.builders import HOUR

DAGS = Path("airflow_plugin/dags").absolute()
CLOCKS = {"flights": "scheduled_at", "weather": "observed_at"}
CONTRACT = """dataset: {name}
owner: me@example.org
tier: 0
source: {{kind: parquet, path: lake/{name}/}}
time: {{event: {clock}}}
freshness: {{max_age: 2h}}
"""
SUBJECT = "subject: departure_delay\nowner: ml@example.org\ntier: 0\nrequires: [flights, weather]\n"


class Demo:
    """The demo's project in small, an hour old."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "contracts").mkdir(parents=True)
        (folder / "featureguard.yaml").write_text("store: {url: 'sqlite:///store.db'}\n")
        (folder / "contracts" / "departure_delay.yaml").write_text(SUBJECT)
        for name, clock in CLOCKS.items():
            (folder / "contracts" / f"{name}.yaml").write_text(CONTRACT.format(name=name, clock=clock))
            self.age(name, HOUR)

    def age(self, name: str, age: timedelta) -> None:
        """Rewrite a feed."""
        (self.folder / "lake" / name).mkdir(parents=True, exist_ok=True)
        when = pa.array([datetime.now(UTC) - age])
        rows = {CLOCKS[name]: when, "origin": ["JFK"], "dep_delay": [5.0]}
        pq.write_table(pa.table(rows), self.folder / "lake" / name / "rows.parquet")

    def left(self, name: str) -> Path:
        """A file that a DAG writes."""
        return self.folder / "features" / name


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Demo:
    found = Demo(tmp_path / "demo")
    connect(monkeypatch, {"conn_type": "featureguard", "extra": {"project": str(found.folder)}})
    return found


@pytest.fixture
def dags(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The DAGs by name."""
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.syspath_prepend(str(DAGS))
    bag = DagBag(str(DAGS))
    assert (bag.import_errors, bag.captured_warnings) == ({}, {})
    yield dict(sorted(bag.dags.items()))  # The checks come first.
    sys.modules.pop("flights_model", None)


@pytest.mark.long
def test_fresh_features_are_trained_on_and_promoted_by_a_decision(demo: Demo, dags: dict[str, Any]) -> None:
    assert list(dags) == ["flights_checks", "flights_daily", "flights_many", "flights_on_features"]
    for dag in dags.values():
        assert set(run(dag).values()) == {"success"}
    assert len(json.loads(demo.left("champion.json").read_text())["decision"]) == 64


def test_nothing_is_trained_where_one_feed_has_stopped(demo: Demo, dags: dict[str, Any]) -> None:
    demo.age("weather", 3 * HOUR)
    found = {name: run(dag) for name, dag in dags.items()}
    assert found["flights_checks"] == {"check": "success"}
    assert found["flights_daily"]["wait_for_features"] == "failed"
    assert found["flights_on_features"] == {"train": "failed"}
    assert found["flights_many"]["report"] == "upstream_failed"
    assert not demo.left("model.json").exists()
