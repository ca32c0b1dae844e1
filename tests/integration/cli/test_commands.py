"""The commands as a user types them: what they print, record and exit with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.cli.conftest import NOON, Project

AT_NOON = ("--now", NOON.isoformat())


def test_fresh_data_exits_0_and_is_recorded(project: Project) -> None:
    project.land("a.parquet", NOON, 1.0, 2.0)
    assert project("check", "rides", *AT_NOON) == 0
    assert "every blocking promise holds (exit 0, recorded)" in project.out
    assert project("status", *AT_NOON) == 0
    assert "pass  rides" in project.out


def test_stale_data_exits_1_and_says_by_how_much(project: Project) -> None:
    project.land("a.parquet", NOON - timedelta(hours=27), 1.0)
    assert project("check", "rides", *AT_NOON) == 1
    assert "DATA_STALE: The newest 'at' is 27h old" in project.out
    assert "runbook: https://runbooks.example.org/rides" in project.out


def test_a_subject_is_as_bad_as_what_it_stands_on(project: Project) -> None:
    project.land("a.parquet", NOON, None, 1.0)
    assert project("check", "pricing", *AT_NOON) == 1
    assert "NULL_LIMIT: 50.00% of 'fare' is null; the contract allows 10.00%." in project.out
    assert project("explain", "pricing", *AT_NOON) == 0
    assert "pricing → rides" in project.out


def test_data_that_cannot_be_read_exits_3(project: Project) -> None:
    assert project("check", "rides", *AT_NOON) == 3
    assert "SOURCE_UNREADABLE" in project.out


def test_an_unknown_name_exits_2_with_a_suggestion(project: Project) -> None:
    assert project("check", "ridez", *AT_NOON) == 2
    assert "Did you mean 'rides'?" in project.err


@pytest.mark.parametrize("now", ["yesterday", "2026-03-10T12:00:00"])
def test_an_instant_without_meaning_exits_2(project: Project, now: str) -> None:
    assert project("check", "rides", "--now", now) == 2
    assert "--now" in project.err


def test_a_store_that_cannot_be_used_exits_4(make_project: Callable[[str], Project]) -> None:
    project = make_project("store: sqlite:///contracts/rides.yaml\n")
    project.land("a.parquet", NOON, 1.0)
    assert project("check", "rides") == 4
    assert "rides.yaml" in project.err


def test_json_holds_what_the_table_says(project: Project) -> None:
    project.land("a.parquet", NOON, None, 1.0)
    found = project.json("check", "rides", *AT_NOON)
    assert found["exit_code"] == 1
    (dataset,) = found["datasets"]
    nulls = next(r for r in dataset["results"] if r["check"] == "nulls" and r["column"] == "fare")
    assert (nulls["status"], nulls["code"], nulls["observed"], nulls["limit"]) == (
        "fail",
        "NULL_LIMIT",
        0.5,
        0.1,
    )
    assert dataset["clocks"]["event_time"]["newest"] == NOON.isoformat()


def test_details_show_the_promises_that_are_kept(project: Project) -> None:
    project.land("a.parquet", NOON, 1.0)
    assert project("check", "rides", "--details", *AT_NOON) == 0
    assert "pass  freshness" in project.out
    assert "26h" in project.out


def test_without_a_simulated_store_another_instant_records_nothing(
    make_project: Callable[..., Project],
) -> None:
    project = make_project("")
    project.land("a.parquet", NOON, 1.0)
    assert project("check", "rides", *AT_NOON) == 0
    assert "not recorded" in project.out
    assert project.json("status", *AT_NOON)["datasets"][0]["results"][0]["code"] == "NO_EVIDENCE"


def test_a_real_store_records_a_look_at_the_present(make_project: Callable[..., Project]) -> None:
    project = make_project("")
    project.land("a.parquet", datetime.now(UTC), 1.0)
    assert project("check", "rides") == 0
    assert "(exit 0, recorded)" in project.out
    assert project("status") == 0
    assert "pass  rides" in project.out


def test_dry_run_reports_and_blocks_nothing(make_project: Callable[..., Project]) -> None:
    project = make_project("enforcement: dry_run\n")
    project.land("a.parquet", NOON - timedelta(days=30), 1.0)
    assert project("check", "rides", *AT_NOON) == 0
    assert "DATA_STALE" in project.out
    assert "a blocking promise is broken, but this only observes and blocks nothing (exit 0" in project.out
    assert project.json("check", "rides", *AT_NOON)["raw_exit_code"] == 1


def test_a_sample_is_judged_by_a_contract_file_and_recorded_nowhere(project: Project) -> None:
    sample = project.land("a.parquet", NOON, 1.0)
    code = project("check", "contracts/only.yaml", "--data", str(sample), *AT_NOON)
    assert code == 2
    (project.root / "only.yaml").write_text(
        (project.root / "contracts/rides.yaml").read_text().split("---")[0]
    )
    assert project("check", "only.yaml", "--data", str(sample), *AT_NOON) == 0
    assert "not recorded" in project.out
    assert not (project.root / ".featureguard").exists()


def test_old_evidence_is_unknown_and_never_shown_as_good(project: Project) -> None:
    project.land("a.parquet", NOON, 1.0)
    project("check", "rides", *AT_NOON)
    later = (NOON + timedelta(hours=2)).isoformat()
    assert project("status", "--now", later) == 0
    assert "unknown  rides" in project.out
    assert "EVIDENCE_EXPIRED" in project.out


def test_validate_needs_neither_data_nor_secrets(make_project: Callable[..., Project]) -> None:
    project = make_project("store: {env: NOT_SET_ANYWHERE}\n")
    assert project("validate") == 0
    assert project.out == "Valid: 1 dataset, 1 subject.\n"


def test_validate_tells_every_problem_with_file_and_line(project: Project) -> None:
    (project.root / "contracts" / "bad.yaml").write_text(
        "dataset: bad\nowner: x\nfreshnes: {max_age: 1h}\ntier: 9\n"
    )
    assert project("validate") == 2
    assert "bad.yaml:3" in project.err
    assert "Did you mean 'freshness'?" in project.err
    assert "bad.yaml:4" in project.err
    assert {p["line"] for p in project.json("validate")["problems"]} == {3, 4}


def test_a_code_is_explained(project: Project) -> None:
    assert project("explain", "NULL_SPIKE") == 0
    assert "what to do:" in project.out


def test_init_writes_a_project_that_validates_and_touches_nothing_that_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_project: Callable[..., Project]
) -> None:
    project = make_project()
    assert project("init", "new") == 0
    assert project("validate", "--project", "new") == 0
    assert project("init", "new") == 2
    assert "exists already" in project.err


def test_the_schema_is_json_schema(project: Project) -> None:
    assert project("schema") == 0
    assert json.loads(project.out)["$schema"].startswith("https://json-schema.org/")


def test_a_daemon_in_another_folder_opens_the_same_store(project: Project) -> None:
    project.land("a.parquet", NOON, 1.0)
    assert project("check", "rides", *AT_NOON) == 0
    command = [sys.executable, "-c", "from featureguard.cli import main; main()", "status", *AT_NOON]
    environ = {**os.environ, "FEATUREGUARD_PROJECT": str(project.root)}
    shown = subprocess.run(command, cwd="/", env=environ, capture_output=True, text=True, check=True)
    assert "pass  rides" in shown.stdout


def test_a_wrong_call_exits_2_and_says_what_is_possible(project: Project) -> None:
    assert project("check", "rides", "--wat") == 2
    assert "--data, --now" in project.err


def test_one_unreadable_source_is_told_once(project: Project) -> None:
    project("check", "rides", *AT_NOON)
    assert project.out.count("SOURCE_UNREADABLE") == 1
    assert "answered none" in project.out


def test_a_contract_that_promises_nothing_is_not_good(project: Project) -> None:
    (project.root / "contracts" / "idle.yaml").write_text(
        "dataset: idle\nowner: x\nsource: {kind: parquet, path: lake}\n"
    )
    project.land("a.parquet", NOON, 1.0)
    assert project("check", "idle", *AT_NOON) == 3
    assert "nothing is promised" in project.out


def test_a_judgement_of_the_past_believes_no_later_row(make_project: Callable[..., Project]) -> None:
    project = make_project("")
    now = datetime.now(UTC)
    project.land("a.parquet", now, 1.0)
    project.land("b.parquet", now - timedelta(days=2), 1.0)
    assert project("check", "rides") == 0
    past = (now - timedelta(hours=3)).isoformat()
    assert project("check", "rides", "--now", past) == 1
    assert "The newest 'at' is 45h" in project.out
    assert "not recorded" in project.out


def test_a_mistyped_code_is_corrected_and_the_version_is_told(project: Project) -> None:
    assert project("explain", "NULL_SPIK") == 2
    assert "Did you mean 'NULL_SPIKE'?" in project.err
    assert project("--version") == 0
    assert project.out.startswith("featureguard 0.")


def test_a_look_ahead_says_when_data_will_be_stale_and_records_nothing(
    make_project: Callable[..., Project],
) -> None:
    project = make_project("")
    now = datetime.now(UTC)
    project.land("a.parquet", now, 1.0)
    assert project("check", "rides", "--now", (now + timedelta(hours=25)).isoformat()) == 0
    assert project("check", "rides", "--now", (now + timedelta(hours=27)).isoformat()) == 1
    assert "DATA_STALE" in project.out
    assert "not recorded" in project.out
