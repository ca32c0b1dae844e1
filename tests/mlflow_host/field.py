"""A project by the real clock, and model registries: SQLite files, and servers with and without the guard."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from featureguard.catalog import load_catalog
from featureguard.desk import Desk, open_desk
from featureguard.guard import Guard
from featureguard.project import load_project
from tests.builders import write
from tests.world import at

_DATASET = """dataset: {name}
owner: me@example.org
tier: 1
source: {{kind: parquet, path: lake/{name}/}}
time: {{event: at}}
freshness: {{max_age: 2h}}
"""
_SUBJECT = "subject: {name}\nowner: ml@example.org\ntier: 1\n{more}requires: [{dataset}]\n"
POLICY = "policy: default\nactions:\n  rollback: {repair: true}\n"

SOURCE = "s3://models/pricing"
ALLOWED, BLOCKED, HELD = "pricing", "stale", "blind"
"""Models: the data of the first is fresh, that of the second stale, and nobody ever looked at the third's."""
NOBODY = "nobody"
"""A model that no subject is about."""


class Lake:
    """A project: the models `pricing` (the subject `prices`), `stale` and `blind`, and a feature service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lay_out(self, policy: str = "") -> None:
        """Write contracts and data."""
        contracts = self.folder / "contracts"
        contracts.mkdir(parents=True)
        (self.folder / "featureguard.yaml").write_text("store: {url: 'sqlite:///store.db'}\n")
        for name in ("fresh", "old", "dark"):
            (contracts / f"{name}.yaml").write_text(_DATASET.format(name=name))
        aliases = "aliases: {mlflow: pricing, feast: shop.prices_v1}\n"
        (contracts / "prices.yaml").write_text(_SUBJECT.format(name="prices", more=aliases, dataset="fresh"))
        (contracts / "stale.yaml").write_text(_SUBJECT.format(name="stale", more="", dataset="old"))
        (contracts / "blind.yaml").write_text(_SUBJECT.format(name="blind", more="", dataset="dark"))
        self.policy(policy)
        self.age("fresh", timedelta(minutes=10))
        self.age("old", timedelta(hours=30))
        self.look("fresh")
        self.look("old")

    def policy(self, text: str) -> None:
        """Replace the policy file."""
        path = self.folder / "contracts" / "policy.yaml"
        path.write_text(text) if text else path.unlink(missing_ok=True)

    def age(self, dataset: str, age: timedelta) -> None:
        """Rewrite data with a row of an age."""
        write(self.folder / "lake" / dataset / "rows.parquet", at=at(datetime.now(UTC) - age))

    def look(self, dataset: str) -> None:
        """Somebody checks the data."""
        with self.guard() as guard:
            guard.check(dataset)

    @contextmanager
    def guard(self) -> Iterator[Guard]:
        """A guard on it."""
        project = load_project(self.folder, {})
        catalog = load_catalog(project.catalog_places)
        with Guard.open(project, catalog, clock=lambda: datetime.now(UTC), environ={}) as guard:
            yield guard

    @contextmanager
    def turned_stale(self, dataset: str = "fresh") -> Iterator[None]:
        """The data gets old, and somebody sees it; afterwards it is fresh again."""
        self.age(dataset, timedelta(hours=30))
        self.look(dataset)
        yield
        self.age(dataset, timedelta(minutes=10))
        self.look(dataset)

    @contextmanager
    def without_store(self) -> Iterator[None]:
        """The evidence store is away, and something else lies in its place."""
        files = [self.folder / f"store.db{end}" for end in ("", "-wal", "-shm")]
        kept = {file: file.read_bytes() for file in files if file.exists()}
        for file in kept:
            file.unlink()
        files[0].write_text("this is no database, and nothing can be read from it\n" * 100)
        yield
        files[0].unlink()
        for file, content in kept.items():
            file.write_bytes(content)

    def desk(self) -> Desk:
        """Where the gate is asked."""
        return open_desk(project=self.folder)

    def recorded(self) -> list[Any]:
        """Every decision and confirmation."""
        with self.guard() as guard:
            return guard.store_in_use.decisions.recorded()


def new_registry(template: Path, folder: Path) -> str:
    """The address of a copy of a registry in an SQLite file."""
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{shutil.copy(template, folder / 'mlflow.db')}"


def fill(client: Any, *models: str, versions: int = 2) -> None:
    """Register models with some versions."""
    for model in models:
        client.create_registered_model(model)
        for number in range(versions):
            client.create_model_version(model, f"{SOURCE}/{number}", await_creation_for=0)


def aliases_in(uri: str) -> dict[tuple[str, str], int]:
    """What a registry's database says, past every client and server."""
    with closing(sqlite3.connect(uri.removeprefix("sqlite:///"))) as database:
        rows = database.execute("select name, alias, version from registered_model_aliases").fetchall()
        return {(name, alias): version for name, alias, version in rows}


def stages_in(uri: str) -> set[tuple[str, int]]:
    """The versions that are in production, likewise."""
    with closing(sqlite3.connect(uri.removeprefix("sqlite:///"))) as database:
        query = "select name, version from model_versions where current_stage = 'Production'"
        return set(database.execute(query).fetchall())


def execute(uri: str, statement: str) -> None:
    """Change a registry's database behind everybody's back."""
    with closing(sqlite3.connect(uri.removeprefix("sqlite:///"))) as database:
        database.execute(statement)
        database.commit()


def free_port() -> int:
    """A port that nobody listens to."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# An empty text lets Python keep what it compiled: importing MLflow then takes half of the time.
_QUICK = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONDONTWRITEBYTECODE": ""}


class Server:
    """An MLflow server of its own process.

    Attributes:
        root: Its host and port.
        url: Where its API is.
        uri: Its database.
    """

    def __init__(self, uri: str, folder: Path, *options: str, prefix: str = "", **environ: str) -> None:
        self.uri, self.port = uri, free_port()
        self.root = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.root}{prefix}"
        options = (*options, "--static-prefix", prefix) if prefix else options
        self._log = folder / "server.log"
        command = [
            *(sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri),
            *("--host", "127.0.0.1", "--port", str(self.port), *options),
        ]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **_QUICK, **environ},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Until it answers."""
        end, opener = time.monotonic() + 120, urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < end and self._process.poll() is None:
            with suppress(OSError), opener.open(f"{self.url}/health", timeout=2):
                return
            time.sleep(0.2)
        pytest.fail(f"MLflow's server did not come up:\n{self.log[-3_000:]}")

    @property
    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text()

    def stop(self) -> None:
        """End it, and its workers."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
