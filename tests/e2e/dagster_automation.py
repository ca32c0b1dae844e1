"""A code location for the real daemon: a training by days behind its gate, and one that waits for the gate.

FEATUREGUARD_PROJECT names a project whose subject `pricing` requires `raw`.
"""

import dagster as dg

from dagster_featureguard import (
    FeatureGuardResource,
    build_contract_checks,
    check_automation,
    freshness_policy,
    freshness_sensor,
    gate_allows,
)

guard = FeatureGuardResource()
catalog = guard.catalog()
DAYS = dg.DailyPartitionsDefinition(start_date="2026-01-01", end_date="2026-01-10")
RUNNING = dg.DefaultSensorStatus.RUNNING

raw = dg.AssetSpec("raw", freshness_policy=freshness_policy(catalog.contracts["raw"]))
parts = [dg.AssetSpec(f"part{number}") for number in range(8)]


@dg.asset(deps=[raw], partitions_def=DAYS)
def train_days(featureguard: FeatureGuardResource) -> None:
    featureguard.require("pricing", "train")


@dg.asset(deps=[raw], automation_condition=dg.AutomationCondition.missing() & gate_allows("pricing"))
def train_when_open() -> None:
    """It waits for the gate, and does not ask itself."""


assets: list[dg.AssetSpec | dg.AssetsDefinition] = [raw, *parts, train_days, train_when_open]
defs = check_automation(
    dg.Definitions(
        assets=assets,
        asset_checks=build_contract_checks(catalog, assets),
        jobs=[dg.define_asset_job("checks", selection=dg.AssetSelection.all_asset_checks())],
        sensors=[
            dg.AutomationConditionSensorDefinition(
                "automation",
                target="*",
                use_user_code_server=True,
                minimum_interval_seconds=5,
                default_status=RUNNING,
            ),
            freshness_sensor(catalog, assets, minimum_interval_seconds=5, default_status=RUNNING),
        ],
        resources={"featureguard": guard},
    )
)
