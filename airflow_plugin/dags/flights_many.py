"""Many at once: a sensor for each feed and a gate for each thing that a model is about to do."""

from datetime import UTC, datetime

from airflow.sdk import DAG, task

from airflow_featureguard.operators import FeatureGateOperator
from airflow_featureguard.sensors import FeatureFreshnessSensor
from flights_model import FEEDS, SUBJECT

with DAG("flights_many", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), doc_md=__doc__):
    feeds = FeatureFreshnessSensor.partial(
        task_id="wait_for_feed", fail_on_block=True, timeout=60 * 60
    ).expand(dataset=list(FEEDS))
    gates = FeatureGateOperator.partial(task_id="gate", subject=SUBJECT).expand(
        action=["train", "promote", "serve"]
    )

    @task
    def report(decisions: list[dict[str, object]]) -> str:
        """Say what may be done."""
        return "; ".join(f"{one['action']}: {one['verdict']}" for one in decisions)

    feeds >> gates
    report(gates.output)  # type: ignore[arg-type]  # Airflow knows what it will be only when it runs.
