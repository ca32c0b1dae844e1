"""`featureguard age`: how old the data of a model really is, and which stage ate the time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.integration.cli.conftest import CONTRACT, NOON, Project

AT_NOON = ("--now", NOON.isoformat())
FEATURES = """\
dataset: features
owner: rides@example.org
source: {kind: parquet, path: lake/features/}
time: {event: at}
freshness: {max_age: 99h}
upstream: [rides]
"""


@pytest.fixture(autouse=True)
def _features(project: Project) -> None:
    """Pricing stands on features, which are made from rides."""
    contracts = project.root / "contracts"
    (contracts / "features.yaml").write_text(FEATURES)
    (contracts / "rides.yaml").write_text(CONTRACT.replace("requires: [rides]", "requires: [features]"))


def test_the_stage_that_ate_the_time_is_named(project: Project) -> None:
    project.land("../features/a.parquet", NOON - timedelta(hours=31), 1.0)
    project.land("a.parquet", NOON - timedelta(hours=2), 1.0)
    project("check", "pricing", *AT_NOON)
    assert project("age", "pricing", *AT_NOON) == 0
    assert "pricing: its data is 31h old" in project.out
    found = project.json("age", "pricing", *AT_NOON)
    assert found["age_seconds"] == 31 * 3600
    lost = {stage["name"]: stage["lost_seconds"] / 3600 for stage in found["stages"]}
    assert lost == {"rides": 2, "features": 29}


def test_what_nobody_looked_at_is_unknown_and_named(project: Project) -> None:
    project.land("a.parquet", NOON - timedelta(hours=2), 1.0)
    project("check", "rides", *AT_NOON)
    assert project("age", "pricing", *AT_NOON) == 0
    assert "the age of its data is unknown, and at least 2h" in project.out
    assert "not measured: features" in project.out
    assert project.json("age", "pricing", *AT_NOON)["age_seconds"] is None


def test_an_unknown_name_is_corrected(project: Project) -> None:
    assert project("age", "prizing", *AT_NOON) == 2
    assert "Did you mean 'pricing'?" in project.err
