"""The plugin: it costs a worker nothing, and the web server builds its page only when it asks for it."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from airflow_featureguard.links import DecisionLink


class FeatureGuardPlugin(AirflowPlugin):
    """Airflow's own entry point `airflow.plugins` finds it."""

    name = "featureguard"
    operator_extra_links = [DecisionLink()]  # noqa: RUF012  (as Airflow declares it)
