"""Train the model of departure delays on what Feast joins, and register it in MLflow."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import mlflow
import pandas as pd
from feast import FeatureStore

from featureguard.feast.guarded import GuardedFeatureStore
from model import FEATURES, LABEL, fit, predict

MODEL, SERVICE = "departure_delay", "departure_delay_v1"
LEARNED_FROM, HELD_OUT = timedelta(days=28), timedelta(days=3)


def train(store: FeatureStore, now: datetime) -> str:
    """Learn from the last weeks, measure on the last days, register; Feast tags run and version itself.

    Returns:
        How it went, in some lines.
    """
    asked = _hours(store, now)
    with store.mlflow.start_run() as run:
        job = GuardedFeatureStore.open(store).get_historical_features(
            asked, store.get_feature_service(SERVICE)
        )
        joined = job.to_df(check=False)  # With `check` it ends here if rows or values were lost.
        whole = joined.dropna(subset=[*FEATURES, LABEL])
        recent = whole["event_timestamp"] > now - HELD_OUT
        weights = fit(whole[~recent])
        off = (predict(weights, whole[recent]) - whole.loc[recent, LABEL]).abs().mean()
        mlflow.log_metric("mean_absolute_error_minutes", off)
        mlflow.pyfunc.log_model(
            name="model",
            python_model=Path(__file__).with_name("model.py"),
            model_config={"weights": weights},
            pip_requirements=["mlflow", "numpy", "pandas"],
        )
    version = store.mlflow.register_model(f"runs:/{run.info.run_id}/model", MODEL).version
    problems = job.joined.problems if job.joined else ["nobody looked."]
    found = " ".join(problems) or "every row is there, with no more nulls than promised."
    return (
        f"{len(asked):,} hours asked for, {len(joined):,} came back, {len(whole):,} of them whole\n"
        f"The check of the join: {found}\n"
        f"{MODEL} version {version} is registered: {off:.1f} minutes off in the last {HELD_OUT.days} days"
    )


def _hours(store: FeatureStore, now: datetime) -> pd.DataFrame:
    """Each hour of the last weeks as it began, and the mean delay that it brought."""
    past = pd.read_parquet(store.repo_path / "data/departures.parquet")
    past = past[past["event_timestamp"] > now - LEARNED_FROM]
    begins = past["event_timestamp"] - pd.Timedelta(hours=1)
    return pd.DataFrame({"airport": past["airport"], "event_timestamp": begins, LABEL: past["mean_delay"]})
