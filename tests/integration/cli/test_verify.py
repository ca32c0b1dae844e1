"""`featureguard verify` and `replay`: can past decisions be believed?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.decision_world import damage, without_triggers
from tests.integration.cli.conftest import NOON, Project

NOW = ("--now", NOON.isoformat())


@pytest.fixture
def decided(project: Project) -> Project:
    """A project that recorded three decisions."""
    for action in ("train", "serve", "deploy"):
        project("gate", "pricing", "--for", action, *NOW)
    return project


def url(project: Project) -> str:
    return f"sqlite:///{project.root}/.featureguard/store.db"


def forge(project: Project, *statements: str) -> None:
    damage(url(project), *without_triggers(url(project)), *statements)


def test_an_untouched_chain_is_intact(decided: Project) -> None:
    assert decided("verify") == 0
    assert decided.out.startswith("3 records: the chain is intact.\nNo exported head was given")


def test_a_store_that_decided_nothing_is_intact(project: Project) -> None:
    assert project("verify") == 0
    assert project.out.startswith("0 records: the chain is intact.")


def test_an_export_is_verified_anywhere_against_a_head_that_was_kept_apart(
    decided: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path_factory.mktemp("away")
    chain, heads = str(away / "chain.jsonl"), str(away / "heads.jsonl")
    assert decided("verify", "--export", chain, "--write-head", heads) == 0
    monkeypatch.chdir(away)
    assert decided("verify", chain, "--heads", heads) == 0
    assert decided.out == "3 records: the chain is intact.\n"
    assert decided("verify", chain, "--export", "x") == 2


def test_an_export_that_lost_its_end_is_found_against_the_head_alone(decided: Project) -> None:
    decided("verify", "--export", "chain.jsonl", "--write-head", "heads.jsonl")
    file = Path("chain.jsonl")
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:2]))
    assert decided("verify", "chain.jsonl") == 0
    assert "whether its end was cut off cannot be seen" in decided.out
    assert decided("verify", "chain.jsonl", "--heads", "heads.jsonl") == 1
    assert "record 3: the chain ends before record 3" in decided.out


@pytest.mark.parametrize(
    ("forgery", "place", "said"),
    [
        ("UPDATE fg_decisions SET body = replace(body, 'hold', 'warn') WHERE sequence = 2", 2, "was changed"),
        (
            "UPDATE fg_decisions SET effective = 'allow' WHERE sequence = 3",
            3,
            "filed under another effective",
        ),
        ("DELETE FROM fg_decisions WHERE sequence = 1", 1, "record 1 is missing"),
    ],
)
def test_a_forged_store_is_broken_and_says_where(
    decided: Project, forgery: str, place: int, said: str
) -> None:
    forge(decided, forgery)
    assert decided("verify", "--write-head", "heads.jsonl") == 1
    assert f"  record {place}: " in decided.out
    assert said in decided.out
    assert "the chain is broken" in decided.out
    assert "Its end was not added to heads.jsonl" in decided.out
    assert not Path("heads.jsonl").exists()
    told = decided.json("verify")
    assert (told["intact"], told["faults"][0]["sequence"]) == (False, place)


def test_a_file_that_is_no_chain_exits_2(decided: Project) -> None:
    assert decided("verify", "contracts/rides.yaml") == 2
    assert "rides.yaml:1: this line is no exported decision" in decided.err
    assert decided("verify", "--heads", "missing.jsonl") == 2


def test_a_decision_replays_to_the_same_bytes(decided: Project) -> None:
    found = decided.json("gate", "pricing", "--for", "train", *NOW)["id"]
    assert decided("replay", found[:12]) == 0
    assert decided.out == (
        f"decision {found[:16]} about pricing and train (hold): deciding it anew gives the same bytes.\n"
    )
    assert decided.json("replay", found) == {"id": found, "same": True, "differences": []}


def test_a_forged_decision_replays_to_something_else(decided: Project) -> None:
    found = decided.json("gate", "pricing", "--for", "train", *NOW)["id"]
    forge(decided, 'UPDATE fg_decisions SET body = replace(body, \'"raw":"hold"\', \'"raw":"warn"\')')
    assert decided("replay", found) == 1
    assert 'raw: "warn" then, "hold" now' in decided.out
    assert "its seal does not fit" in json.dumps(decided.json("replay", found))


def test_an_unknown_decision_exits_2(decided: Project) -> None:
    assert decided("replay", "f" * 64) == 2
    assert decided("replay", "latest") == 2
