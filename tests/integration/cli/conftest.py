"""A small project with a real lake, and the command line called in process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from featureguard.cli.app import run

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
CONTRACT = """\
dataset: rides
owner: rides@example.org
tier: 0
runbook: https://runbooks.example.org/rides
source: {kind: parquet, path: lake/rides/}
time: {event: at}
schema:
  columns:
    at: {type: "timestamp[us, tz=UTC]", nullable: false}
    fare: {type: float64, nulls: 10%}
freshness: {max_age: 26h}
---
subject: pricing
tier: 0
owner: ml@example.org
requires: [rides]
"""


@dataclass
class Project:
    """A project folder and what a command printed last."""

    root: Path
    capture: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    def __call__(self, *arguments: str) -> int:
        code = run(arguments)
        self.out, self.err = self.capture.readouterr()
        return code

    def json(self, *arguments: str) -> dict[str, Any]:
        self(*arguments, "--json")
        found: dict[str, Any] = json.loads(self.out)
        return found

    def land(self, name: str, newest: datetime, *fares: float | None) -> Path:
        """Write a file of rides, the newest of them at the given time."""
        times = [newest - timedelta(minutes=i) for i in range(len(fares))]
        frame = pl.DataFrame(
            {"at": times, "fare": fares}, schema={"at": pl.Datetime("us", "UTC"), "fare": pl.Float64}
        )
        file = self.root / "lake" / "rides" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(file)
        return file


@pytest.fixture
def make_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], Project]:
    """Make the project with more lines in its project file."""

    def make(
        settings: str = "store: {url: 'sqlite:///.featureguard/store.db', simulated: true}\n",
    ) -> Project:
        (tmp_path / "contracts").mkdir()
        (tmp_path / "contracts" / "rides.yaml").write_text(CONTRACT)
        (tmp_path / "featureguard.yaml").write_text(f"catalog: [contracts/]\n{settings}")
        monkeypatch.chdir(tmp_path)
        return Project(tmp_path, capsys)

    return make


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    """A project whose store is simulated, so that `--now` records."""
    return make_project()
