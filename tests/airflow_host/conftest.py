"""An Airflow of this test session's own: its home is set before anything imports Airflow."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HOME = Path(tempfile.mkdtemp(prefix="featureguard-airflow-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ |= {"AIRFLOW_HOME": str(HOME), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    """The home, with a migrated database on SQLite."""
    migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
    done = subprocess.run(migrate, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return HOME
