"""Airflow on a home and an SQLite database of its own, made once for each process that tests."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import warnings
from pathlib import Path

import pytest

# Airflow reads these when it is first imported.
_HOME = Path(tempfile.mkdtemp(prefix="featureguard-airflow-"))
(_HOME / "dags").mkdir()
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ |= {
    "AIRFLOW_HOME": str(_HOME),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
}


@pytest.fixture(scope="session", autouse=True)
def airflow_database() -> None:
    """A metadata database that DAGs can be run on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Airflow's own.
        from airflow.dag_processing.bundles.manager import DagBundlesManager
        from airflow.utils.db import initdb
        from airflow.utils.session import create_session

        initdb()
        with create_session() as session:
            DagBundlesManager().sync_bundles_to_db(session=session)  # type: ignore[no-untyped-call]


@pytest.fixture(scope="session")
def airflow_home(airflow_database: None) -> Path:
    """Airflow's home."""
    return _HOME
