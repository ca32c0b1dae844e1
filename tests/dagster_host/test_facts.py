"""What Dagster knows becomes ours, and ours Dagster's, where both mean the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dagster", reason="dagster (extra 'dagster') is not installed")

import dagster as dg

from dagster_featureguard import (
    FeatureGuardResource,
    freshness_policy,
    freshness_sensor,
    import_history,
    lineage_gaps,
)
from dagster_featureguard.history import Imported
from featureguard.catalog import Catalog
from featureguard.guard import Guard
from tests.builders import HOUR, rides
from tests.dagster_host.lake import Lake

KEYS = {"feature": dg.AssetKey("feature")}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Guard]:
    """On the machine's clock: Dagster's events have no other."""
    lake = Lake(tmp_path / "project")
    file = lake.folder / "featureguard.yaml"
    file.write_text(file.read_text().replace(", simulated: true", ""))
    with FeatureGuardResource(project=str(lake.folder)).guard() as made:
        yield made


def materialize(instance: dg.DagsterInstance, newest: datetime | None) -> datetime:
    """An event of now that says how new the data is; gives when it happened."""
    metadata = {"dagster/last_updated_timestamp": dg.MetadataValue.timestamp(newest)} if newest else {}
    instance.report_runless_asset_event(dg.AssetMaterialization("feature", metadata=metadata))
    event = instance.get_latest_materialization_event(dg.AssetKey("feature"))
    assert event is not None
    return datetime.fromtimestamp(event.timestamp, UTC)


def test_events_that_say_how_new_the_data_was_are_history(instance: dg.DagsterInstance, guard: Guard) -> None:
    newest = datetime.now(UTC) - 2 * HOUR
    happened = materialize(instance, newest)
    materialize(instance, None)
    observed = dg.MetadataValue.timestamp(newest + HOUR)
    instance.report_runless_asset_event(
        dg.AssetObservation("feature", metadata={"dagster/last_updated_timestamp": observed})
    )
    assert import_history(instance, guard, KEYS) == {"feature": Imported(taken=2, skipped=1)}
    runs = guard.store_in_use.timeline("feature", "event_time")
    assert [run.value for run in runs] == [newest, newest + HOUR]
    assert runs[0].first_seen == happened


def test_importing_again_changes_nothing(instance: dg.DagsterInstance, guard: Guard) -> None:
    materialize(instance, datetime.now(UTC) - HOUR)
    import_history(instance, guard, KEYS)
    before = guard.store_in_use.timeline("feature", "event_time")
    import_history(instance, guard, KEYS)
    assert guard.store_in_use.timeline("feature", "event_time") == before


def test_history_is_no_look(instance: dg.DagsterInstance, guard: Guard) -> None:
    materialize(instance, datetime.now(UTC))
    import_history(instance, guard, KEYS)
    assert guard.standing("feature", guard.now()).exit_code == 3
    assert not guard.preview("pricing", "train").allowed


def test_a_newest_value_from_the_future_is_not_believed(instance: dg.DagsterInstance, guard: Guard) -> None:
    materialize(instance, datetime.now(UTC) + HOUR)
    assert import_history(instance, guard, KEYS)["feature"] == Imported(taken=0, skipped=1)


def test_only_what_happened_since_is_taken(instance: dg.DagsterInstance, guard: Guard) -> None:
    materialize(instance, datetime.now(UTC) - HOUR)
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert import_history(instance, guard, KEYS, since=later) == {"feature": Imported()}


def test_what_our_own_sensor_reported_is_not_imported(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "own")
    sensor = freshness_sensor(lake.catalog, lake.assets())
    context = dg.build_sensor_context(instance, resources={"featureguard": lake.resource})
    for event in sensor.evaluate_tick(context).asset_events:
        instance.report_runless_asset_event(event)
    with lake.resource.guard() as guard:
        assert import_history(instance, guard, KEYS) == {"feature": Imported()}


@pytest.mark.parametrize(
    ("promises", "faithful"),
    [
        ({"time": {"clock": "file_mtime"}, "freshness": {"max_age": "26h", "warn_age": "25h"}}, True),
        ({"time": {"event": "at"}, "freshness": {"max_age": "26h"}}, False),
        ({"time": {"clock": "file_mtime"}, "freshness": {"max_age": "30s"}}, False),
        ({"time": {"clock": "file_mtime"}}, False),
    ],
)
def test_a_policy_of_dagsters_own_is_made_where_it_means_the_same(
    promises: dict[str, Any], faithful: bool
) -> None:
    policy = freshness_policy(rides(**promises))
    assert (policy is not None) == faithful
    if policy is not None:
        assert policy == dg.FreshnessPolicy.time_window(timedelta(hours=26), timedelta(hours=25))


def test_what_dagster_knows_and_no_contract_says_is_a_gap() -> None:
    names = ("raw", "clean", "features")
    upstream = {"features": ["clean"]}
    contracts = [rides(dataset=name, upstream=upstream.get(name, [])) for name in names]
    assets = [
        dg.AssetSpec("raw"),
        dg.AssetSpec("step", deps=["raw"]),
        dg.AssetSpec("clean", deps=["step"]),
        dg.AssetSpec("features", deps=["clean"]),
    ]
    assert lineage_gaps(Catalog.from_contracts(contracts), assets) == {"clean": ("raw",)}
