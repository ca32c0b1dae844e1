"""Whatever can run though its gate did not allow it is told when the DAG is read, or the DAG is refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")
pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

from airflow.sdk import DAG, TriggerRule, task
from airflow.sdk.exceptions import AirflowSkipException

from airflow_featureguard.gating import slips_in
from airflow_featureguard.operators import FeatureGateOperator
from tests.airflow_host.field import Lake, connect, new_dag, run
from tests.builders import HOUR

TELLS_OF_FAILURES = {"all_failed", "one_failed"}
RULES = sorted(str(rule.value) for rule in TriggerRule)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A project whose gate blocks."""
    found = Lake(tmp_path / "project")
    connect(monkeypatch, found.connection)
    found.age(3 * HOUR)
    found.look()
    return found


def read(dag: DAG) -> list[str]:
    """What Airflow's own reading of a DAG warns of."""
    from airflow.dag_processing.dagbag import DagBag

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        DagBag("/dev/null", collect_dags=False).bag_dag(dag)
    return [str(one.message) for one in caught if "the gate" in str(one.message)]


def work(name: str, rule: str = "all_success", **more: Any) -> Any:
    """A task that does something by a trigger rule."""

    @task(task_id=name, trigger_rule=rule, **more)
    def works() -> None: ...

    return works()


def blocks() -> Any:
    return FeatureGateOperator(task_id="gate", subject="pricing")


def skips() -> Any:
    return FeatureGateOperator(task_id="gate", subject="pricing", on_breach="skip")


def is_skipped() -> Any:
    @task
    def upstream() -> None:
        raise AirflowSkipException("nothing to do today")

    gate = blocks()
    upstream() >> gate
    return gate


def is_mapped() -> Any:
    return FeatureGateOperator.partial(task_id="gate").expand(subject=["pricing"])


def is_mapped_over_nothing() -> Any:
    return FeatureGateOperator.partial(task_id="gate").expand(subject=[])


def asks_itself() -> Any:
    @task.featureguard(task_id="gate", subject="pricing")
    def gate() -> None: ...

    return gate()


def is_mapped_and_asks_itself() -> Any:
    @task.featureguard(task_id="gate", subject="pricing")
    def gate(number: int) -> None: ...

    return gate.expand(number=[1, 2])


@pytest.mark.parametrize(
    "gate",
    [blocks, skips, is_skipped, is_mapped, is_mapped_over_nothing, asks_itself, is_mapped_and_asks_itself],
)
def test_whatever_runs_behind_a_gate_that_did_not_allow_it_is_warned_of(
    lake: Lake, gate: Callable[[], Any]
) -> None:
    with new_dag() as dag:
        made = gate()
        for rule in RULES:
            made >> work(rule, rule)
    told = read(dag)
    states = run(dag)
    ran = {rule for rule in RULES if states[rule] == "success"} - TELLS_OF_FAILURES
    warned = {rule for rule in RULES if any(f"task '{rule}' lets it run" in one for one in told)}
    assert states["gate"] in ("failed", "skipped")
    assert "all_done" in ran <= warned
    assert "all_success" not in warned


def test_nothing_is_told_of_a_dag_without_a_way_round() -> None:
    with new_dag() as dag:
        blocks() >> work("train") >> work("promote") >> work("clean", "all_done").as_teardown()
    assert read(dag) == []


def chain(subject: str, *, then: bool) -> DAG:
    """A gate, and another that runs whatever the first said."""
    with new_dag() as dag:
        other = FeatureGateOperator(task_id="other", subject=subject, trigger_rule="all_done")
        blocks() >> other
        if then:
            other >> work("train")
    return dag


def test_another_gate_is_a_way_round_if_it_asks_something_else_and_lets_others_run() -> None:
    (told,) = read(chain("eta", then=True))
    assert "rule 'all_done' of task 'other' lets what follows it run though the gate 'gate' failed" in told
    assert read(chain("eta", then=False)) == []
    assert read(chain("pricing", then=True)) == []


def test_a_gate_of_whom_nobody_knows_yet_is_taken_for_another() -> None:
    with new_dag() as dag:

        @task
        def names() -> list[str]:
            return ["pricing"]

        asked = names()
        gate = FeatureGateOperator.partial(task_id="gate").expand(subject=asked)
        other = FeatureGateOperator.partial(task_id="other", trigger_rule="all_done").expand(subject=asked)
        gate >> other >> work("train")
    (told,) = slips_in(dag)
    assert "of task 'other'" in told


def test_where_airflow_is_told_so_the_dag_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.exceptions import AirflowClusterPolicyViolation

    with new_dag() as dag:
        blocks() >> work("train", "none_failed")
    assert len(read(dag)) == 1
    monkeypatch.setenv("AIRFLOW__FEATUREGUARD__REFUSE_SLIPS", "True")
    with pytest.raises(AirflowClusterPolicyViolation, match="'none_failed' of task 'train' lets it run"):
        read(dag)
    with new_dag() as dag:
        blocks() >> work("train")
    assert read(dag) == []
