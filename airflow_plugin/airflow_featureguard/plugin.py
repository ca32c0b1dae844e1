"""The plugin: it costs a worker nothing, and the web server builds its page only when it asks for it."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_featureguard.hooks import CONN_ID
from airflow_featureguard.links import PREFIX, DecisionLink, prefix

_log = logging.getLogger("airflow.featureguard")


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

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The status page; none if it is switched off, or if it cannot be put behind Airflow's login."""
        from airflow.configuration import conf

        if not conf.getboolean("featureguard", "page", fallback=True):
            return []
        try:
            from airflow_featureguard.page import create_app

            app = create_app(conf.get("featureguard", "page_conn_id", fallback=CONN_ID))
        except Exception as error:
            _log.error("The status page is left out: %s: %s", type(error).__name__, error)
            return []
        return [{"app": app, "url_prefix": PREFIX, "name": "featureguard"}]

    @cached_property
    def external_views(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The page's place in Airflow's menu."""
        if not self.fastapi_apps:
            return []
        return [
            {
                "name": "Feature freshness",
                "href": f"{prefix()}/",
                "destination": "nav",
                "category": "browse",
                "url_route": "featureguard",
            }
        ]
