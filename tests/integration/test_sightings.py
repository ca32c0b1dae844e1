"""Whoever merely saw how new a dataset was tells it at a desk: at the API, and at the store itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="fastapi (extra 'api') is not installed")
pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

from featureguard.access import Scope
from featureguard.desk import Desk, open_desk
from featureguard.errors import UsageError
from featureguard.sightings import Known, Sighting
from featureguard.store import open_store
from tests.builders import HOUR
from tests.decision_world import world
from tests.integration.api.conftest import running

NOW = datetime.now(UTC)
CONTRACT = """dataset: rides
owner: me@example.org
source: {kind: parquet, path: lake/}
time: {event: at}
freshness: {max_age: 2h}
aliases: {airflow: s3://lake/rides}
"""


@pytest.fixture(params=["api", "store"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose catalog has one dataset, and whose store is `store.db` in the test's folder."""
    url = f"sqlite:///{tmp_path}/store.db"
    if request.param == "api":
        with world(tmp_path, url) as it, running(it) as api:
            it.promise(aliases={"airflow": "s3://lake/rides"})
            token = api.token(Scope.OBSERVE, Scope.READ)
            with open_desk(api_url=str(api.client.base_url), token=token) as made:
                yield made
        return
    (tmp_path / "rides.yaml").write_text(CONTRACT)
    (tmp_path / "featureguard.yaml").write_text(
        "catalog: [rides.yaml]\nstore: {url: 'sqlite:///store.db', simulated: true}\n"
    )
    with open_desk(project=tmp_path, by="somebody") as made:
        yield made


def sighting(newest: datetime, dataset: str = "rides") -> Sighting:
    return Sighting(dataset, "event_time", NOW, newest)


def seen(folder: Path) -> list[object]:
    """What the timeline knows since the tests began."""
    with open_store(f"sqlite:///{folder}/store.db", simulated=True) as store:
        return [run.value for run in store.timeline("rides", "event_time") if run.first_seen >= NOW]


def test_every_dataset_is_told_with_the_names_that_hosts_know(desk: Desk) -> None:
    assert desk.known() == [Known("rides", "event_time", {"airflow": "s3://lake/rides"})]


def test_a_sighting_is_in_the_timeline_once_however_often_it_is_told(desk: Desk, tmp_path: Path) -> None:
    for _ in range(2):
        desk.observe([sighting(NOW - HOUR)])
    assert seen(tmp_path) == [NOW - HOUR]
    desk.observe([])


def test_of_sightings_of_which_one_cannot_be_nothing_is_taken(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="newest"):
        desk.observe([sighting(NOW - HOUR), sighting(NOW + timedelta(minutes=6))])
    with pytest.raises(UsageError, match="no dataset"):
        desk.observe([sighting(NOW - HOUR), sighting(NOW - HOUR, "other")])
    desk.observe([sighting(NOW + timedelta(minutes=4))])
    assert seen(tmp_path) == [NOW + timedelta(minutes=4)]


def test_a_sighting_is_no_check(desk: Desk) -> None:
    before = desk.freshness("rides").state
    desk.observe([sighting(NOW)])
    assert desk.freshness("rides").state == before
