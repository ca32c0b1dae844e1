"""Every way in which Dagster starts a training, and every state of the data: it trains only on what is fresh.

Beside each gate stands what happens without it, so that the gate is what holds the training back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("dagster", reason="dagster (extra 'dagster') is not installed")

import dagster as dg

from dagster_featureguard.condition import check_automation, gate_allows
from featureguard.errors import ContractError
from tests.builders import HOUR
from tests.dagster_host.lake import Lake, failures
from tests.decision_world import MINUTE
from tests.thorough import table

State = Callable[[Lake, pytest.MonkeyPatch], None]
pytestmark = pytest.mark.filterwarnings("ignore:.*is currently in beta")
DAYS = dg.DailyPartitionsDefinition(start_date="2013-02-01", end_date="2013-02-10")


def fresh(lake: Lake, _: pytest.MonkeyPatch) -> None:
    """Nothing is wrong."""


def stale(lake: Lake, _: pytest.MonkeyPatch) -> None:
    lake.age("feature", 3 * HOUR)


def stale_source(lake: Lake, _: pytest.MonkeyPatch) -> None:
    lake.age("raw", 3 * HOUR)


def never(lake: Lake, _: pytest.MonkeyPatch) -> None:
    lake.empty("feature")


def crashed(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> float:
        raise ZeroDivisionError

    # Its package has a function of the same name.
    monkeypatch.setattr(sys.modules["featureguard.checks.freshness"], "age_seconds", crash)


def unreachable(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dagster_featureguard.checks._PAUSE_SECONDS", 0)
    (lake.folder / "store.db").mkdir()


BAD: list[State] = [stale, stale_source, never, crashed, unreachable]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    found = Lake(tmp_path / "project")
    with found.resource.guard() as guard:  # Somebody looks at the data all the time.
        guard.check_all("pricing")
    return found


def looked_at(lake: Lake) -> None:
    """What a sensor does between runs."""
    if not (lake.folder / "store.db").is_dir():
        with lake.resource.guard() as guard:
            guard.check_all("pricing")


def by_job(name: str) -> Callable[[Lake], None]:
    def launch(lake: Lake) -> None:
        lake.run(name)

    return launch


def by_schedule(lake: Lake) -> None:
    defs = lake.defs()
    schedule = dg.ScheduleDefinition(
        name="nightly", job=defs.resolve_job_def("alone"), cron_schedule="0 6 * * *"
    )
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance, scheduled_execution_time=datetime(2013, 2, 9, 6, tzinfo=UTC)
        )
        requests = schedule.evaluate_tick(context).run_requests
    assert requests is not None
    lake.ran.clear()
    for request in requests:
        lake.run("alone", defs, run_config=request.run_config, tags=request.tags)


def by_automation(lake: Lake) -> None:
    automatic = dg.AutomationCondition.missing() & gate_allows("pricing", resource=lake.resource)
    defs = lake.defs(checks=False, automation_condition=automatic)
    lake.ran.clear()
    with dg.DagsterInstance.ephemeral() as instance:
        found = dg.evaluate_automation_conditions(defs=defs, instance=instance)
        wanted = found.get_num_requested(dg.AssetKey("train"))
    if wanted:
        lake.run("alone", defs)


def by_backfill(lake: Lake) -> None:
    defs = lake.defs(partitions_def=DAYS)
    lake.run("alone", defs, partition_key="2013-02-08")


def by_range(lake: Lake) -> None:
    defs = lake.defs(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
    tags = {
        "dagster/asset_partition_range_start": "2013-02-05",
        "dagster/asset_partition_range_end": "2013-02-08",
    }
    lake.run("guarded", defs, tags=tags)


def by_materialize(lake: Lake) -> None:
    lake.ran.clear()
    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize(
            [one for one in lake.assets() if isinstance(one, dg.AssetsDefinition)],
            selection="train",
            resources={"featureguard": lake.resource},
            instance=instance,
            raise_on_error=False,
        )


WAYS: list[Callable[[Lake], None]] = [
    by_job("guarded"),
    by_job("alone"),
    by_job("everything"),
    by_schedule,
    by_automation,
    by_backfill,
    by_range,
    by_materialize,
]
NAMES = ["guarded", "alone", "everything", "schedule", "automation", "backfill", "range", "materialize"]


@pytest.mark.parametrize("launch", WAYS, ids=NAMES)
def test_fresh_features_are_trained_on(lake: Lake, launch: Callable[[Lake], None]) -> None:
    launch(lake)
    assert "train" in lake.ran


@pytest.mark.parametrize(("name", "state"), table(NAMES, BAD))
def test_nothing_else_is(lake: Lake, name: str, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    launch = WAYS[NAMES.index(name)]
    (lake.folder / "store.db").unlink()
    state(lake, monkeypatch)
    looked_at(lake)
    launch(lake)
    assert "train" not in lake.ran


@pytest.mark.parametrize("state", BAD)
def test_the_checks_of_a_guarded_job_hold_a_training_back_that_does_not_ask(
    tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = Lake(tmp_path / "project", gated=False)
    state(trusting, monkeypatch)
    trusting.run("guarded")
    assert trusting.ran == []


@pytest.mark.parametrize("state", BAD)
def test_without_a_gate_it_trains_on_anything(
    tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = Lake(tmp_path / "project", gated=False)
    state(trusting, monkeypatch)
    trusting.run("alone")
    assert trusting.ran == ["train"]


@pytest.mark.parametrize("state", BAD)
def test_what_has_nothing_to_do_with_it_runs_on(
    lake: Lake, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lake.folder / "store.db").unlink()
    state(lake, monkeypatch)
    lake.run("everything")
    assert {"other", "report"} <= set(lake.ran)


def test_a_refusal_tells_the_decision_its_reasons_and_what_to_do(lake: Lake) -> None:
    lake.now += MINUTE
    lake.age("feature", 3 * HOUR)
    looked_at(lake)
    (told,) = failures(lake.run("alone"))
    assert "'pricing' may not train. The newest 'at' is 3h old" in told.description
    assert told.metadata["verdict"].value == "block"
    assert told.metadata["runbook"].value == "https://runbooks.example.org/feature"
    with lake.resource.guard() as guard:
        assert guard.store_in_use.decisions.find(told.metadata["decision"].value).subject == "pricing"


@pytest.mark.parametrize(("state", "verdict", "attempts"), [(unreachable, "hold", 3), (stale, "block", 1)])
def test_a_hold_is_tried_again_and_a_block_is_not(
    lake: Lake, state: State, verdict: str, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lake.folder / "store.db").unlink()
    state(lake, monkeypatch)
    looked_at(lake)
    result = lake.run("alone", lake.defs(retry_policy=dg.RetryPolicy(max_retries=2)))
    (told,) = failures(result)
    started = [
        event for event in result.all_events if event.event_type_value in ("STEP_START", "STEP_RESTARTED")
    ]
    assert (told.metadata["verdict"].value, len(started)) == (verdict, attempts)


def test_an_unknown_subject_fails_at_once_with_a_suggestion(lake: Lake) -> None:
    with pytest.raises(dg.Failure, match=r"no decision: 'pricig' may not train.*'pricing'") as found:
        lake.resource.require("pricig")
    assert found.value.allow_retries is False


def test_a_condition_that_no_sensor_evaluates_is_refused(lake: Lake) -> None:
    waiting = gate_allows("pricing", resource=lake.resource)
    defs = lake.defs(checks=False, automation_condition=dg.AutomationCondition.eager() & waiting)
    with pytest.raises(ContractError, match="asset 'train' waits for gate_allows, and no sensor"):
        check_automation(defs)
    for in_user_code in (False, True):
        sensor = dg.AutomationConditionSensorDefinition("s", target="*", use_user_code_server=in_user_code)
        whole = dg.Definitions.merge(defs, dg.Definitions(sensors=[sensor]))
        if in_user_code:
            assert check_automation(whole) is whole
        else:
            with pytest.raises(ContractError, match="use_user_code_server=True"):
                check_automation(whole)
