"""What every gate in a DAG does: decide, keep the decision, and let nothing slip by."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from airflow_featureguard.asking import ruling_document, sentence
from airflow_featureguard.hooks import FeatureGuardHook
from airflow_featureguard.links import ADDRESS, address_of

if TYPE_CHECKING:
    from airflow.sdk import Context

ON_BREACH = ("fail", "skip")
DECISION = "featureguard_decision"
"""The XCom that holds the decision, also where the task failed."""

_RUNS_AFTER_FAILURE = frozenset(
    {"all_done", "all_done_min_one_success", "always", "none_skipped", "one_done", "one_success"}
)
_RUNS_AFTER_SKIP = frozenset(
    {
        "all_done",
        "all_done_min_one_success",
        "all_skipped",
        "always",
        "none_failed",
        "none_failed_min_one_success",
        "one_done",
        "one_success",
    }
)
_LONGEST_KEY = 200


class Gate(BaseOperator):
    """A task that asks the gate.

    Attributes:
        decision: What it said, as a document; `None` before, or where there is no decision.
    """

    decision: dict[str, Any] | None = None


def refuse_soft(on_breach: str, options: dict[str, Any]) -> None:
    """Refuse what would turn a refusal into a skip that nobody asked for.

    Raises:
        ValueError: With what to write instead.
    """
    if on_breach not in ON_BREACH:
        raise ValueError(f"'on_breach' is {on_breach!r}. Write 'fail' or 'skip'.")
    soft = [name for name in ("soft_fail", "never_fail") if options.pop(name, None)]
    if soft:
        raise ValueError(
            f"A gate takes no '{soft[0]}': a gate that is skipped instead of failing lets tasks with trigger"
            " rules such as 'none_failed' run. Leave it out, or write on_breach='skip' if that is meant."
        )


def decide(
    context: Context, task: Gate, conn_id: str, subject: str, action: str, on_breach: str
) -> dict[str, Any]:
    """Ask the gate; go on only if it allows.

    The decision is kept by the task, and put into an XCom and into the extra of the task's outlets.

    Args:
        context: Airflow's.
        task: The task that asks.
        conn_id: The connection.
        subject: A subject of the catalog.
        action: What is about to be done.
        on_breach: What follows a block: `fail` or `skip`.

    Returns:
        The decision as a document.

    Raises:
        AirflowFailException: After a block, or if the question makes no sense: no retry helps.
        AirflowException: After a hold: a retry may.
        AirflowSkipException: After a block, if that is meant.
    """
    from featureguard.errors import FeatureGuardError

    ti: Any = context["ti"]
    by = f"airflow {ti.dag_id}.{ti.task_id} {ti.run_id}"
    try:
        ruling = FeatureGuardHook(conn_id, by=by).decide(subject, action, key=key_of(ti))
    except FeatureGuardError as error:
        raise AirflowFailException(
            f"featureguard: no decision: '{subject}' may not {action}. {error}"
        ) from None
    document, told = ruling_document(ruling), sentence(ruling)
    task.decision = document
    ti.xcom_push(key=DECISION, value=document)
    ti.xcom_push(key=ADDRESS, value=address_of(subject, action))
    if ruling.allowed:
        task.log.info(told)
        for outlet in task.outlets:
            context["outlet_events"][outlet].extra["featureguard"] = document
        return document
    for other in slips(task, on_breach):
        task.log.warning("%s", other)
    if ruling.verdict.value == "hold":
        raise AirflowException(told)
    if on_breach == "skip":
        raise AirflowSkipException(told)
    raise AirflowFailException(told)


def key_of(ti: Any) -> str:
    """Names one attempt of one task instance: a retry is a question of its own, a repeated request is not."""
    parts = (ti.dag_id, ti.run_id, ti.task_id, str(ti.map_index), str(ti.try_number))
    key = "/".join(("airflow", *parts))
    if len(key) > _LONGEST_KEY or not key.isprintable():
        return f"airflow/{hashlib.sha256(key.encode()).hexdigest()}"
    return key


def slips(task: BaseOperator, on_breach: str) -> list[str]:
    """What would run after a gate though it refuses, by its trigger rule; one sentence each."""
    risky = _RUNS_AFTER_FAILURE if on_breach == "fail" else _RUNS_AFTER_SKIP
    return [
        f"The trigger rule '{_rule(other)}' of task '{other.task_id}' lets it run though the gate"
        f" '{task.task_id}' refuses. Use 'all_success', or ask in the task itself: @task.featureguard."
        for other in _downstream(task)
        if _rule(other) in risky and not getattr(other, "is_teardown", False)
    ]


def warn_of_slips(task: BaseOperator, on_breach: str) -> None:
    """Warn about them while the DAG is parsed."""
    if task.get_dag() is not None:
        for told in slips(task, on_breach):
            warnings.warn(f"DAG '{task.dag_id}': {told}", UserWarning, stacklevel=2)


def _downstream(task: BaseOperator) -> Sequence[Any]:
    return sorted(task.get_flat_relatives(upstream=False), key=lambda one: str(one.task_id))


def _rule(task: Any) -> str:
    rule = getattr(task, "trigger_rule", "all_success")
    return str(getattr(rule, "value", rule))
