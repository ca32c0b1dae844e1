"""`featureguard online --history`: what Feast materialized is in the timeline, once however often it is
told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("feast.protos", reason="feast (extra 'feast') is not installed")
pytest.importorskip("ruamel.yaml", reason="ruamel.yaml (extra 'feast') is not installed")

from featureguard.cli.app import run
from featureguard.profile import NEVER
from featureguard.store import open_store
from featureguard.timeline import Run
from tests.feast_host.field import Field

HOUR = timedelta(hours=1)


def timeline(url: str, dataset: str) -> list[Run]:
    with open_store(url) as store:
        return sorted(store.timeline(dataset, "event_time"), key=lambda run: run.first_seen)


def test_materialization_is_arrival_and_never_materialized_is_never(
    deployed: Field,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/store.db"
    (tmp_path / "featureguard.yaml").write_text(f"catalog: [contracts/]\nstore: {{url: '{url}'}}\n")
    assert run(["import", "feast", "--repo", str(deployed.folder), "--online"]) == 0
    deployed.materialize(deployed.now - 24 * HOUR, deployed.now, "driver_stats")
    deployed.materialize_incremental(deployed.now + timedelta(seconds=1), "driver_stats")
    capsys.readouterr()

    assert run(["online", "--history", "driver_stats_online", "idle_online"]) == 0
    assert "driver_stats_online: " in capsys.readouterr().out
    before = {name: timeline(url, name) for name in ("driver_stats_online", "idle_online")}
    stats, idle = before.values()
    assert {one.value for one in stats} <= {NEVER, deployed.now - HOUR}
    assert stats[-1].value == deployed.now - HOUR  # The second run brought nothing newer.
    assert {one.value for one in idle} == {NEVER}
    assert all(one.first_stale is None for one in (*stats, *idle))  # They are no looks.

    assert run(["online", "--history", "idle_online", "driver_stats_online"]) == 0
    for name, runs in before.items():
        again = {(one.hour, one.value): one for one in timeline(url, name)}
        for one in runs:  # Only the last end moves on.
            same = again[one.hour, one.value]
            assert same.first_seen == one.first_seen
            assert same.last_seen == one.last_seen or one is runs[-1]

    assert run(["online", "--history", "position_online"]) == 3
    assert "fed by a stream or by pushes too" in capsys.readouterr().err
