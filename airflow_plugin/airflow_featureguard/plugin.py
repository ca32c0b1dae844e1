"""The plugin: it costs a worker nothing, and the web server builds its page only when it asks for it."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_featureguard.links import DecisionLink


class FeatureGuardPlugin(AirflowPlugin):
    """Airflow's own entry point `airflow.plugins` finds it."""

    name = "featureguard"
    operator_extra_links = [DecisionLink()]  # noqa: RUF012  (as Airflow declares it)

    @property
    def listeners(self) -> list[Any]:  # type: ignore[override]
        """None, unless `[featureguard] listener` is on: Airflow refuses some DAGs where there are any."""
        from airflow.configuration import conf

        if not conf.getboolean("featureguard", "listener", fallback=False):
            return []
        from airflow_featureguard.listener import listener

        return [listener()]
