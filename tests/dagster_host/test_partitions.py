"""Partitions reach the check: each has a verdict of its own, and what is missing is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dagster", reason="dagster (extra 'dagster') is not installed")

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_featureguard import FeatureGuardResource, build_contract_checks
from featureguard.catalog import load_catalog
from tests.dagster_host.lake import checked

pytestmark = pytest.mark.filterwarnings("ignore:.*is currently in beta")
CONTRACT = """dataset: rides
owner: me@example.org
tier: 0
source: {kind: parquet, path: lake/}
time: {event: at}
judge: {per: %s}
schema: {columns: {fare: {type: double, nulls: 10%%}}}
"""
PROJECT = "catalog: [contracts/]\nstore: {url: 'sqlite:///store.db', simulated: true}\n"
DAYS = dg.DailyPartitionsDefinition(start_date="2013-02-01")
CITIES = dg.StaticPartitionsDefinition(["basel", "bern", "chur"])
BOTH = dg.MultiPartitionsDefinition({"city": CITIES, "day": DAYS})
CHECK = dg.AssetCheckKey(dg.AssetKey("rides"), "featureguard_partition")


class Rides:
    """A folder of rides, asked about as of a morning, and an asset with its partitions."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance, per: str, definition: Any) -> None:
        self.folder, self.instance, self.definition = folder, instance, definition
        (folder / "contracts").mkdir(parents=True)
        (folder / "featureguard.yaml").write_text(PROJECT)
        (folder / "contracts" / "rides.yaml").write_text(CONTRACT % per)
        self.now = datetime(2013, 2, 9, 6, tzinfo=UTC)

    def land(self, day: int, *fares: float | None, folder: str = "") -> None:
        """Write one day of February."""
        at = datetime(2013, 2, day, 12, tzinfo=UTC)
        table = pa.table(
            {
                "at": pa.array(
                    [at + timedelta(seconds=n) for n in range(len(fares))], pa.timestamp("us", "UTC")
                ),
                "fare": pa.array(fares, pa.float64()),
            }
        )
        place = self.folder / "lake" / folder
        place.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, place / f"{day}.parquet")

    def run(self, **more: Any) -> Any:
        """Make partitions, a minute later; gives the result of the check."""
        self.now += timedelta(minutes=1)

        @dg.asset(partitions_def=self.definition, backfill_policy=dg.BackfillPolicy.single_run())
        def rides() -> None: ...

        guard = FeatureGuardResource(project=str(self.folder), now=self.now.isoformat())
        defs = dg.Definitions(
            assets=[rides],
            asset_checks=build_contract_checks(load_catalog([self.folder / "contracts"]), [rides]),
            resources={"featureguard": guard},
            jobs=[
                dg.define_asset_job("make", selection="rides"),
                dg.define_asset_job("check", selection=dg.AssetSelection.checks_for_assets(rides)),
            ],
        )
        job = defs.resolve_job_def("make" if more else "check")
        result = job.execute_in_process(instance=self.instance, raise_on_error=False, **more)
        return checked(result)["rides", "featureguard_partition"]

    def recorded(self) -> Mapping[str | None, str]:
        """The latest verdict of each partition, as Dagster keeps it."""
        found = self.instance.event_log_storage.get_asset_check_partition_info([CHECK])
        return {
            one.partition_key: one.latest_execution_status.value
            for one in found
            if one.partition_key is not None
        }


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def rides(tmp_path: Path, instance: dg.DagsterInstance) -> Rides:
    made = Rides(tmp_path / "project", instance, "day", DAYS)
    for day in (5, 6, 7, 8):
        made.land(day, 1.0, 2.0)
    return made


def test_a_partition_of_the_run_is_judged_by_itself(rides: Rides) -> None:
    rides.run()
    rides.land(6, None, 2.0)
    assert rides.run(partition_key="2013-02-05").passed
    found = rides.run(partition_key="2013-02-06")
    assert not found.passed
    assert found.description.startswith("2013-02-06: ")
    assert "50.00% of 'fare' is null" in found.description
    assert rides.recorded() == {"2013-02-05": "SUCCEEDED", "2013-02-06": "FAILED"}


def test_each_of_a_range_in_one_run_has_a_verdict(rides: Rides) -> None:
    rides.land(6, None, 2.0)
    tags = {
        "dagster/asset_partition_range_start": "2013-02-05",
        "dagster/asset_partition_range_end": "2013-02-07",
    }
    found = rides.run(tags=tags)
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "1 of 3 partitions fail" in found.description
    told = rides.recorded()
    assert told == {"2013-02-05": "SUCCEEDED", "2013-02-06": "FAILED", "2013-02-07": "SUCCEEDED"}


def test_a_partition_that_was_made_and_is_not_in_the_data_fails(rides: Rides) -> None:
    found = rides.run(partition_key="2013-02-04")
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "2013-02-04: The data has no such partition" in found.description


def test_what_dagster_knows_and_the_data_lacks_is_told_without_a_run_of_partitions(rides: Rides) -> None:
    found = rides.run()
    assert found.passed
    assert found.metadata["complete_through"].value == "2013-02-08"
    (rides.folder / "lake" / "7.parquet").unlink()
    for store in rides.folder.glob("store.db*"):
        store.unlink()
    found = rides.run()
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "1 partitions that Dagster knows are not in the data, e.g. 2013-02-07" in found.description
    assert found.metadata["complete_through"].value == "2013-02-06"
    assert found.metadata["missing"].value == "2013-02-07"


def test_static_partitions_are_folders(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    rides = Rides(tmp_path / "project", instance, "partition", CITIES)
    rides.land(5, 1.0, 2.0, folder="city=basel")
    rides.land(5, None, 2.0, folder="city=bern")
    assert rides.run(partition_key="basel").passed
    assert not rides.run(partition_key="bern").passed
    assert "no such partition" in rides.run(partition_key="chur").description
    assert rides.run().metadata["missing"].value == "chur"


def test_partitions_of_several_dimensions_are_nested_folders(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    rides = Rides(tmp_path / "project", instance, "partition", BOTH)
    rides.land(5, 1.0, 2.0, folder="day=2013-02-05/city=basel")
    rides.land(5, None, 2.0, folder="day=2013-02-05/city=bern")
    basel, bern = (dg.MultiPartitionKey({"day": "2013-02-05", "city": city}) for city in ("basel", "bern"))
    assert rides.run(partition_key=basel).passed
    assert not rides.run(partition_key=bern).passed
