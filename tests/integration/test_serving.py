"""What is kept between two pictures tells what would be found anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from featureguard.serving import fleet as fleets
from featureguard.serving.keeper import Keeper
from featureguard.serving.known import last_turn
from tests.builders import HOUR, NOW
from tests.decision_world import MINUTE, TICK, World, world


@pytest.fixture
def it(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as made:
        yield made


def keeper(it: World) -> Keeper:
    return Keeper(it.store, lambda: it.catalog, clock=lambda: it.now, stamp=lambda: id(it.catalog))


def differences(it: World, kept: Keeper) -> list[object]:
    """Where a glance differs from a decision, while a day passes in which much happens."""
    found: list[object] = []
    waiver = None
    for step in range(150):
        it.now += 10 * MINUTE
        if step % 31 == 12:
            it.go_stale()
        elif step % 13 == 0:
            it.look()
        if step in (14, 50):
            waiver = it.waive(lasts=2 * HOUR)
        if step == 54 and waiver:
            it.revoke(waiver)
        if step == 90:
            it.promise(freshness={"max_age": "30min"})
        fleet = kept.refresh()
        glance = fleet.glance("pricing")
        for action, decision in glance.items():
            anew = fleet.preview("pricing", action)
            if (decision.effective, decision.raw) != (anew.effective, anew.raw):
                found.append((step, action, decision.effective, anew.effective))
    return found


def test_a_glance_says_what_the_gate_would_say(it: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Kept for long, so that only facts and turns can make it true.
    monkeypatch.setattr(fleets, "GLANCES_LAST", timedelta(days=3))
    assert differences(it, keeper(it)) == []


def test_the_comparison_catches_glances_that_are_kept_too_long(
    it: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleets.Glance, "holds", lambda *_: True)
    assert differences(it, keeper(it)) != []


def test_a_glance_is_judged_anew_once_a_minute(it: World) -> None:
    kept = keeper(it)
    first = kept.refresh().glance("pricing")
    assert kept.refresh().glance("pricing") is first
    it.now += timedelta(seconds=61)
    assert kept.refresh().glance("pricing") is not first


def test_an_incident_is_open_from_the_look_on_that_saw_it(it: World) -> None:
    kept = keeper(it)
    known = kept.refresh().known["rides"]
    assert known.trouble(it.now).total.still_open == ()
    it.go_stale()
    [incident] = kept.refresh().known["rides"].trouble(it.now).total.still_open
    assert incident.code == "DATA_STALE"


@pytest.mark.parametrize("name", ["rides", "walks", "", "é"])
def test_turns_come_round_steadily(name: str) -> None:
    turn = last_turn(NOW, HOUR, name)
    assert NOW - HOUR < turn <= NOW
    assert last_turn(turn, HOUR, name) == turn
    assert last_turn(turn - TICK, HOUR, name) == turn - HOUR
    assert last_turn(turn + HOUR, HOUR, name) == turn + HOUR


def test_turns_of_many_names_are_spread() -> None:
    hours = [last_turn(NOW, HOUR, f"features_{n}") for n in range(1_000)]
    first = sum(one > NOW - HOUR / 2 for one in hours)
    assert 400 < first < 600


def test_words_that_promise_nothing_are_shown_once_they_are_changed(it: World) -> None:
    kept = keeper(it)
    kept.refresh()
    it.promise(description="All rides.", aliases={"airflow": "s3://lake/rides"})
    contract = kept.refresh().catalog.contracts["rides"]
    assert (contract.description, contract.aliases) == ("All rides.", {"airflow": "s3://lake/rides"})


def test_maintenance_counts_from_the_picture_on_that_follows_its_declaration(it: World) -> None:
    kept = keeper(it)
    kept.refresh()
    it.promise(maintenance=[{"start": NOW, "end": NOW + HOUR, "reason": "a move"}])
    assert kept.refresh().catalog.contracts["rides"].maintenance
