"""`featureguard waive` as people use it."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.cli.conftest import NOON, Project

LATE = NOON + timedelta(hours=27)
NOW = ("--now", LATE.isoformat())
GATE = ("gate", "pricing", "--for", "train", *NOW)
TWO = ("--by", "ann", "--approved-by", "bob")


@pytest.fixture
def stale(project: Project) -> Project:
    """A project whose rides are 27 hours old, an hour too old."""
    project.land("a.parquet", NOON, 1.0)
    assert project("check", "rides", *NOW) == 1
    return project


def waive(project: Project, *more: str, until: str = "9h") -> int:
    told = ("--code", "DATA_STALE", "--reason", "vendor [down]", "--until", until)
    return project("waive", "add", "--dataset", "rides", *told, *NOW, *more)


def the_one(project: Project) -> dict[str, Any]:
    (found,) = project.json("waive", "list", "--all", *NOW)["waivers"]
    return dict(found)


def test_a_waiver_lets_the_gate_warn_and_is_shown_with_it(stale: Project) -> None:
    assert stale(*GATE) == 1
    assert waive(stale, *TWO, "--ticket", "OPS-1") == 0
    assert "ann and bob (unverified)" in stale.out
    assert "Nobody proved who they are here" in stale.out
    assert stale(*GATE) == 0
    assert "raw verdict block" in stale.out
    assert "until 2026-03-12 00:00 UTC: vendor [down], OPS-1" in stale.out


def test_a_revoked_waiver_stays_listed_and_covers_nothing(stale: Project) -> None:
    waive(stale, *TWO)
    given = the_one(stale)["id"]
    assert stale("waive", "revoke", given, "--reason", "up again", "--by", "cat", *NOW) == 0
    assert "revoked by cat" in stale.out
    assert stale(*GATE) == 1
    assert "was revoked by cat" in stale.out
    assert the_one(stale)["state"] == "revoked"
    assert stale("waive", "list", *NOW) == 0
    assert stale.out == "No waiver holds at 2026-03-11 15:00 UTC.\n"
    assert stale("waive", "revoke", given[:-1], "--reason", "x", *NOW) == 2
    assert f"Did you mean '{given}'?" in stale.err


def test_a_waiver_ends_by_itself(stale: Project) -> None:
    waive(stale, *TWO, until="30min")
    late = ("--now", (LATE + timedelta(minutes=30)).isoformat())
    assert stale("gate", "pricing", "--for", "train", *late) == 1
    assert "expired at 2026-03-11 15:30 UTC" in stale.out
    assert stale.json("waive", "list", *late)["waivers"] == []


@pytest.mark.parametrize("until", ["9h", "2026-03-12T00:00:00Z", "2026-03-12T02:00:00+02:00", "PT9H"])
def test_its_end_is_an_instant_or_how_long_from_now(stale: Project, until: str) -> None:
    assert waive(stale, *TWO, until=until) == 0
    assert the_one(stale)["until"] == "2026-03-12T00:00:00Z"


@pytest.mark.parametrize(
    "until", ["9", "2026-03-12", "2026-03-12T00:00:00", "tomorrow", "-9h", "2026-03-01T00:00:00Z"]
)
def test_an_end_without_meaning_exits_2(stale: Project, until: str) -> None:
    assert (
        stale(
            "waive",
            "add",
            "--dataset",
            "rides",
            "--code",
            "DATA_STALE",
            "--reason",
            "x",
            *TWO,
            *NOW,
            f"--until={until}",
        )
        == 2
    )
    assert stale("waive", "list", "--all") == 0
    assert stale.out == "No waiver.\n"


@pytest.mark.parametrize(
    ("bound", "means", "told", "verdict"),
    [
        ("28h", 100_800, "28h", 0),
        ("60", 60, "1min", 1),
        ("30%", 0.3, "0.3s", 1),
        ("1.08e5", 108_000, "30h", 0),
    ],
)
def test_a_bound_is_an_age_a_share_or_a_number(
    stale: Project, bound: str, means: float, told: str, verdict: int
) -> None:
    assert waive(stale, *TWO, "--bound", bound) == 0
    assert f"DATA_STALE up to {told}" in " ".join(stale.out.split())
    assert the_one(stale)["bound"] == means
    assert stale(*GATE) == verdict


@pytest.mark.parametrize("bound", ["wide", "5%%", "nan", "inf", "9 lightyears", "%", ""])
def test_a_bound_without_meaning_exits_2(stale: Project, bound: str) -> None:
    assert waive(stale, *TWO, "--bound", bound) == 2
    assert "bound" in stale.err


def test_tier_0_needs_two_people(stale: Project) -> None:
    assert waive(stale, "--by", "ann") == 2
    assert "Tier 0 needs a second person" in stale.err
    assert waive(stale, "--by", "ann", "--approved-by", "Ann") == 2
    assert stale.json("waive", "list", "--all")["waivers"] == []


def test_it_is_given_by_whoever_is_logged_in_if_nobody_is_named(
    stale: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert waive(stale, "--approved-by", "bob the second") == 0
    assert the_one(stale)["by"] == getpass.getuser()

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1000660000")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert waive(stale, "--approved-by", "bob") == 2
    assert "Say it with --by." in stale.err


def test_json_shows_what_was_given(stale: Project) -> None:
    assert waive(stale, *TWO, "--column", "at", "--json") == 0
    found = the_one(stale)
    assert (found["dataset"], found["codes"], found["column"]) == ("rides", ["DATA_STALE"], "at")
    assert (found["state"], found["verified"], list(found["digests"])) == ("holds", False, ["rides"])


def test_a_waiver_is_given_now(make_project: Callable[[str], Project]) -> None:
    project = make_project("")
    assert waive(project, *TWO) == 2
    assert "A waiver is given now" in project.err
    assert project("waive", "revoke", "x", "--reason", "x", *NOW) == 2
