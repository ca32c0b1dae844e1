"""What the DAGs beside this file train: the mean delay of an airport's hour, small enough to read."""

import json
from pathlib import Path
from typing import Any

SUBJECT = "departure_delay"
FEEDS = ("flights", "weather")


def folder() -> Path:
    """Where the demo's project is: the connection says so."""
    from airflow_featureguard.hooks import FeatureGuardHook

    found = Path(FeatureGuardHook().settings()["project"])
    return found if found.is_dir() else found.parent


def train_model() -> str:
    """Train on the last 28 days; returns the file."""
    import polars as pl

    rows = pl.scan_parquet(folder() / "lake/flights/**/*.parquet").drop_nulls("dep_delay")
    recent = rows.filter(pl.col("scheduled_at") > pl.col("scheduled_at").max() - pl.duration(days=28))
    hours = recent.group_by("origin", pl.col("scheduled_at").dt.hour().alias("hour"))
    model = hours.agg(pl.col("dep_delay").mean().alias("minutes")).sort("origin", "hour").collect()
    return _written("model.json", model.write_json())


def promote_model(decision: dict[str, Any]) -> str:
    """Make the model the one that is served, and keep by which decision; returns the file."""
    return _written("champion.json", json.dumps({"model": "model.json", "decision": decision["id"]}))


def _written(name: str, text: str) -> str:
    file = folder() / "features" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return str(file)
