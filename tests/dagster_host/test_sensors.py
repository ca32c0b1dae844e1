"""What sensors see, tell and launch, tick by tick."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dagster", reason="dagster (extra 'dagster') is not installed")

import dagster as dg

from dagster_featureguard import Notice, freshness_sensor, gate_sensor, guarded_job, incident_sensor
from featureguard.errors import StoreError
from tests.builders import HOUR
from tests.dagster_host.lake import Lake
from tests.decision_world import MINUTE


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "project")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


class Ticks:
    """A sensor that is asked again and again, a minute apart, as the daemon does."""

    def __init__(
        self, lake: Lake, instance: dg.DagsterInstance, make: Callable[[], dg.SensorDefinition]
    ) -> None:
        self.lake, self.instance, self.make = lake, instance, make
        self.cursor: str | None = None

    def tick(self, after: timedelta = MINUTE) -> Any:
        """What it says this time."""
        self.lake.now += after
        context = dg.build_sensor_context(
            self.instance, cursor=self.cursor, resources={"featureguard": self.lake.resource}
        )
        found = self.make().evaluate_tick(context)
        self.cursor = found.cursor
        for event in found.asset_events:
            self.instance.report_runless_asset_event(event)
        return found

    def news(self, after: timedelta = MINUTE) -> dict[str, bool]:
        """Whether each asset that it tells of passes."""
        events = self.tick(after).asset_events
        found = [one for one in events if isinstance(one, dg.AssetCheckEvaluation)]
        assert len(events) == 2 * len(found)  # An observation with each.
        return {one.asset_key.to_user_string(): one.passed for one in found}


@pytest.fixture
def freshness(lake: Lake, instance: dg.DagsterInstance) -> Ticks:
    return Ticks(lake, instance, lambda: freshness_sensor(lake.catalog, lake.assets()))


def test_a_dataset_is_told_of_when_something_changed(lake: Lake, instance: dg.DagsterInstance) -> None:
    sensor = Ticks(lake, instance, lambda: freshness_sensor(lake.catalog, lake.assets(), heartbeat=24 * HOUR))
    assert sensor.news() == {"raw": True, "feature": True}
    assert sensor.news() == {}
    go_stale(lake)
    assert sensor.news() == {"feature": False}
    assert sensor.news() == {}
    lake.age("feature", HOUR)
    assert sensor.news() == {"feature": True}


def test_and_at_each_heartbeat(freshness: Ticks) -> None:
    assert len(freshness.news()) == 2
    assert freshness.news(after=HOUR - MINUTE) == {}
    assert len(freshness.news(after=MINUTE)) == 2


def test_what_it_tells_is_about_the_materialization_that_it_saw(
    lake: Lake, freshness: Ticks, instance: dg.DagsterInstance
) -> None:
    dg.materialize([lake.assets()[1]], instance=instance)
    events = freshness.tick().asset_events
    told = {one.asset_key.to_user_string(): one for one in events if isinstance(one, dg.AssetCheckEvaluation)}
    seen = instance.get_latest_materialization_event(dg.AssetKey("feature"))
    assert seen is not None
    target = told["feature"].target_materialization_data
    assert target is not None
    assert (target.run_id, target.timestamp) == (seen.run_id, seen.timestamp)
    assert told["raw"].target_materialization_data is None


def test_it_tells_under_a_name_of_its_own_that_never_blocks(lake: Lake, freshness: Ticks) -> None:
    lake.age("feature", 3 * HOUR)
    events = [one for one in freshness.tick().asset_events if isinstance(one, dg.AssetCheckEvaluation)]
    assert {(one.check_name, one.blocking) for one in events} == {("featureguard_probe", False)}
    own = {key.name for checks in lake.defs().asset_checks or () for key in checks.check_keys}
    assert "featureguard_probe" in own


@pytest.mark.filterwarnings("ignore:.*is currently in beta")
def test_a_pass_without_a_run_opens_nobodys_automation(
    lake: Lake, freshness: Ticks, instance: dg.DagsterInstance
) -> None:
    condition = dg.AutomationCondition.missing() & dg.AutomationCondition.all_deps_blocking_checks_passed()
    assets = lake.assets(automation_condition=condition)
    from dagster_featureguard import build_contract_checks

    defs = dg.Definitions(
        assets=assets,
        asset_checks=build_contract_checks(lake.catalog, assets),
        resources={"featureguard": lake.resource},
    )
    assert freshness.news() == {"raw": True, "feature": True}
    found = dg.evaluate_automation_conditions(defs=defs, instance=instance)
    assert found.get_num_requested(dg.AssetKey("train")) == 0


def test_each_look_is_evidence(lake: Lake, freshness: Ticks) -> None:
    freshness.tick()
    with lake.resource.guard() as guard:
        assert guard.preview("pricing", "train").allowed
        assert {guard.standing(name, lake.now).exit_code for name in ("raw", "feature")} == {0}


def test_a_tick_tells_of_so_many_and_the_next_one_goes_on(
    lake: Lake, freshness: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dagster_featureguard.probing.MOST_REPORTS", 1)
    assert freshness.news() == {"feature": True}
    assert freshness.news() == {"raw": True}
    assert freshness.news() == {}


@pytest.mark.parametrize("cursor", ["", "{", "[]", '{"told": 3}', '{"told": {"raw": 1}}'])
def test_a_cursor_that_makes_no_sense_is_begun_anew(lake: Lake, freshness: Ticks, cursor: str) -> None:
    freshness.tick()
    freshness.cursor = cursor
    assert freshness.news() == {"raw": True, "feature": True}


def test_without_its_store_the_tick_fails_and_says_why(lake: Lake, freshness: Ticks) -> None:
    (lake.folder / "store.db").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        freshness.tick()


@pytest.fixture
def gate(lake: Lake, instance: dg.DagsterInstance) -> Ticks:
    return Ticks(lake, instance, lambda: gate_sensor(guarded_job("guarded", "train"), "pricing"))


def go_stale(lake: Lake) -> None:
    """Hours go by, and only `raw` is written anew."""
    lake.now += 2 * HOUR
    lake.age("raw", HOUR)


def look(lake: Lake) -> None:
    with lake.resource.guard() as guard:
        guard.check_all("pricing")


def test_a_gate_that_opens_launches_its_job_once(lake: Lake, gate: Ticks) -> None:
    first = gate.tick()
    assert first.run_requests == []
    assert "hold: Nobody has looked at this dataset yet" in first.skip_message
    look(lake)
    (request,) = gate.tick().run_requests
    assert request.tags["featureguard/subject"] == "pricing"
    assert gate.tick().run_requests == []


def test_it_launches_again_only_after_the_gate_was_shut(lake: Lake, gate: Ticks) -> None:
    look(lake)
    keys = [gate.tick().run_requests[0].run_key]
    lake.age("feature", 3 * HOUR)
    look(lake)
    shut = gate.tick()
    assert (shut.run_requests, "3h" in shut.skip_message) == ([], True)
    lake.age("feature", HOUR)
    lake.now += MINUTE
    look(lake)
    keys.append(gate.tick().run_requests[0].run_key)
    assert len(set(keys)) == 2


def test_an_outage_neither_shuts_nor_opens(lake: Lake, gate: Ticks) -> None:
    look(lake)
    assert len(gate.tick().run_requests) == 1
    store = lake.folder / "store.db"
    content = store.read_bytes()
    with sqlite3.connect(store) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = store.read_bytes()
    store.write_bytes(b"no database" * 500)
    away = gate.tick()
    assert (away.run_requests, "Nobody can tell" in away.skip_message) == ([], True)
    store.write_bytes(content)
    gate.cursor = gate.cursor or json.dumps({"open": True, "openings": 1})
    assert gate.tick().run_requests == []


def test_incidents_are_told_once_when_they_open_and_once_when_they_are_over(
    lake: Lake, instance: dg.DagsterInstance
) -> None:
    told: list[Notice] = []
    sensor = Ticks(lake, instance, lambda: incident_sensor(told.append))
    look(lake)
    sensor.tick()
    assert told == []
    go_stale(lake)
    look(lake)
    sensor.tick()
    sensor.tick()
    (opened,) = told
    assert (opened.event, opened.takes_down, opened.owner) == ("opened", ("pricing",), "me@example.org")
    assert "feature: freshness is broken since" in opened.text
    lake.now += MINUTE
    lake.age("feature", HOUR)
    look(lake)
    sensor.tick()
    sensor.tick()
    assert [one.event for one in told] == ["opened", "resolved"]


def test_what_could_not_be_told_is_told_again(lake: Lake, instance: dg.DagsterInstance) -> None:
    told: list[Notice] = []
    broken = True

    def notify(notice: Notice) -> None:
        if broken:
            raise ConnectionError("the chat is down")
        told.append(notice)

    sensor = Ticks(lake, instance, lambda: incident_sensor(notify))
    lake.age("feature", 3 * HOUR)
    look(lake)
    assert "0 told, 1 could not be told" in sensor.tick().skip_message
    broken = False
    sensor.tick()
    assert len(told) == 1
