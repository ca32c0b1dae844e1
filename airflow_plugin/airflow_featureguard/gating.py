"""What every gate in a DAG does: decide, keep the decision, and let nothing slip by."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from airflow_featureguard.asking import reasons_of, ruling_document, sentence
from airflow_featureguard.hooks import CONN_ID, FeatureGuardHook
from airflow_featureguard.links import DecisionLink

if TYPE_CHECKING:
    from airflow.sdk import DAG, Context

    from featureguard.ruling import Ruling

ON_BREACH = ("fail", "skip")
DECISION = "featureguard_decision"
"""The XCom that holds the decision, also where the task failed."""

_RISKY = frozenset(
    {
        "all_done",
        "all_done_min_one_success",
        "all_done_setup_success",
        "all_skipped",
        "always",
        "none_failed",
        "none_failed_min_one_success",
        "none_skipped",
        "one_done",
        "one_success",
    }
)
"""Rules by which a task runs though a gate before it failed or was skipped; also one that never asked is.

A gate is skipped with its upstreams, and where it is mapped over nothing. Rules that ask for a failure are
left to those who tell of it: `all_failed`, `one_failed`.
"""

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
        decision: What it said, as a document; `None` before, or where there is no decision.

    Raises:
        ValueError: If `soft_fail` or `never_fail` is set, or `on_breach` is something else.
    """

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
            for outlet in self.outlets:
                context["outlet_events"][outlet].extra["featureguard"] = self.decision
            return self.decision
        for other in slips(self):
            self.log.warning(other)
        if ruling.verdict.value == "hold":
            raise AirflowException(told)
        if self.on_breach == "skip":
            raise AirflowSkipException(told)
        raise AirflowFailException(told)

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


def slips_in(dag: DAG) -> list[str]:
    """What may run in a DAG though a gate before it failed or was skipped; one sentence each."""
    return [told for task in dag.tasks if _is_gate(task) for told in slips(task)]


def slips(gate: Any) -> list[str]:
    """What may run after a gate that failed or was skipped, by its trigger rule; one sentence each.

    Tasks that tear down may run, and gates that ask about the same subject or that only gates follow.

    Args:
        gate: A gate, or one that is mapped.
    """
    return [
        f"The trigger rule '{_rule(other)}' of task '{other.task_id}' lets {_who(other)} run though"
        f" the gate '{gate.task_id}' failed or was skipped. Use 'all_success', or ask in the task itself:"
        " @task.featureguard."
        for other in _behind(gate)
        if _rule(other) in _RISKY and not _may_run(other, gate)
    ]


def _may_run(task: Any, gate: Any) -> bool:
    if not _is_gate(task):
        return bool(getattr(task, "is_teardown", False))
    same = _subject(task) is not None and _subject(task) == _subject(gate)
    return same or all(map(_is_gate, _behind(task)))


def _who(task: Any) -> str:
    return "what follows it" if _is_gate(task) else "it"


def _subject(gate: Any) -> Any:
    """Whom it asks about; `None` where that is not known before it runs."""
    found = gate.subject if isinstance(gate, Gate) else gate.partial_kwargs.get("subject")
    return found if isinstance(found, str) else None


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


def _is_gate(task: Any) -> bool:
    return issubclass(getattr(task, "operator_class", type(task)), Gate)


def _behind(task: Any) -> Sequence[Any]:
    return sorted(task.get_flat_relatives(upstream=False), key=lambda one: str(one.task_id))


def _rule(task: Any) -> str:
    rule = getattr(task, "trigger_rule", "all_success")
    return str(getattr(rule, "value", rule))
