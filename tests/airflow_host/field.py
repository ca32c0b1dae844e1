"""DAGs inside tests, run by Airflow's own `dag.test()`, and a small project on the real clock."""

from __future__ import annotations

import itertools
import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG

from featureguard.catalog import load_catalog
from featureguard.guard import Guard
from featureguard.project import load_project
from tests.builders import HOUR, write
from tests.world import at

_NUMBERS = itertools.count()
_CONTRACT = """dataset: {name}
owner: me@example.org
tier: 0
source: {{kind: parquet, path: lake/{name}/}}
time: {{event: at}}
freshness: {{max_age: 2h}}
runbook: https://runbooks.example.org/{name}
"""


class Lake:
    """A project by the real clock: `pricing` requires `feature`, whose data is an hour old."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "contracts").mkdir(parents=True)
        (folder / "featureguard.yaml").write_text("store: {url: 'sqlite:///store.db'}\n")
        subject = "subject: pricing\nowner: ml@example.org\ntier: 0\nrequires: [feature]\n"
        (folder / "contracts" / "pricing.yaml").write_text(subject)
        (folder / "contracts" / "feature.yaml").write_text(_CONTRACT.format(name="feature"))
        (folder / "lake" / "feature").mkdir(parents=True)
        self.age(HOUR)

    def age(self, age: timedelta) -> None:
        """Rewrite the data with rows of an age."""
        write(self.folder / "lake" / "feature" / "rows.parquet", at=at(datetime.now(UTC) - age))

    def empty(self) -> None:
        """Data that never arrived."""
        (self.folder / "lake" / "feature" / "rows.parquet").unlink()

    @contextmanager
    def guard(self) -> Iterator[Guard]:
        """A guard on it."""
        project = load_project(self.folder, {})
        catalog = load_catalog(project.catalog_places)
        with Guard.open(project, catalog, clock=lambda: datetime.now(UTC), environ={}) as guard:
            yield guard

    def look(self) -> None:
        """Somebody checks the data."""
        with self.guard() as guard:
            guard.check_all("pricing")

    @property
    def connection(self) -> dict[str, Any]:
        """What an Airflow connection to it says."""
        return {"conn_type": "featureguard", "extra": {"project": str(self.folder)}}


def connect(monkeypatch: Any, connection: dict[str, Any], conn_id: str = "featureguard_default") -> None:
    """Make a connection known to Airflow."""
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))


@contextmanager
def new_dag(**more: Any) -> Iterator[DAG]:
    """A DAG with a name of its own."""
    with DAG(f"dag_{os.getpid()}_{next(_NUMBERS)}", schedule=None, **more) as dag:
        yield dag


def run(dag: DAG) -> dict[str, str]:
    """Run a DAG, triggers included: how each task ended."""
    return {one.task_id: str(one.state) for one in made_by(dag).get_task_instances()}


def xcom(made: Any, task_id: str, key: str = "return_value") -> Any:
    """What a task of a run left."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    mine = (XComModel.dag_id == made.dag_id, XComModel.run_id == made.run_id)
    with create_session() as session:
        query = select(XComModel).where(*mine, XComModel.task_id == task_id, XComModel.key == key)
        found = session.scalars(query).first()
        return XComModel.deserialize_value(found) if found else None


def events(asset: str) -> list[Any]:
    """Events of an asset, the oldest first."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    query = select(AssetEvent).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
    with create_session() as session:
        found = session.scalars(query.where(AssetModel.name == asset).order_by(AssetEvent.id)).all()
        session.expunge_all()
        return list(found)


def made_by(dag: DAG) -> Any:
    """Run a DAG, triggers included."""
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.definitions.dag import SerializedDAG
    from airflow.serialization.serialized_objects import LazyDeserializedDAG

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Airflow's own.
        known = LazyDeserializedDAG.from_dag(dag)
        SerializedDAG.bulk_write_to_db("dags-folder", None, [known])
        SerializedDagModel.write_dag(known, bundle_name="dags-folder")
        return dag.test()
