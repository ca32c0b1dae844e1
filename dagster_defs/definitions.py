"""The flights demo as a code location: raw feeds, features, a training and a promotion behind gates.

    make demo                                              # makes featureguard-demo/, a year of real flights
    dagster dev -f dagster_defs/definitions.py             # in an environment with featureguard[dagster,demo]

It stands at the end of 2013, when the weather feed has stopped: what is made from it is held back.
FEATUREGUARD_NOW names another instant, FEATUREGUARD_DEMO another folder than featureguard-demo/.
"""

# mypy: disable-error-code="type-arg"
# Dagster knows a bare `MaterializeResult` only.

import json
import os
from pathlib import Path

import dagster as dg
import polars as pl

from dagster_featureguard import (
    FeatureGuardResource,
    Notice,
    build_contract_checks,
    freshness_sensor,
    gate_sensor,
    guarded_job,
    incident_sensor,
)

SUBJECT = "departure_delay"
NOW = os.environ.get("FEATUREGUARD_NOW", "2013-12-31T23:30:00-05:00")
DEMO = Path(os.environ.get("FEATUREGUARD_DEMO", Path(__file__).parents[1] / "featureguard-demo")).absolute()
guard = FeatureGuardResource(project=str(DEMO / "featureguard.yaml"), now=NOW)
catalog = guard.catalog()

# Other systems write them; nothing here makes them.
flights = dg.AssetSpec("flights", description="All flights out of New York, a file a day.", kinds={"parquet"})
weather = dg.AssetSpec("weather", description="Hourly weather at its airports.", kinds={"parquet"})


@dg.asset(deps=[flights], kinds={"polars"}, group_name="features")
def delays_by_hour() -> dg.MaterializeResult:
    """Mean departure delay of the last 28 days by airport and hour."""
    rows = _recent("flights", "scheduled_at").drop_nulls("dep_delay")
    found = rows.group_by("origin", pl.col("scheduled_at").dt.hour().alias("hour")).agg(
        pl.col("dep_delay").mean().alias("minutes"), pl.len().alias("flights")
    )
    return _written("delays_by_hour", found.sort("origin", "hour").collect())


@dg.asset(deps=[weather], kinds={"polars"}, group_name="features")
def wind_by_airport() -> dg.MaterializeResult:
    """Mean wind of the last 28 days by airport, in miles per hour."""
    rows = _recent("weather", "observed_at").drop_nulls("wind_speed")
    return _written("wind_by_airport", rows.group_by("origin").agg(pl.col("wind_speed").mean()).collect())


@dg.asset(deps=[delays_by_hour, wind_by_airport], group_name="model")
def departure_delay_model(featureguard: FeatureGuardResource) -> dg.MaterializeResult:
    """A model small enough to read: the mean delay of an airport's hour, and its wind."""
    ruling = featureguard.require(SUBJECT, "train")
    features = pl.read_parquet(DEMO / "features/delays_by_hour.parquet")
    model = features.join(pl.read_parquet(DEMO / "features/wind_by_airport.parquet"), on="origin")
    (DEMO / "features/model.json").write_text(model.write_json())
    return dg.MaterializeResult(metadata={"means": model.height, "decision": ruling.id or ""})


@dg.asset(deps=[departure_delay_model], group_name="model")
def champion(featureguard: FeatureGuardResource) -> dg.MaterializeResult:
    """The model that is served: promoted only while the gate allows it."""
    ruling = featureguard.require(SUBJECT, "promote")
    (DEMO / "features/champion.json").write_text(json.dumps({"model": "model.json", "decision": ruling.id}))
    return dg.MaterializeResult(metadata={"decision": ruling.id or ""})


def _recent(feed: str, clock: str) -> pl.LazyFrame:
    rows = pl.scan_parquet(DEMO / "lake" / feed / "**/*.parquet")
    return rows.filter(pl.col(clock) > pl.col(clock).max() - pl.duration(days=28))


def _written(name: str, table: pl.DataFrame) -> dg.MaterializeResult:
    (DEMO / "features").mkdir(exist_ok=True)
    table.write_parquet(DEMO / "features" / f"{name}.parquet")
    return dg.MaterializeResult(metadata={"dagster/row_count": table.height})


def tell(notice: Notice) -> None:
    """Where a chat or a pager would be told."""
    dg.get_dagster_logger().warning(notice.text)


assets: list[dg.AssetSpec | dg.AssetsDefinition] = [
    flights,
    weather,
    delays_by_hour,
    wind_by_airport,
    departure_delay_model,
    champion,
]
training = guarded_job("training", "departure_delay_model")
promotion = guarded_job("promotion", "champion")

defs = dg.Definitions(
    assets=assets,
    asset_checks=build_contract_checks(catalog, assets),
    jobs=[training, promotion, dg.define_asset_job("features", "group:features")],
    schedules=[dg.ScheduleDefinition(job=training, cron_schedule="0 6 * * *")],
    sensors=[
        freshness_sensor(catalog, assets, default_status=dg.DefaultSensorStatus.RUNNING),
        gate_sensor(promotion, SUBJECT, "promote"),
        incident_sensor(tell, default_status=dg.DefaultSensorStatus.RUNNING),
    ],
    resources={"featureguard": guard},
)
