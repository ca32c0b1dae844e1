"""A sensor that waits until a subject may act, or a dataset is fresh."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.exceptions import AirflowFailException, AirflowSensorTimeout

from airflow_featureguard.asking import Question, Seen, ask
from airflow_featureguard.hooks import CONN_ID, FeatureGuardHook

if TYPE_CHECKING:
    from airflow.sdk import Context

_GRACE = timedelta(minutes=10)
"""How much longer than the trigger itself Airflow waits for it."""


class FeatureFreshnessSensor(BaseSensorOperator):
    """Waits until the gate of a subject is open, or a dataset is fresh; it previews, and records nothing.

    It waits in the triggerer, without a worker slot, unless `mode` is named. What runs in the end must still
    ask: `FeatureGateOperator` or `@task.featureguard`.

    Args:
        subject: A subject of the catalog.
        action: What it is about to do.
        dataset: A dataset, instead of a subject.
        fail_on_block: Fail at once where there is evidence of a breach; left out, breaches are waited for
            to end as well.
        featureguard_conn_id: The connection.
        deferrable: Wait in the triggerer; left out, unless `mode` is named.
        poke_interval: Fewest seconds between two questions: 15 in the triggerer, else 60.
        max_wait: Most seconds between two questions in the triggerer: 300.
        timeout: How long to wait. What was answered last is in the error.

    Raises:
        ValueError: If an argument makes no sense, or `soft_fail` or `never_fail` is set: a sensor that is
            skipped lets tasks with trigger rules such as `none_failed` run.
    """

    template_fields: Sequence[str] = ("subject", "action", "dataset")
    ui_color = "#dcefe6"

    def __init__(
        self,
        *,
        subject: str | None = None,
        action: str = "train",
        dataset: str | None = None,
        fail_on_block: bool = False,
        featureguard_conn_id: str = CONN_ID,
        deferrable: bool | None = None,
        mode: str | None = None,
        poke_interval: timedelta | float | None = None,
        max_wait: timedelta | float = 300.0,
        **kwargs: Any,
    ) -> None:
        self.deferrable = mode is None if deferrable is None else deferrable
        if poke_interval is None:
            poke_interval = 15.0 if self.deferrable else 60.0
        super().__init__(mode=mode or "poke", poke_interval=poke_interval, max_wait=max_wait, **kwargs)
        if self.soft_fail or self.never_fail:
            raise ValueError(
                "A sensor that is skipped instead of failing lets tasks with trigger rules such as"
                " 'none_failed' run. Leave out 'soft_fail' and 'never_fail'; where a breach may skip, use"
                " FeatureGateOperator(on_breach='skip')."
            )
        Question.of(subject, action, dataset)
        self.subject, self.action, self.dataset = subject, action, dataset
        self.fail_on_block, self.featureguard_conn_id = fail_on_block, featureguard_conn_id
        self._last: Seen | None = None

    def execute(self, context: Context) -> Any:
        """Wait; returns the answer as a document."""
        if not self.deferrable:
            try:
                return super().execute(context)
            except AirflowSensorTimeout as error:
                raise AirflowSensorTimeout(
                    f"{self._last.text if self._last else ''} {error}".strip()
                ) from None
        found = self.poke(context)
        if found.is_done:
            return found.xcom_value
        from airflow_featureguard.triggers import FreshnessTrigger

        longest = self.max_wait.total_seconds() if self.max_wait else 300.0
        trigger = FreshnessTrigger(
            subject=self.subject,
            action=self.action,
            dataset=self.dataset,
            featureguard_conn_id=self.featureguard_conn_id,
            fail_on_block=self.fail_on_block,
            until=time.time() + self.timeout,
            shortest=float(self.poke_interval),
            longest=max(longest, float(self.poke_interval)),
        )
        return self.defer(
            trigger=trigger, method_name="resume", timeout=timedelta(seconds=self.timeout) + _GRACE
        )

    def poke(self, context: Context) -> PokeReturnValue:
        """Ask once.

        Raises:
            AirflowFailException: If waiting makes no sense.
        """
        from featureguard.errors import FeatureGuardError

        question = Question.of(self.subject, self.action, self.dataset)
        try:
            with FeatureGuardHook(self.featureguard_conn_id, by=f"airflow {self.dag_id}").get_conn() as desk:
                self._last = seen = ask(desk, question)
        except FeatureGuardError as error:
            raise AirflowFailException(f"featureguard: {error}") from None
        self.log.info(seen.text)
        if seen.breached and self.fail_on_block:
            raise AirflowFailException(seen.text)
        return PokeReturnValue(seen.open, dict(seen.document) if seen.open else None)

    def resume(self, context: Context, event: Mapping[str, Any]) -> Any:
        """Go on after the trigger.

        Raises:
            AirflowFailException: If waiting made no sense.
            AirflowSensorTimeout: If it was waited long enough.
        """
        outcome, told = event["outcome"], str(event["text"])
        self.log.info(told)
        if outcome == "open":
            return event["document"]
        if outcome == "timeout":
            raise AirflowSensorTimeout(f"{told} It was waited for {self.timeout:,.0f} s.")
        raise AirflowFailException(told)
