"""`import featureguard` stays light, and its public names are what they say."""

from __future__ import annotations

import subprocess
import sys

import pytest

import featureguard

HEAVY = ["airflow", "dagster", "fastapi", "feast", "great_expectations", "mlflow", "pandas"]
LATER = ["alembic", "polars", "pyarrow", "pydantic", "rich", "sqlalchemy", "typer", "yaml"]


def loaded_by(code: str, names: list[str]) -> list[str]:
    probe = f"{code}\nimport sys\nprint(*[name for name in {names} if name in sys.modules])"
    said = subprocess.check_output([sys.executable, "-c", probe], text=True)
    return said.splitlines()[-1].split()


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import featureguard", HEAVY + LATER) == []


def test_starting_the_command_line_loads_no_host() -> None:
    assert loaded_by("from featureguard.cli.app import run\nassert run(['--help']) == 0", HEAVY) == []


def test_reading_contracts_needs_no_polars_and_no_store() -> None:
    code = "from featureguard import Contract, load_catalog, load_project"
    assert loaded_by(code, [*HEAVY, "polars", "pyarrow", "sqlalchemy"]) == []


def test_opening_the_flow_loads_no_host() -> None:
    assert loaded_by("from featureguard import Guard, check", [*HEAVY, "polars", "sqlalchemy"]) == []


def test_running_a_suite_loads_no_great_expectations() -> None:
    code = (
        "from featureguard.suites.engine import run_suite\nfrom featureguard.suites.linting import lint_suite"
    )
    assert loaded_by(code, HEAVY) == []


def test_the_probe_does_see_what_is_loaded() -> None:
    assert loaded_by("import polars", ["polars"]) == ["polars"]


def test_public_names_are_sorted_and_there() -> None:
    assert featureguard.__all__ == sorted(featureguard.__all__)
    assert all(getattr(featureguard, name).__name__ == name for name in featureguard.__all__)


def test_an_unknown_name_says_so() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Guardd'"):
        featureguard.Guardd  # noqa: B018
