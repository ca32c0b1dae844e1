"""What Dagster's own daemon launches: backfills, automation, and many checks at once on one store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("dagster_webserver", reason="dagster-webserver is not installed")

from tests.builders import HOUR, write
from tests.e2e.dagster_dev import Dagster, dagster_dev, until
from tests.world import at

CONTRACT = """dataset: {name}
owner: me@example.org
tier: 0
source: {{kind: parquet, path: lake/{name}/}}
time: {{event: at}}
freshness: {{max_age: 2h}}
"""
NAMES = ["raw", *(f"part{number}" for number in range(8))]


def age(project: Path, dataset: str, old: timedelta) -> None:
    (project / "lake" / dataset).mkdir(parents=True, exist_ok=True)
    write(project / "lake" / dataset / "rows.parquet", at=at(datetime.now(UTC) - old))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project by the real clock, whose `raw` is stale."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "contracts").mkdir()
    (folder / "featureguard.yaml").write_text("catalog: [contracts/]\nstore: {url: 'sqlite:///store.db'}\n")
    subject = "subject: pricing\nowner: ml@example.org\ntier: 0\nrequires: [raw]\n"
    (folder / "contracts" / "pricing.yaml").write_text(subject)
    for name in NAMES:
        (folder / "contracts" / f"{name}.yaml").write_text(CONTRACT.format(name=name))
        age(folder, name, HOUR if name != "raw" else 3 * HOUR)
    return folder


@pytest.fixture(scope="module")
def dagster(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dagster]:
    file = Path(__file__).with_name("dagster_automation.py")
    with dagster_dev(file, tmp_path_factory.mktemp("dagster"), FEATUREGUARD_PROJECT=str(project)) as found:
        yield found


def test_nothing_trains_until_the_data_is_fresh_and_then_everything_does(
    dagster: Dagster, project: Path
) -> None:
    until(lambda: dagster.check("raw", "featureguard_probe"), 90)
    assert dagster.backfill("train_days", "2026-01-03", "2026-01-04")[1] == ["FAILURE", "FAILURE"]
    until(lambda: len(dagster.ticks("automation")) >= 2, 90)
    assert [tick["error"] for tick in dagster.ticks("automation") if tick["error"]] == []
    assert (dagster.made("train_days"), dagster.made("train_when_open")) == ([], [])
    age(project, "raw", HOUR)
    until(lambda: dagster.made("train_when_open"), 120)
    status, runs = dagster.backfill("train_days", "2026-01-03", "2026-01-04")
    assert (status, runs) == ("COMPLETED_SUCCESS", ["SUCCESS", "SUCCESS"])
    assert sorted(map(str, dagster.made("train_days"))) == ["2026-01-03", "2026-01-04"]


def test_many_checks_at_once_share_one_store(dagster: Dagster, project: Path) -> None:
    age(project, "raw", HOUR)
    started = time.monotonic()
    status, steps = dagster.run("checks")
    assert status == "SUCCESS", steps
    assert len(steps) >= len(NAMES)
    assert set(steps.values()) == {"SUCCESS"}
    print(f"{len(steps)} checks in processes of their own: {time.monotonic() - started:.1f} s")
