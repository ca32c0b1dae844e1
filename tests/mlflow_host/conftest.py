"""A project and a registry for each test, copied from ones that were made once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

# MLflow reads these when it is first imported.
os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}

from tests.mlflow_host.field import ALLOWED, BLOCKED, HELD, NOBODY, POLICY, Lake, fill, new_registry


@pytest.fixture(scope="session")
def lake_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was looked at."""
    folder = tmp_path_factory.mktemp("lake") / "template"
    Lake(folder).lay_out(POLICY)
    return folder


@pytest.fixture(scope="session")
def registry_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry of four models with three versions each: making one takes MLflow seconds."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("registry") / "mlflow.db"
    client = MlflowClient(f"sqlite:///{path}", f"sqlite:///{path}")
    fill(client, ALLOWED, BLOCKED, HELD, NOBODY, versions=3)
    client.create_experiment("training")
    return path


@pytest.fixture
def lake(lake_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A project of this test alone."""
    folder = tmp_path / "project"
    shutil.copytree(lake_template, folder)
    monkeypatch.setenv("FEATUREGUARD_PROJECT", str(folder))
    return Lake(folder)


@pytest.fixture
def uri(registry_template: Path, tmp_path: Path) -> str:
    """The address of a registry of this test alone."""
    return new_registry(registry_template, tmp_path / "registry")


@pytest.fixture
def client(uri: str) -> Any:
    """MLflow's own client of it."""
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)
