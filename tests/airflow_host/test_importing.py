"""What a DAG file pays for importing our tasks: what Airflow has loaded anyway, and our own small modules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")

OTHERS = ("dagster", "feast", "great_expectations", "gx_featureguard", "mlflow", "pandas")
HEAVY = (*OTHERS, "fastapi", "httpx", "polars", "pyarrow", "pydantic", "sqlalchemy", "featureguard")


def loaded_by(*modules: str, after: str) -> set[str]:
    """Top-level packages that some imports load beyond those of another."""
    script = (
        f"import sys, {after}; before = set(sys.modules)\n"
        f"import {', '.join(modules)}\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(told.stdout.splitlines()[-1].split())


def test_a_dag_file_loads_nothing_heavy() -> None:
    parts = ("sensors", "operators", "notifications", "hooks")
    found = loaded_by(*(f"airflow_featureguard.{part}" for part in parts), after="airflow.sdk")
    assert "airflow_featureguard" in found
    assert found.isdisjoint(HEAVY)


def test_the_demos_dag_files_load_no_other_host() -> None:
    script = (
        "import runpy, sys; sys.path.insert(0, sys.argv[1])\n"
        "for file in sys.argv[2:]: runpy.run_path(file)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    folder = Path("airflow_plugin/dags").absolute()
    files = sorted(map(str, folder.glob("*.py")))
    command = [sys.executable, "-W", "ignore", "-c", script, str(folder), *files]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = set(told.splitlines()[-1].split())
    assert "airflow_featureguard" in found
    assert found.isdisjoint(OTHERS)


def test_neither_do_the_decorator_and_the_triggers_beyond_airflows_own() -> None:
    after = "airflow.sdk, airflow.providers.standard.operators.python, airflow.triggers.base"
    found = loaded_by("airflow_featureguard.decorators", "airflow_featureguard.triggers", after=after)
    assert found.isdisjoint(HEAVY)


def test_what_airflow_reads_at_every_start_loads_nothing_at_all() -> None:
    assert loaded_by("airflow_featureguard.provider", after="json") == {"airflow_featureguard"}
