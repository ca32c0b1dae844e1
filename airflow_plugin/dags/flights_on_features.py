"""Train whenever the gate opens: an asset that is watched, and no schedule."""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Asset, AssetWatcher, task

from airflow_featureguard.triggers import FreshnessEventTrigger
from flights_model import SUBJECT, train_model

fresh_features = Asset(
    "fresh_departure_delay_features",
    watchers=[AssetWatcher(name="gate", trigger=FreshnessEventTrigger(subject=SUBJECT, action="train"))],
)

with DAG(
    "flights_on_features",
    schedule=[fresh_features],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    doc_md=__doc__,
):

    @task.featureguard(subject=SUBJECT, action="train")
    def train(featureguard: Any = None) -> str:
        """Ask, then train."""
        return train_model()

    train()
