"""`featureguard gate` as a script and a person use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import NOON, Project

HOUR = timedelta(hours=1)
POLICY = "policy: default\nactions: {backfill: {repair: true}}\n"
GATE = [
    sys.executable,
    "-c",
    "from featureguard.cli import main; main()",
    "gate",
    "pricing",
    "--for",
    "train",
]


def at(moment: datetime) -> tuple[str, str]:
    return "--now", moment.isoformat()


def gate(project: Project, *more: str, action: str = "train", now: datetime = NOON) -> int:
    return project("gate", "pricing", "--for", action, *at(now), *more)


def answer(project: Project, *more: str, action: str = "train", now: datetime = NOON) -> dict[str, Any]:
    return project.json("gate", "pricing", "--for", action, *at(now), *more)


def recorded(project: Project) -> int:
    return int(project.json("verify")["decisions"])


@pytest.fixture
def fresh(project: Project) -> Project:
    """A project whose rides were fresh at noon."""
    (project.root / "contracts" / "policy.yaml").write_text(POLICY)
    project.land("a.parquet", NOON, 1.0, 2.0)
    assert project("check", "rides", *at(NOON)) == 0
    return project


@pytest.fixture
def stale(fresh: Project) -> Project:
    """The same project 27 hours later; nothing came since."""
    assert fresh("check", "rides", *at(NOON + 27 * HOUR)) == 1
    return fresh


LATE = NOON + 27 * HOUR


def break_store(project: Project) -> Path:
    """Put a folder in the place of the store."""
    file = project.root / ".featureguard" / "store.db"
    kept = file.rename(file.with_suffix(".kept"))
    file.mkdir()
    return kept


def test_fresh_data_exits_0_and_says_until_when(fresh: Project) -> None:
    assert gate(fresh) == 0
    assert fresh.out.startswith("pricing may train: allow  (at 2026-03-10 12:00 UTC, policy default)")
    assert "recorded; holds until 2026-03-10 13:00 UTC" in fresh.out


def test_stale_data_exits_1_and_says_why_where_and_what_to_do(stale: Project) -> None:
    assert gate(stale, now=LATE) == 1
    assert "pricing must not train: block" in stale.out
    assert "block  DATA_STALE: The newest 'at' is 27h old" in stale.out
    assert "pricing → rides" in stale.out
    assert "to do: " in stale.out
    assert "runbook: https://runbooks.example.org/rides" in stale.out
    assert "look again at 2026-03-11 15:05 UTC" in stale.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gate", "pricin", "--for", "train"), "Did you mean 'pricing'?"),
        (("gate", "pricing", "--for", "trian"), "Did you mean 'train'?"),
        (("gate", "pricing"), "--for"),
        (("gate", "pricing", "--for", "train", "--preview", "--key", "x"), "Ask one."),
        (("gate", "pricing", "--for", "train", "--key", "x", "--confirm", ""), "Ask one."),
        (("gate", "pricing", "--for", "train", "--key", ""), "Give it 1 to 200"),
        (("gate", "pricing", "--for", "train", "--confirm", ""), "is no decision's id"),
        (("gate", "pricing", "--for", "train", "--now", "noon"), "--now"),
    ],
)
def test_a_wrong_call_exits_2_and_records_nothing(
    fresh: Project, arguments: tuple[str, ...], said: str
) -> None:
    assert fresh(*arguments) == 2
    assert said in fresh.err
    assert recorded(fresh) == 0


def test_a_wrong_contract_exits_2(fresh: Project) -> None:
    (fresh.root / "contracts" / "bad.yaml").write_text("dataset: bad\nfreshnes: {}\n")
    assert gate(fresh) == 2


def test_missing_evidence_exits_3(project: Project) -> None:
    assert gate(project) == 3
    assert "pricing must wait to train: hold" in project.out
    assert "NO_EVIDENCE" in project.out


def test_a_store_that_cannot_be_opened_exits_3_and_says_that_nothing_was_recorded(fresh: Project) -> None:
    break_store(fresh)
    assert gate(fresh) == 3
    assert "hold   STORE_UNAVAILABLE" in fresh.out
    assert "NOT recorded" in fresh.out
    found = answer(fresh, "--confirm", "0" * 64)
    assert (found["id"], found["allowed"], found["exit_code"]) == (None, False, 3)
    assert gate(fresh, action="trian") == 2


def test_the_gate_never_blocks_the_way_out(fresh: Project) -> None:
    break_store(fresh)
    assert gate(fresh, action="backfill") == 0
    assert "pricing may, with warnings, backfill" in fresh.out
    assert "NOT recorded" in fresh.out


def test_a_preview_that_finds_no_store_exits_4(fresh: Project) -> None:
    break_store(fresh)
    assert gate(fresh, "--preview") == 4
    assert (fresh.out, "cannot be opened" in fresh.err) == ("", True)


def test_an_unexpected_error_exits_4_and_is_no_success(
    fresh: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("featureguard.deciding.assess", lambda *_: 1 / 0)
    assert gate(fresh) == 4
    assert "Unexpected ZeroDivisionError" in fresh.err
    assert recorded(fresh) == 0


def test_a_preview_records_nothing(stale: Project) -> None:
    assert gate(stale, "--preview", now=LATE) == 1
    assert "exit 1, only a preview" in stale.out
    assert recorded(stale) == 0


def test_one_key_is_one_decision_until_it_no_longer_holds(fresh: Project) -> None:
    first = answer(fresh, "--key", "nightly")
    assert answer(fresh, "--key", "nightly") == first | {"repeated": True}
    assert gate(fresh, "--key", "nightly", now=NOON + HOUR / 2) == 0
    assert f"decision {str(first['id'])[:16]} was recorded before; holds until" in fresh.out
    assert gate(fresh, "--key", "nightly", now=NOON + 2 * HOUR) == 3
    assert "no longer holds: confirm it, or ask with another key" in fresh.out
    late = answer(fresh, "--key", "nightly", now=NOON + 2 * HOUR)
    assert (late["effective"], late["expired"], late["allowed"], late["exit_code"]) == (
        "allow",
        True,
        False,
        3,
    )
    assert recorded(fresh) == 1


def test_a_decision_is_confirmed_for_the_same_thing_only(fresh: Project) -> None:
    first = str(answer(fresh)["id"])
    assert gate(fresh, "--confirm", first[:12]) == 0
    assert "confirmation " in fresh.out
    assert gate(fresh, "--confirm", first, action="deploy") == 2
    assert gate(fresh, "--confirm", first, now=NOON + 2 * HOUR) == 3
    assert recorded(fresh) == 3


def test_json_has_all_that_a_machine_needs(stale: Project) -> None:
    found = answer(stale, now=LATE)
    (reason,) = found["reasons"]
    assert {"id", "repeated", "expired", "exit_code", "allowed", "raw", "effective"} <= found.keys()
    assert {
        "valid_until",
        "look_again_at",
        "policy_digest",
        "evaluator",
        "contracts",
        "evidence",
    } <= found.keys()
    assert (reason["code"], reason["path"], reason["tier"]) == ("DATA_STALE", ["pricing", "rides"], 0)
    assert (reason["observed"], reason["limit"]) == (27 * 3_600, 26 * 3_600)


def test_another_instant_is_for_simulated_stores_and_previews(make_project: Callable[[str], Project]) -> None:
    project = make_project("")
    assert gate(project) == 2
    assert "ask for a preview" in project.err
    assert gate(project, "--preview") == 3


def test_a_script_goes_on_only_where_the_gate_allows(make_project: Callable[[str], Project]) -> None:
    project = make_project("")
    quoted = " ".join(f"'{part}'" for part in GATE)

    def script() -> str:
        environ = {**os.environ, "FEATUREGUARD_PROJECT": str(project.root)}
        command = f"{quoted} --json > answer.json && echo trained"
        done = subprocess.run(
            command, shell=True, cwd=project.root, env=environ, capture_output=True, text=True
        )
        return done.stdout

    assert script() == ""
    project.land("a.parquet", datetime.now(UTC), 1.0)
    assert project("check", "rides") == 0
    assert script() == "trained\n"
    assert json.loads((project.root / "answer.json").read_text())["effective"] == "allow"


def test_a_dry_run_project_says_what_it_would_have_done(make_project: Callable[[str], Project]) -> None:
    project = make_project(
        "store: {url: 'sqlite:///.featureguard/store.db', simulated: true}\nenforcement: dry_run\n"
    )
    assert gate(project) == 0
    assert "raw verdict hold, dry run: it blocks nothing" in project.out
