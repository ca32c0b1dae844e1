"""A notifier that tells a chat or a pager what the gate says, with reasons and runbook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from airflow_featureguard.hooks import CONN_ID, FeatureGuardHook

if TYPE_CHECKING:
    from airflow.sdk import Context


class FeatureGuardNotifier(BaseNotifier):
    """Posts what the gate says about a subject to a webhook: `{"text": …}`, as Slack and Mattermost take it.

        on_failure_callback=FeatureGuardNotifier(subject="pricing", webhook_conn_id="oncall")

    Args:
        subject: A subject of the catalog.
        action: What was about to be done.
        webhook_conn_id: A connection whose password, or host, is the address; `None` only logs.
        featureguard_conn_id: The connection.
    """

    template_fields: Sequence[str] = ("subject", "action")

    def __init__(
        self,
        *,
        subject: str,
        action: str = "train",
        webhook_conn_id: str | None = None,
        featureguard_conn_id: str = CONN_ID,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.subject, self.action = subject, action
        self.webhook_conn_id, self.featureguard_conn_id = webhook_conn_id, featureguard_conn_id

    def notify(self, context: Context) -> None:
        """Tell it; what goes wrong is logged, and fails nothing."""
        told = f"{self._where(context)} {self._said()}".strip()
        self.log.info(told)
        if self.webhook_conn_id:
            self._post(told)

    def _said(self) -> str:
        from airflow.sdk.exceptions import AirflowException

        from airflow_featureguard.asking import sentence
        from featureguard.errors import FeatureGuardError

        try:
            return sentence(FeatureGuardHook(self.featureguard_conn_id).preview(self.subject, self.action))
        except (FeatureGuardError, AirflowException) as error:
            return f"featureguard: nobody can tell whether '{self.subject}' may {self.action}: {error}"

    def _post(self, text: str) -> None:
        import httpx
        from airflow.sdk.exceptions import AirflowException

        try:
            connection = FeatureGuardHook.get_connection(str(self.webhook_conn_id))
            address = connection.password or connection.host or ""
            httpx.post(address, json={"text": text}, timeout=10).raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL, AirflowException) as error:
            # The address is a secret, and errors of httpx hold it.
            self.log.error("The webhook of '%s' was not told: %s", self.webhook_conn_id, type(error).__name__)

    @staticmethod
    def _where(context: Context) -> str:
        ti: Any = context.get("ti")
        return f"{ti.dag_id}.{ti.task_id} ({ti.run_id}):" if ti is not None else ""
