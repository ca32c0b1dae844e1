"""What featureguard costs in Dagster: to load, to tick, to check.

python -m benchmarks.dagster_host CONTRACTS

Goals: definitions of 1,000 contracts load in 3 s beyond Dagster itself, beside as many plain checks of
Dagster's own; a tick of the freshness sensor over them takes 5 s with what it reports; a check takes 50 ms
beyond the look itself.
"""

from __future__ import annotations

import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.running import target
from dagster_featureguard import FeatureGuardResource, build_contract_checks, freshness_sensor
from featureguard.catalog import Catalog, load_catalog

NOW = datetime(2013, 2, 9, 12, tzinfo=UTC)
_CONTRACT = """dataset: d{n}
owner: me@example.org
source: {{kind: parquet, path: lake/d{n}/}}
time: {{event: at}}
freshness: {{max_age: 2h}}
schema: {{columns: {{fare: {{type: double, nulls: 5%}}}}}}
volume: {{at_least: 1}}
upstream: [{upstream}]
"""
_PROJECT = "catalog: [contracts/]\nstore: {url: 'sqlite:///store.db', simulated: true}\n"
_CHAIN = 10
"""How many datasets are made from each other."""


def main(contracts: int) -> None:
    """Make the project, measure, print."""
    logging.disable(logging.CRITICAL)
    print(f"\n(i) in Dagster {dg.__version__}, {contracts:,} contracts in chains of {_CHAIN}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _project(folder, contracts)
        assets = [dg.AssetSpec(f"d{n}", deps=[f"d{n - 1}"] if n % _CHAIN else []) for n in range(contracts)]
        ours, theirs = (
            _seconds(lambda: _load(_ours(folder, assets), assets)),
            _seconds(lambda: _load(_plain(assets), assets)),
        )
        print(target("to load, contracts read", ours, 3, "s"))
        print(f"         beside one plain check of Dagster's own for each asset: {theirs:.2f} s")
        _ticks(folder, assets)
        _overhead(folder, assets)


def _project(folder: Path, contracts: int) -> None:
    (folder / "contracts").mkdir()
    (folder / "featureguard.yaml").write_text(_PROJECT)
    at = pa.array([NOW - timedelta(hours=1)] * 3, pa.timestamp("us", "UTC"))
    table = pa.table({"at": at, "fare": pa.array([1.0, 2.0, 3.0])})
    for n in range(contracts):
        upstream = f"d{n - 1}" if n % _CHAIN else ""
        (folder / "contracts" / f"d{n}.yaml").write_text(_CONTRACT.format(n=n, upstream=upstream))
        (folder / "lake" / f"d{n}").mkdir(parents=True)
        pq.write_table(table, folder / "lake" / f"d{n}" / "rows.parquet")


def _ours(folder: Path, assets: list[dg.AssetSpec]) -> list[dg.AssetChecksDefinition]:
    return build_contract_checks(_catalog(folder), assets)


def _plain(assets: list[dg.AssetSpec], checks: int = 1) -> list[dg.AssetChecksDefinition]:
    def check(asset: dg.AssetSpec) -> dg.AssetChecksDefinition:
        specs = [dg.AssetCheckSpec(f"fresh_{n}", asset=asset.key) for n in range(checks)]

        @dg.multi_asset_check(name=f"check_{asset.key.path[0]}", specs=specs)
        def fresh() -> Iterator[dg.AssetCheckResult]:
            for spec in specs:
                yield dg.AssetCheckResult(passed=True, check_name=spec.name, asset_key=spec.key.asset_key)

        return fresh

    return [check(asset) for asset in assets]


def _load(checks: list[dg.AssetChecksDefinition], assets: list[dg.AssetSpec]) -> None:
    defs = dg.Definitions(
        assets=assets, asset_checks=checks, resources={"featureguard": FeatureGuardResource()}
    )
    dg.Definitions.validate_loadable(defs)


def _catalog(folder: Path) -> Catalog:
    return load_catalog([folder / "contracts"])


def _ticks(folder: Path, assets: list[dg.AssetSpec]) -> None:
    sensor = freshness_sensor(_catalog(folder), assets)
    cursor, slowest, told = None, 0.0, 0
    with tempfile.TemporaryDirectory() as home, dg.DagsterInstance.local_temp(home) as instance:
        for minute in range(len(assets) // 50 + 3):
            started = time.perf_counter()
            guard = _guard(folder, minute)
            context = dg.build_sensor_context(instance, cursor=cursor, resources={"featureguard": guard})
            found = sensor.evaluate_tick(context)
            for event in found.asset_events:
                instance.report_runless_asset_event(event)
            slowest = max(slowest, time.perf_counter() - started)
            cursor, told = found.cursor, told + len(found.asset_events)
            if told == 2 * len(assets) and not found.asset_events:
                break
    print(target("the slowest tick, its reports written", slowest, 5, "s"))
    print(f"         {told:,} events in {minute + 1} ticks; the last one had nothing to tell")


def _overhead(folder: Path, assets: list[dg.AssetSpec]) -> None:
    catalog = _catalog(folder)
    with _guard(folder, 900).guard(catalog) as guard:
        guard.check("d0")
        look = statistics.median(_seconds(lambda: guard.check("d0")) for _ in range(15))
    made = build_contract_checks(catalog, assets[:1], datasets=["d0"])
    number = sum(len(list(one.check_keys)) for one in made)
    ours = _step(made, assets[0], _guard(folder, 901))
    plain = _step(_plain(assets[:1], number), assets[0], _guard(folder, 901))
    print(target("a step of checks, beyond the look itself", 1_000 * (ours - look), 50, "ms"))
    print(
        f"         the look: {1_000 * look:.1f} ms; a step of {number} plain checks: {1_000 * plain:.1f} ms"
    )


def _step(checks: list[dg.AssetChecksDefinition], asset: dg.AssetSpec, guard: FeatureGuardResource) -> float:
    """Seconds of a step of checks, after some that are not measured."""
    job = dg.define_asset_job("one", selection=dg.AssetSelection.checks_for_assets(asset.key))
    defs = dg.Definitions(assets=[asset], asset_checks=checks, jobs=[job], resources={"featureguard": guard})
    steps = []
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(15):
            result = defs.resolve_job_def("one").execute_in_process(instance=instance)
            steps += [
                event.event_specific_data.duration_ms / 1_000  # type: ignore[union-attr]
                for event in result.all_events
                if event.event_type_value == "STEP_SUCCESS"
            ]
    return statistics.median(steps[5:])


def _guard(folder: Path, minute: int) -> FeatureGuardResource:
    return FeatureGuardResource(project=str(folder), now=(NOW + timedelta(seconds=minute)).isoformat())


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main(int(sys.argv[1]))
