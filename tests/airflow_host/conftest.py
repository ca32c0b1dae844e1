"""A home of Airflow's own for the tests: an SQLite database that is made once, and DAGs made in tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Any

import pytest

_HOME = tempfile.mkdtemp(prefix="featureguard-airflow-")
# Airflow reads these when it is imported first.
os.environ["AIRFLOW_HOME"] = _HOME
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"

RunDag = Callable[[Any], Any]


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Airflow's tables, made once."""
    pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")
    import subprocess
    import sys

    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True)
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.utils.session import create_session

    bundles: Any = DagBundlesManager
    with create_session() as session:
        bundles().sync_bundles_to_db(session=session)


@pytest.fixture
def run_dag(airflow_database: None) -> RunDag:
    """Runs a DAG that a test made, in this process; gives its run."""

    def run(dag: Any) -> Any:
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.serialization.definitions.dag import SerializedDAG
        from airflow.serialization.serialized_objects import LazyDeserializedDAG

        lazy = LazyDeserializedDAG.from_dag(dag)
        SerializedDAG.bulk_write_to_db("dags-folder", None, [lazy])
        SerializedDagModel.write_dag(lazy, bundle_name="dags-folder")
        return dag.test()

    return run
