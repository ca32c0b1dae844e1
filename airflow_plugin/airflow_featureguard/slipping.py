"""What can run in a DAG though a gate before it refused: followed through trigger rules, task by task.

For each gate its end is taken to be a failure, or a skip where it can be skipped. From there on every task
behind it gets the ends that it can have: a task whose trigger rule can be met may run, and may then succeed.
Tasks that are not behind the gate may end in any way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from airflow_featureguard.gating import Gate, is_gate
from airflow_featureguard.hooks import CONN_ID

if TYPE_CHECKING:
    from airflow.sdk import DAG

_SUCCESS, _FAILED, _SKIPPED, _UPSTREAM_FAILED = 1, 2, 4, 8
_ANY_FAILURE = _FAILED | _UPSTREAM_FAILED
_ANYTHING = _SUCCESS | _ANY_FAILURE | _SKIPPED

Ends = Sequence[int]


def _each(kinds: int) -> Callable[[Ends], bool]:
    return lambda ends: all(end & kinds for end in ends)


def _some(kinds: int) -> Callable[[Ends], bool]:
    return lambda ends: any(end & kinds for end in ends)


_CAN_RUN: Mapping[str, Callable[[Ends], bool]] = {
    "all_success": _each(_SUCCESS),
    "all_failed": _each(_ANY_FAILURE),
    "all_skipped": _each(_SKIPPED),
    "all_done_min_one_success": lambda ends: _some(_SUCCESS)(ends) and _each(_SUCCESS | _ANY_FAILURE)(ends),
    "none_failed": _each(_SUCCESS | _SKIPPED),
    "none_failed_min_one_success": lambda ends: _some(_SUCCESS)(ends) and _each(_SUCCESS | _SKIPPED)(ends),
    "none_skipped": _each(_SUCCESS | _ANY_FAILURE),
    "one_done": _some(_SUCCESS | _FAILED),
    "one_failed": _some(_ANY_FAILURE),
    "one_success": _some(_SUCCESS),
}
"""When a trigger rule can be met, by the ends that each upstream can have; other rules always can."""

_TELLS = frozenset({"all_failed", "one_failed"})
"""Rules of tasks that tell of a failure: they may run. What follows them is looked at."""

_SKIPPED_OTHERWISE = frozenset({"all_failed", "all_skipped", "none_skipped", "one_done", "one_failed"})
"""Rules whose task is skipped where they are not met, even if nothing before it was."""

MOST_TOLD = 20
"""Most tasks that are named in one go."""


def slips_in(dag: DAG, only: str | None = None) -> list[str]:
    """What may run though a gate before it failed or was skipped; one sentence for each task, the first 20.

    Args:
        dag: The whole DAG.
        only: Look at this gate alone.
    """
    found = ways_round(dag, only)
    told = [_sentence(dag.task_dict[name], gates) for name, gates in found.items()]
    more = len(told) - MOST_TOLD
    return told[:MOST_TOLD] + ([f"And {more} other tasks may run so."] if more > 0 else [])


def ways_round(dag: DAG, only: str | None = None) -> dict[str, list[str]]:
    """The gates that each task may run without, by name, in an order of the DAG.

    Args:
        dag: The whole DAG.
        only: Look at this gate alone.
    """
    tasks: Mapping[str, Any] = dag.task_dict
    before = {name: set(one.upstream_task_ids) for name, one in tasks.items()}
    order = list(TopologicalSorter(before).static_order())
    found: dict[str, list[str]] = {}
    for place, name in enumerate(order):
        if is_gate(tasks[name]) and only in (None, name):
            for slipping in _slipping(tasks, order[place:]):
                found.setdefault(slipping, []).append(name)
    return {name: found[name] for name in order if name in found}


def _slipping(tasks: Mapping[str, Any], order: Sequence[str]) -> Iterable[str]:
    """Tasks that may run though the gate that stands first in the order refused."""
    gate = tasks[order[0]]
    ends = {order[0]: _ends_of_refusal(gate)}
    for name in order[1:]:
        task = tasks[name]
        if ends.keys().isdisjoint(task.upstream_task_ids):
            continue
        before = [ends.get(one, _ANYTHING) for one in task.upstream_task_ids]
        if order[0] in task.upstream_task_ids and _has_instances(gate):
            before.append(_ANYTHING)  # Of its instances one may have refused, and others not.
        runs = _CAN_RUN.get(_rule(task), bool)(before)
        ends[name] = _ends_without_running(task, before) | (_SUCCESS | _FAILED | _SKIPPED if runs else 0)
        if is_gate(task) and _question(task) is not None and _question(task) == _question(gate):
            ends[name] &= ~_SUCCESS  # It succeeds only if the gate opened meanwhile.
        if runs and not _may_run(task, gate):
            yield name


def _ends_of_refusal(gate: Any) -> int:
    if gate.upstream_task_ids:
        return _FAILED | _SKIPPED | _UPSTREAM_FAILED
    only_fails = _option(gate, "on_breach") == "fail" and not _has_instances(gate)
    return _FAILED if only_fails else _FAILED | _SKIPPED


def _ends_without_running(task: Any, before: Ends) -> int:
    skips = _rule(task) in _SKIPPED_OTHERWISE or _some(_SKIPPED)(before)
    return (_SKIPPED if skips else 0) | (_UPSTREAM_FAILED if _some(_ANY_FAILURE)(before) else 0)


def _may_run(task: Any, gate: Any) -> bool:
    """Whether a task may run: one that tears down or tells, or that asks itself and does no more."""
    if not is_gate(task):
        return bool(getattr(task, "is_teardown", False)) or _rule(task) in _TELLS
    if not (getattr(task.operator_class, "works", False) or _option(task, "outlets")):
        return True
    mine, other = _question(task), _question(gate)
    return mine is not None and other is not None and (mine[0], mine[2]) == (other[0], other[2])


def _question(gate: Any) -> tuple[str, str, str] | None:
    """Whom a gate asks about, what for, and where; `None` where that is not known before it runs."""
    subject = _option(gate, "subject")
    action = _option(gate, "action") or "train"
    conn_id = _option(gate, "featureguard_conn_id") or CONN_ID
    if isinstance(subject, str) and isinstance(action, str) and isinstance(conn_id, str):
        return subject, action, conn_id
    return None


def _option(gate: Any, name: str) -> Any:
    """An argument of a gate; of one that is mapped, `None` where each instance has its own."""
    if isinstance(gate, Gate):
        return getattr(gate, name, None)
    mapped = getattr(gate.expand_input, "value", None)
    if isinstance(mapped, Mapping) and name not in mapped:
        return gate.partial_kwargs.get(name)
    return object()  # Unknown, which is equal to nothing.


def _has_instances(task: Any) -> bool:
    return not isinstance(task, Gate) or task.get_closest_mapped_task_group() is not None


def _sentence(task: Any, gates: Sequence[str]) -> str:
    names = "' and '".join(gates[:2])
    others = f" and {len(gates) - 2} others" if len(gates) > 2 else ""
    word = "gates" if len(gates) > 1 else "gate"
    return (
        f"Task '{task.task_id}' (trigger rule '{_rule(task)}') may run though the {word} '{names}'{others}"
        " before it failed or was skipped. Let it and what is between use 'all_success', or ask in the task"
        " itself: @task.featureguard."
    )


def _rule(task: Any) -> str:
    rule = getattr(task, "trigger_rule", "all_success")
    return str(getattr(rule, "value", rule))
