"""Where Dagster cannot reach the store it asks the freshness API; where that is away, nothing trains."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("dagster", reason="dagster (extra 'dagster') is not installed")
pytest.importorskip("fastapi", reason="fastapi (extra 'api') is not installed")

import dagster as dg

from dagster_featureguard import FeatureGuardResource, gate_sensor
from featureguard.access import Scope
from tests.decision_world import world
from tests.integration.api.conftest import running


def test_the_gate_is_asked_with_a_token_and_its_answer_counts(tmp_path: Path) -> None:
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it, running(it) as api:
        url, token = str(api.client.base_url), api.token(Scope.GATE)
        guard = FeatureGuardResource(api_url=url, api_token=token)
        ruling = guard.require("pricing")
        assert it.store.decisions.find(str(ruling.id)).subject == "pricing"
        it.go_stale()
        api.refresh()
        with pytest.raises(dg.Failure, match="block: 'pricing' may not train") as found:
            guard.require("pricing")
        assert found.value.allow_retries is False
        assert token not in repr(found.value.metadata)


def test_a_wrong_token_and_a_gate_that_is_away_hold_the_training(tmp_path: Path) -> None:
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it, running(it) as api:
        url = str(api.client.base_url)
        api.token(Scope.GATE)
        with pytest.raises(dg.Failure, match="'pricing' may not train"):
            FeatureGuardResource(api_url=url, api_token="fg_wrong").require("pricing")
    with pytest.raises(dg.Failure, match="hold: 'pricing' may not train") as found:
        FeatureGuardResource(api_url=url).require("pricing")
    assert found.value.allow_retries is True


def test_a_gate_that_is_away_launches_nothing(tmp_path: Path) -> None:
    @dg.asset
    def train() -> None: ...

    sensor = gate_sensor(dg.define_asset_job("training", selection="train"), "pricing")
    with dg.DagsterInstance.ephemeral() as instance:
        resource = FeatureGuardResource(api_url="http://127.0.0.1:9")
        told = sensor.evaluate_tick(dg.build_sensor_context(instance, resources={"featureguard": resource}))
    assert told.run_requests == []
    assert "Nobody can tell" in str(told.skip_message)


def test_a_package_of_the_users_own_called_dagster_defs_stands_beside_ours(tmp_path: Path) -> None:
    (tmp_path / "dagster_defs").mkdir()
    (tmp_path / "dagster_defs" / "__init__.py").write_text("mine = 1\n")
    script = "import dagster_defs, dagster_featureguard; print(dagster_defs.mine)"
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "1"
