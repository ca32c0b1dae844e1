"""`slo`, `incidents`, `scorecard` and `import` as a user types them, on two days of a small world."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import CONTRACT, NOON, Project

HOUR = timedelta(hours=1)
ZONES = """\
dataset: zones
owner: places|team@example.org
source: {kind: parquet, path: lake/zones/}
time: {event: at}
schema: {columns: {fare: float64}}
freshness: {max_age: 4h}
upstream: [rides]
"""


def at(hours: float) -> tuple[str, str]:
    """The option for so many hours after noon."""
    return "--now", (NOON + hours * HOUR).isoformat()


@pytest.fixture
def world(project: Project) -> Project:
    """Rides are fresh until 26 h, found stale at 28 h and fresh again at 30 h; nobody looks at zones."""
    contracts = project.root / "contracts"
    slo = "slo: {objective: 90%, window: 48h}\n---\nsubject"
    (contracts / "rides.yaml").write_text(CONTRACT.replace("---\nsubject", slo))
    (contracts / "zones.yaml").write_text(ZONES)
    project.land("a.parquet", NOON, 1.0)
    for hours in (0, 28, 29):
        project("check", "rides", *at(hours))
    project.land("b.parquet", NOON + 29 * HOUR, 1.0)
    return project


def recovered(project: Project) -> Project:
    project("check", "rides", *at(30))
    return project


def test_slo_tells_a_dataset_in_detail(world: Project) -> None:
    assert recovered(world)("slo", "rides", *at(30)) == 0
    assert "rides  MISSED  (tier 0, 90.00% of time over 48h)" in world.out
    assert "SLI 89.66%, the truth lies at 86.67% to 90.00%" in world.out
    assert "26h good, 3h bad, 1h unknown, 18h excluded (18h cold start)" in world.out
    assert "the unknown counts as bad" in world.out


def test_slo_says_since_when_it_is_bad_and_when_it_pages(world: Project) -> None:
    assert world("slo", "rides", *at(29)) == 0
    assert "bad since 2026-03-11 14:00 UTC; pages since 2026-03-11 14:28 UTC" in world.out
    found = world.json("slo", "rides", *at(29))["datasets"][0]["objective"]
    assert (found["good_seconds"], found["bad_seconds"], found["meets_objective"]) == (
        26 * 3600,
        3 * 3600,
        False,
    )


def test_slo_lists_everything_also_without_an_objective(world: Project) -> None:
    assert world("slo", *at(29)) == 0
    assert "MISSED" in world.out
    assert "no objective  zones" in world.out
    assert world("slo", "pricing", *at(29)) == 0  # a subject: all that it stands on
    assert "rides" in world.out
    assert "zones" not in world.out
    assert world("slo", "zones", *at(29)) == 0
    assert "zones has no objective" in world.out
    assert [one["objective"] is None for one in world.json("slo", *at(29))["datasets"]] == [False, True]


def test_incidents_tell_root_impact_and_bounds(world: Project) -> None:
    assert world("incidents", *at(29)) == 0
    assert "OPEN  rides: DATA_STALE, for 3h" in world.out
    assert (
        "started 2026-03-11 14:00 UTC; detected 2026-03-11 16:00 UTC; last seen bad 2026-03-11 17:00 UTC"
        in world.out
    )
    assert "takes down: " in world.out
    assert "of the time nobody knows" in world.out


def test_incidents_that_are_over_are_listed_on_demand(world: Project) -> None:
    recovered(world)
    assert world("incidents", *at(30)) == 0
    assert "No incident is open" in world.out
    assert world("incidents", "pricing", "--all", *at(30)) == 0
    assert "resolved  rides: DATA_STALE, for 3h to 4h" in world.out
    later = (NOON + 31 * HOUR).isoformat()
    assert world.json("incidents", "--since", later, *at(32))["groups"] == []


def test_people_acknowledge_assign_and_note(world: Project) -> None:
    key = world.json("incidents", *at(29))["groups"][0]["roots"][0]["key"]
    assert world("incident", "ack", key[:6], "--by", "ann", *at(29)) == 0
    assert "acknowledged" in world.out
    assert world("incident", "assign", key, "--to", "bob", "--by", "ann", *at(29)) == 0
    assert world("incident", "note", key, "--text", "feed\x1b[31m is late", "--by", "bob", *at(29)) == 0
    assert world("incidents", *at(29)) == 0
    assert "bob takes care" in world.out
    assert "bob noted feed [31m is late" in world.out
    (root,) = world.json("incidents", *at(29))["groups"][0]["roots"]
    assert (root["stage"], root["assignee"], len(root["notes"])) == ("acknowledged", "bob", 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["incident", "ack", "abc"], "too short"),
        (["incident", "ack", "ffffffff"], "No incident has the key"),
        (["incidents", "ridez"], "Did you mean 'rides'?"),
        (["incidents", "--since", "today"], "--since 'today' is no instant"),
        (["slo", "ridez"], "Did you mean 'rides'?"),
        (["scorecard", "--window", "1m"], "--window '1m'"),
        (["scorecard", "--window", "1d", "--since", "2026-03-10T00:00:00Z"], "Give one of them"),
        (["scorecard", "--until", "2027-01-01T00:00:00Z"], "lies in the future"),
        (["scorecard", "--since", "2026-03-12T00:00:00Z"], "not before its end"),
        (["scorecard", "--output", "no/such/folder", "--format", "json"], "cannot be written"),
        (["import", "dbt", "nowhere"], "'nowhere' cannot be read"),
        (["import", "excel", "nowhere"], "No such command 'excel'"),
    ],
)
def test_a_wrong_call_exits_2_and_says_why(world: Project, arguments: list[str], message: str) -> None:
    assert world(*arguments, *at(29)) == 2
    assert message in world.err


def test_a_note_is_written_now_unless_the_store_is_simulated(make_project: Callable[..., Project]) -> None:
    project = make_project("")
    assert project("incident", "ack", "ffffffff", *at(0)) == 2
    assert "--now is for simulated stores only" in project.err


def test_the_scorecard_counts_what_nobody_saw_as_not_compliant(world: Project) -> None:
    recovered(world)
    found = scorecard(world, 30)
    assert found["overall"]["features"] == {"within": 2, "unknown": 1, "out": 0, "compliance_ratio": 2 / 3}
    assert found["tiers"]["0"]["meets_target"] is True
    assert found["overall"]["objectives"] == {"met": 0, "missed": 0, "unknown": 0} | {"missed": 1}
    assert found["overall"]["without_evidence"] == ["zones"]
    assert found["overall"]["without_objective"] == ["zones"]
    later = scorecard(world, 40)["overall"]["features"]  # the evidence has expired
    assert (later["within"], later["unknown"]) == (0, 3)


def scorecard(project: Project, hours: float, *more: str) -> dict[str, Any]:
    assert project("scorecard", "--format", "json", *more, *at(hours)) == 0
    found: dict[str, Any] = json.loads(project.out)
    return found


def test_a_scorecard_of_a_past_period_uses_what_is_known_now(world: Project) -> None:
    recovered(world)
    since, until = NOON + 24 * HOUR, NOON + 29.5 * HOUR
    found = scorecard(world, 30, "--since", since.isoformat(), "--until", until.isoformat())
    (rides, _) = found["datasets"]
    assert (rides["sli"]["good_seconds"], rides["sli"]["bad_seconds"]) == (2 * 3600, 3 * 3600)
    assert rides["incidents"]["number"] == 1
    before = scorecard(world, 30, "--since", NOON.isoformat(), "--until", since.isoformat())
    assert before["datasets"][0]["incidents"]["number"] == 0


def test_the_scorecard_lists_waivers_that_hold_or_were_used(world: Project) -> None:
    waiver = ["--dataset", "rides", "--code", "DATA_STALE", "--until", "2h", "--reason", "known"]
    assert world("waive", "add", *waiver, "--by", "ann", "--approved-by", "bob", *at(28.5)) == 0
    world("gate", "pricing", "--for", "train", *at(29))
    (told,) = scorecard(world, 29)["waivers"]
    assert (told["in_force"], told["uses"], told["verified"]) == (True, 1, False)
    assert world("scorecard", *at(29)) == 0
    assert "ann and bob (unverified)" in world.out
    (told,) = scorecard(world, 40)["waivers"]
    assert (told["in_force"], told["uses"]) == (False, 1)
    assert scorecard(world, 40, "--window", "1h")["waivers"] == []


@pytest.mark.parametrize(
    ("written", "begins"), [("text", "From 2026-"), ("markdown", "# Scorecard"), ("json", "{")]
)
def test_the_scorecard_goes_to_a_file(world: Project, written: str, begins: str) -> None:
    target = world.root / "sheet"
    assert world("scorecard", "--format", written, "--output", str(target), *at(29)) == 0
    assert world.out == ""
    assert target.read_text().startswith(begins)
    assert "places" in target.read_text()


def test_deliveries_are_listed_with_what_became_of_them(project: Project) -> None:
    slo = "slo: {sli: delivery, objective: 50%, window: 7d}"
    delivery = f"freshness: {{delivery: {{cron: '0 6 * * *', grace: 2h}}}}\n{slo}"
    contract = CONTRACT.replace("freshness: {max_age: 26h}", delivery)
    (project.root / "contracts" / "rides.yaml").write_text(contract)
    project.land("a.parquet", NOON - 12 * HOUR, 1.0)
    for hours in (0, 19, 24):  # the next one is due at 18 and never comes
        project("check", "rides", *at(hours))
    assert project("slo", "rides", *at(24)) == 0
    assert "0 good, 1 bad, 0 unknown, 6 excluded (6 cold start)" in project.out
    assert "budget overspent by 100.00%: 1 of 0.5 spent" in project.out
    assert "2026-03-10  missing  2026-03-11 06:00 UTC        at least 6h" in project.out
    found = project.json("slo", "rides", *at(24))["datasets"][0]["objective"]
    assert (found["bad_deliveries"], found["burn_rates"], len(found["deliveries"])) == (1, {}, 1)


def test_dry_run_is_marked(make_project: Callable[[str], Project]) -> None:
    project = make_project("store: {url: 'sqlite:///s.db', simulated: true}\nenforcement: dry_run\n")
    assert project("scorecard", *at(0)) == 0
    assert "Dry run: nothing is blocked." in project.out


def dbt_target(project: Project, dataset: str, when: datetime) -> Path:
    """A result file of dbt: one test of one model failed."""
    target = project.root / "target"
    target.mkdir(exist_ok=True)
    schema = "https://schemas.getdbt.com/dbt/{}/v{}.json"
    node = {"name": dataset, "resource_type": "model"}
    test = {"name": "not_null_fare", "attached_node": f"model.shop.{dataset}", "column_name": "fare"}
    manifest = {
        "metadata": {"dbt_schema_version": schema.format("manifest", 12)},
        "nodes": {f"model.shop.{dataset}": node, "test.shop.not_null_fare.1": test},
        "sources": {},
    }
    result = {"unique_id": "test.shop.not_null_fare.1", "status": "fail", "failures": 3, "message": "Got 3"}
    run = {
        "metadata": {"dbt_schema_version": schema.format("run-results", 6), "generated_at": when.isoformat()},
        "results": [result],
    }
    (target / "manifest.json").write_text(json.dumps(manifest))
    (target / "run_results.json").write_text(json.dumps(run))
    return target


def test_results_of_another_tool_are_recorded(world: Project) -> None:
    target = str(dbt_target(world, "rides", NOON))
    assert world("import", "dbt", target, "--dry-run", *at(29)) == 0
    assert "exit 0, not recorded" in world.out
    assert world("import", "dbt", target, *at(29)) == 0
    assert "fail  rides: dbt's test 'not_null_fare' found 3 failures" in world.out
    assert "exit 0, recorded" in world.out
    found = world.json("import", "dbt", target, *at(29))
    assert (found["recorded"], found["results"][0]["column"], found["skipped"]) == (True, "fare", [])


def test_results_about_nothing_of_ours_exit_3_with_the_reason(world: Project) -> None:
    target = str(dbt_target(world, "planes", NOON))
    assert world("import", "dbt", target, *at(29)) == 3
    assert "are about datasets that no contract describes" in world.out
    assert world.json("import", "dbt", target, *at(29))["skipped"][0]["why"] == "NO_DATASET"
