"""Wait for fresh features, check them, ask the gate, train, promote."""

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Asset, task

from airflow_featureguard.operators import FeatureCheckOperator, FeatureGateOperator
from airflow_featureguard.sensors import FeatureFreshnessSensor
from flights_model import SUBJECT, promote_model, train_model

with DAG(
    "flights_daily",
    schedule="0 6 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    doc_md=__doc__,
):
    # It waits while nobody can tell; without `fail_on_block` it would wait for a breach to end as well.
    wait = FeatureFreshnessSensor(
        task_id="wait_for_features", subject=SUBJECT, fail_on_block=True, timeout=60 * 60 * 4
    )
    check = FeatureCheckOperator(task_id="check_features", names=SUBJECT)
    # The event of this asset exists only if the gate allowed, and carries the decision.
    gate = FeatureGateOperator(
        task_id="gate", subject=SUBJECT, action="train", outlets=[Asset("departure_delay_features")]
    )

    @task
    def train() -> str:
        """Train; nothing gets here but through the gate."""
        return train_model()

    @task.featureguard(subject=SUBJECT, action="promote")
    def promote(featureguard: Any = None) -> str:
        """Ask once more and promote, in one task: no trigger rule gets in between."""
        return promote_model(featureguard)

    wait >> check >> gate >> train() >> promote()
