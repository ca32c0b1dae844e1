"""What a code location pays for our part: no other host is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("dagster", reason="dagster (extra 'dagster') is not installed")

DEFINITIONS = Path("dagster_defs/definitions.py").absolute()
FEED = """dataset: {name}
owner: me@example.org
source: {{kind: parquet, path: lake/{name}/}}
volume: {{at_least: 1}}
"""
SUBJECT = "subject: departure_delay\nowner: me@example.org\nrequires: [flights, weather]\n"


def test_the_demos_definitions_load_no_other_host(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "featureguard.yaml").write_text("store: {url: 'sqlite:///store.db'}\n")
    (tmp_path / "contracts" / "departure_delay.yaml").write_text(SUBJECT)
    for name in ("flights", "weather"):
        (tmp_path / "contracts" / f"{name}.yaml").write_text(FEED.format(name=name))
    script = (
        "import runpy, sys; found = runpy.run_path(sys.argv[1])['defs']\n"
        "print(len(list(found.sensors)), *{name.partition('.')[0] for name in sys.modules})"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, str(DEFINITIONS)]
    environ = os.environ | {"FEATUREGUARD_DEMO": str(tmp_path), "DAGSTER_HOME": str(tmp_path)}
    told = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
    sensors, *loaded = told.splitlines()[-1].split()
    assert sensors == "3"
    assert "dagster_featureguard" in loaded
    assert set(loaded).isdisjoint({"airflow", "feast", "great_expectations", "gx_featureguard", "mlflow"})
