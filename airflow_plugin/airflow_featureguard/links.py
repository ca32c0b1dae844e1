"""A button in Airflow's page of a task that leads to the gate's reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator

ADDRESS = "featureguard_address"
"""The XCom that holds the address."""

PREFIX = "/featureguard"
"""Where the status page is in Airflow's web server."""


class DecisionLink(BaseOperatorLink):
    """Leads to what the gate says about the task's subject."""

    name = "featureguard"

    @property
    def xcom_key(self) -> str:
        """Where Airflow keeps the address."""
        return ADDRESS

    def get_link(self, operator: BaseOperator, *, ti_key: Any) -> str:
        """The address; Airflow asks for it on the worker, when the task has ended."""
        asked: Any = operator
        return address_of(str(asked.subject), str(asked.action))


def address_of(subject: str, action: str) -> str:
    """Where the status page explains a subject, behind Airflow's own login."""
    return f"{prefix()}/subjects/{quote(subject, safe='')}#{quote(action, safe='')}"


def prefix() -> str:
    """Where the page is, also in an Airflow behind a path, which `base_url` of its section `api` names."""
    from airflow.configuration import conf

    return urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/") + PREFIX
