"""What every gate in a DAG does: decide, keep the decision, and let nothing slip by."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias, BaseOperator
from airflow.sdk.definitions.asset import AssetRef
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from airflow_featureguard.asking import reasons_of, ruling_document, sentence
from airflow_featureguard.hooks import CONN_ID, FeatureGuardHook
from airflow_featureguard.links import DecisionLink

if TYPE_CHECKING:
    from airflow.sdk import Context

    from featureguard.ruling import Ruling

ON_BREACH = ("fail", "skip")
DECISION = "featureguard_decision"
"""The XCom that holds the decision, also where the task failed."""

_LONGEST_KEY = 200


class Gate(BaseOperator):
    """A task that asks the gate.

    Args:
        subject: A subject of the catalog.
        action: What it is about to do: `train`, `promote`, `serve`, `deploy`, or one of its policy's own.
        on_breach: What follows a block: `fail`, or `skip`, after which tasks with trigger rules such as
            `none_failed` run.
        featureguard_conn_id: The connection.

    Attributes:
        works: Whether the task does more than ask.
        decision: What it said, as a document; `None` before, or where there is no decision.

    Raises:
        ValueError: If `soft_fail` or `never_fail` is set, or `on_breach` is something else.
    """

    works = False
    operator_extra_links = (DecisionLink(),)
    ui_color = "#cfe8dc"

    def __init__(
        self,
        *,
        subject: str,
        action: str = "train",
        on_breach: str = "fail",
        featureguard_conn_id: str = CONN_ID,
        **kwargs: Any,
    ) -> None:
        _refuse_soft(on_breach, kwargs)
        super().__init__(**kwargs)
        self.subject, self.action, self.on_breach = subject, action, on_breach
        self.featureguard_conn_id = featureguard_conn_id
        self.decision: dict[str, Any] | None = None

    def ask(self, context: Context) -> dict[str, Any]:
        """Go on only if the gate allows it.

        The decision is kept, and put into an XCom and into the extra of the task's outlets.

        Args:
            context: Airflow's.

        Returns:
            The decision as a document.

        Raises:
            AirflowFailException: After a block, or if the question makes no sense: no retry helps.
            AirflowException: After a hold: a retry may.
            AirflowSkipException: After a block, if that is meant.
        """
        ti: Any = context["ti"]
        ruling = self._decided(ti)
        self.decision, told = ruling_document(ruling), sentence(ruling)
        ti.xcom_push(key=DECISION, value=self.decision)
        if ruling.allowed:
            self.log.log(logging.INFO if ruling.decision.raw.allowed else logging.WARNING, told)
            if ruling.id is None:
                self.log.warning("featureguard: this decision is not recorded. %s", reasons_of(ruling))
            for event in self.events(context):
                event.extra["featureguard"] = self.decision
            return self.decision
        for slip in self._slips():
            self.log.warning(slip)
        if ruling.verdict.value == "hold":
            raise AirflowException(told)
        if self.on_breach == "skip":
            raise AirflowSkipException(told)
        raise AirflowFailException(told)

    def events(self, context: Context) -> list[Any]:
        """The events to be of the task's outlets, so far as they are assets."""
        assets = [one for one in self.outlets if isinstance(one, Asset | AssetAlias | AssetRef)]
        return [context["outlet_events"][one] for one in assets]

    def _slips(self) -> list[str]:
        from airflow_featureguard.slipping import slips_in

        return slips_in(self.dag, only=self.task_id)

    def _decided(self, ti: Any) -> Ruling:
        from featureguard.errors import FeatureGuardError

        hook = FeatureGuardHook(self.featureguard_conn_id, by=f"airflow {ti.dag_id}.{ti.task_id} {ti.run_id}")
        try:
            return hook.decide(self.subject, self.action, key=key_of(ti))
        except FeatureGuardError as error:
            raise AirflowFailException(
                f"featureguard: no decision: '{self.subject}' may not {self.action}. {error}"
            ) from None


def key_of(ti: Any) -> str:
    """Names one attempt of one task instance: a retry is a question of its own, a repeated request is not.

    Airflow's id of the instance is part of it: `airflow dags test` runs the same run anew.
    """
    parts = (ti.dag_id, ti.run_id, ti.task_id, str(ti.map_index), str(ti.try_number), str(ti.id))
    key = "/".join(("airflow", *parts))
    if len(key) > _LONGEST_KEY or not key.isprintable():
        return f"airflow/{hashlib.sha256(key.encode()).hexdigest()}"
    return key


def is_gate(task: Any) -> bool:
    """Whether a task, mapped or not, asks the gate."""
    return issubclass(getattr(task, "operator_class", type(task)), Gate)


def _refuse_soft(on_breach: str, options: dict[str, Any]) -> None:
    """Refuse what would turn a refusal into a skip that nobody asked for."""
    if on_breach not in ON_BREACH:
        raise ValueError(f"'on_breach' is {on_breach!r}. Write 'fail' or 'skip'.")
    soft = [name for name in ("soft_fail", "never_fail") if options.pop(name, None)]
    if soft:
        raise ValueError(
            f"A gate takes no '{soft[0]}': a gate that is skipped instead of failing lets tasks with trigger"
            " rules such as 'none_failed' run. Leave it out, or write on_breach='skip' if that is meant."
        )
