"""DAGs for a real Airflow: trainings of the subject `pricing`, which requires the dataset `feature`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Asset, AssetWatcher, task

from airflow_featureguard.operators import FeatureGateOperator
from airflow_featureguard.sensors import FeatureFreshnessSensor
from airflow_featureguard.triggers import FreshnessEventTrigger

WHEN_FRESH = FreshnessEventTrigger(dataset="feature", shortest=2, longest=4)
FEATURE = Asset("feature", watchers=[AssetWatcher(name="fresh", trigger=WHEN_FRESH)])
SINCE = {"start_date": datetime(2026, 1, 1), "catchup": False}  # noqa: DTZ001  (Airflow adds the zone)


def train() -> Any:
    """A training that the gate lets through, or not."""

    @task.featureguard(subject="pricing")
    def train(featureguard: Any = None) -> str:
        return str(featureguard["verdict"])

    return train()


with DAG("patient", schedule=None, **SINCE):  # type: ignore[arg-type]
    # A busy scheduler can hear of a deferral after the task was resumed, and fails the task for that.
    again: dict[str, Any] = {"retries": 3, "retry_delay": timedelta(seconds=1)}
    wait = FeatureFreshnessSensor(task_id="wait", subject="pricing", poke_interval=2, max_wait=4, **again)
    wait >> FeatureGateOperator(task_id="gate", subject="pricing") >> train()

with DAG("hasty", schedule=None, **SINCE):  # type: ignore[arg-type]
    train()

with DAG("whenever_fresh", schedule=[FEATURE], **SINCE):  # type: ignore[arg-type]
    FeatureGateOperator(task_id="gate", subject="pricing") >> train()
