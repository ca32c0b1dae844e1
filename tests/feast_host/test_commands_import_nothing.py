"""The commands about Feast run without `import feast`, which takes seconds and changes the process."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("feast.protos", reason="feast (extra 'feast') is not installed")

from tests.feast_host.field import Field

_SCRIPT = """
import sys
from featureguard.cli.app import run
code = run(sys.argv[1:])
heavy = {"feast", "great_expectations", "mlflow", "dask"}
print("after", code, *sorted(heavy & set(sys.modules)))
"""


def run_in(folder: Path, *arguments: str) -> tuple[str, list[str]]:
    """Everything that a command says, and its exit code with the heavy packages that it loaded."""
    command = [sys.executable, "-W", "ignore", "-c", _SCRIPT, *arguments]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    return said, said.splitlines()[-1].split()[1:]


def test_contracts_are_imported_and_stores_compared_without_feast(deployed: Field, tmp_path: Path) -> None:
    deployed.materialize(deployed.now - timedelta(days=1), deployed.now, "driver_stats")
    (tmp_path / "featureguard.yaml").write_text("store: {url: 'sqlite:///store.db'}\n")
    options = ("--repo", str(deployed.folder), "--owner", "me@example.org", "--online")
    said, after = run_in(tmp_path, "import", "feast", *options)
    assert "driver_stats" in said
    assert after == ["0"]
    said, after = run_in(tmp_path, "online", "driver_stats_online")
    assert "entities compared" in said
    assert after[1:] == []
