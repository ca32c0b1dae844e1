"""Look at the feeds every quarter of an hour, so that gates and sensors know how they stand."""

from datetime import UTC, datetime

from airflow.sdk import DAG

from airflow_featureguard.operators import FeatureCheckOperator
from flights_model import SUBJECT

with DAG(
    "flights_checks",
    schedule="*/15 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    doc_md=__doc__,
):
    FeatureCheckOperator(task_id="check", names=SUBJECT)
