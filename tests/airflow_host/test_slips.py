"""Whatever can run though its gate did not allow it is told when the DAG is read, or the DAG is refused."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")
pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

from airflow.sdk import DAG, Asset, TriggerRule, task
from airflow.sdk.exceptions import AirflowSkipException

from airflow_featureguard.operators import FeatureGateOperator
from airflow_featureguard.slipping import MOST_TOLD, ways_round
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
    return [str(one.message) for one in caught if str(one.message).startswith(f"DAG '{dag.dag_id}'")]


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


def named(told: list[str]) -> set[str]:
    """The tasks that warnings name."""
    return {one.partition("Task '")[2].partition("'")[0] for one in told}


@pytest.mark.parametrize(
    ("gate", "exact"),
    [
        (blocks, True),
        pytest.param(asks_itself, True, marks=pytest.mark.long),
        pytest.param(
            skips, False, marks=pytest.mark.long
        ),  # It fails after a hold, and is skipped after a block.
        (is_skipped, False),
        (is_mapped, False),  # Of more instances some may be allowed.
        pytest.param(is_mapped_over_nothing, False, marks=pytest.mark.long),
        pytest.param(is_mapped_and_asks_itself, False, marks=pytest.mark.long),
    ],
)
def test_whatever_runs_behind_a_gate_that_did_not_allow_it_is_warned_of(
    lake: Lake, gate: Callable[[], Any], exact: bool
) -> None:
    with new_dag() as dag:
        made = gate()
        for rule in RULES:
            made >> work(rule, rule) >> work(f"after_{rule}") >> work(f"late_{rule}", "none_failed")
    warned = set(ways_round(dag))
    states = run(dag)
    ran = {name for name, state in states.items() if state == "success"} - TELLS_OF_FAILURES - {"upstream"}
    assert states["gate"] in ("failed", "skipped")
    assert {"all_done", "after_all_done", "late_all_done"} <= ran <= warned
    assert ran == warned or not exact
    assert warned.isdisjoint({"all_success", "after_all_success"})


@pytest.mark.parametrize("seed", [0, *(pytest.param(one, marks=pytest.mark.long) for one in (1, 2, 3))])
def test_that_holds_for_whatever_dag(lake: Lake, seed: int) -> None:
    dice = random.Random(seed)
    with new_dag() as dag:
        made: list[Any] = [blocks(), work("beside")]
        for number in range(12):
            if dice.random() < 0.2:
                rule, subject = dice.choice(RULES), dice.choice(["pricing", "other"])
                one = FeatureGateOperator(task_id=f"gate_{number}", subject=subject, trigger_rule=rule)
            else:
                one = work(f"task_{number}", dice.choice(RULES))
            dice.sample(made, min(len(made), dice.randint(1, 2))) >> one
            made.append(one)
    shape = {one.task_id: (one.trigger_rule.value, one.upstream_task_ids) for one in dag.tasks}
    behind = {one.task_id for one in dag.get_task("gate").get_flat_relatives(upstream=False)}
    warned = set(ways_round(dag))
    states = run(dag)
    ran = {name for name in behind if states[name] == "success" and name.startswith("task")}
    tolerated = {name for name in ran if shape[name][0] in TELLS_OF_FAILURES}
    assert states["gate"] == "failed"
    assert ran - tolerated <= warned, str(shape)


def test_nothing_is_told_of_a_dag_without_a_way_round() -> None:
    with new_dag() as dag:
        blocks() >> work("train") >> work("promote") >> work("clean", "all_done").as_teardown()
    assert read(dag) == []


def test_branches_that_meet_again_are_no_way_round() -> None:
    with new_dag() as dag:
        branch, join = work("branch"), work("join", "none_failed_min_one_success")
        skips() >> branch >> [work("one"), work("other")] >> join >> work("train")
    assert read(dag) == []


@pytest.mark.parametrize("rule", ["one_failed", "all_failed"])
def test_who_tells_of_a_failure_may_run_and_what_follows_is_a_way_round(lake: Lake, rule: str) -> None:
    with new_dag() as dag:
        blocks() >> work("tell", rule) >> work("promote")
    assert named(read(dag)) == {"promote"}
    assert run(dag)["promote"] == "success"


def test_what_follows_a_teardown_is_a_way_round(lake: Lake) -> None:
    with new_dag() as dag:
        blocks() >> work("clean").as_teardown() >> work("promote")
    assert named(read(dag)) == {"promote"}
    assert run(dag)["promote"] == "success"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"subject": "pricing"}, set()),
        ({"subject": "eta"}, {"train"}),
        ({"subject": "pricing", "action": "serve"}, {"train"}),
        ({"subject": "pricing", "featureguard_conn_id": "second"}, {"train"}),
        ({"subject": "eta", "outlets": [Asset("published")]}, {"other", "train"}),
        ({"subject": "pricing", "outlets": [Asset("published")]}, set()),
    ],
)
def test_another_gate_closes_the_way_only_if_it_asks_the_same(
    other: dict[str, Any], expected: set[str]
) -> None:
    with new_dag() as dag:
        gate = FeatureGateOperator(task_id="other", trigger_rule="all_done", **other)
        blocks() >> gate >> work("train")
    assert named(read(dag)) == expected


@pytest.mark.parametrize(("subject", "expected"), [("pricing", set()), ("eta", {"promote"})])
def test_a_task_that_asks_itself_may_have_any_rule_if_it_asks_about_the_same_subject(
    subject: str, expected: set[str]
) -> None:
    with new_dag() as dag:

        @task.featureguard(subject=subject, action="promote", trigger_rule="all_done")
        def promote() -> None: ...

        blocks() >> promote()
    assert named(read(dag)) == expected


def test_a_gate_of_whom_nobody_knows_yet_is_taken_for_another() -> None:
    with new_dag() as dag:

        @task
        def names() -> list[str]:
            return ["pricing"]

        asked = names()
        gate = FeatureGateOperator.partial(task_id="gate").expand(subject=asked)
        other = FeatureGateOperator.partial(task_id="other", trigger_rule="all_done").expand(subject=asked)
        gate >> other >> work("train")
    assert set(ways_round(dag)) == {"train"}


def test_a_large_dag_is_told_of_in_few_sentences() -> None:
    with new_dag() as dag:
        gates = [FeatureGateOperator(task_id=f"gate_{n}", subject="pricing") for n in range(50)]
        for number in range(100):
            gates >> work(f"task_{number:03}", "all_done")
    told = read(dag)
    assert len(told) == MOST_TOLD + 1
    assert "though the gates 'gate_0' and 'gate_1' and 48 others before it" in told[0]
    assert told[-1].endswith("And 80 other tasks may run so.")


def test_where_airflow_is_told_so_the_dag_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.exceptions import AirflowClusterPolicyViolation

    with new_dag() as dag:
        blocks() >> work("train", "all_done")
    assert len(read(dag)) == 1
    monkeypatch.setenv("AIRFLOW__FEATUREGUARD__REFUSE_SLIPS", "True")
    with pytest.raises(AirflowClusterPolicyViolation, match="'train' \\(trigger rule 'all_done'\\) may run"):
        read(dag)
    with new_dag() as dag:
        blocks() >> work("train")
    assert read(dag) == []
