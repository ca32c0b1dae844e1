"""When the power goes, the embedded store has everything that it acknowledged, and is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest

pytest.importorskip("apsw", reason="apsw is not installed: there is no disk that can lose power")

from featureguard.chain import faults
from featureguard.store import Store, open_store, sqlite
from featureguard.store.intake import Batch, Reading
from tests.builders import HOUR, NOW
from tests.decision_builders import append, decision
from tests.integration.crash.disk import Disk, engine_on
from tests.thorough import often

PATH = "/store.db"
TRIALS = often(300)


@dataclass
class Trial:
    """What was acknowledged before the power went, and what of it is gone."""

    readings: set[Any] = field(default_factory=set)
    decisions: set[str] = field(default_factory=set)
    lost: int = 0


@contextmanager
def store_on(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store on a disk; it is never closed properly."""
    with monkeypatch.context() as patched:
        patched.setattr(sqlite, "create", lambda _: engine_on(disk, PATH))
        yield open_store(f"sqlite:///{PATH}", simulated=True)


def trial(
    files: dict[str, bytes], chance: Random, monkeypatch: pytest.MonkeyPatch, *, checkpoint_every: int = 30
) -> Trial:
    """Write, lose power somewhere, and look at what is left."""
    found, disk = Trial(), Disk(files)
    with store_on(disk, monkeypatch) as store:
        store._database.read(
            "be set up", lambda c: c.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {checkpoint_every}").all()
        )
        for number in range(chance.randrange(3, 25)):
            if chance.random() < 0.3:
                found.decisions.add(append(store, decision(number, key=f"run {number}")).link.seal)
            else:
                at = NOW + number * timedelta(seconds=1)
                newest = [at - HOUR + n * timedelta(microseconds=1) for n in range(chance.randrange(1, 9))]
                readings = [Reading("rides", "event_time", at, value, "worker") for value in newest]
                store.record_batches([Batch(readings)], _no_look)
                found.readings.update(newest)
    with store_on(disk.after_power_loss(chance), monkeypatch) as store:
        assert (
            store._database.read(
                "be examined", lambda c: c.exec_driver_sql("PRAGMA integrity_check").scalar()
            )
            == "ok"
        )
        assert list(faults(store.decisions.chain())) == []
        kept = {run.value for run in store.timeline("rides", "event_time")}
        links = {link.seal for link in store.decisions.chain()}
    found.lost = len(found.readings - kept) + len(found.decisions - links)
    return found


def _no_look(*_: object) -> Any:
    raise AssertionError("no look was sent")


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The files of a new store."""
    disk = Disk()
    with store_on(disk, monkeypatch) as store:
        store.close()
    return disk.files()


def test_on_the_disk_that_loses_power_the_store_sets_itself_up_as_on_any_other(
    fresh: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(pragma: str) -> Any:
        return store._database.read("be asked", lambda c: c.exec_driver_sql(f"PRAGMA {pragma}").scalar())

    with store_on(Disk(fresh), monkeypatch) as store:
        assert (told("journal_mode"), told("synchronous")) == ("wal", 2)  # 2 is FULL


def test_nothing_acknowledged_is_lost_when_the_power_goes(
    fresh: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [trial(fresh, Random(seed), monkeypatch) for seed in range(TRIALS)]
    assert sum(len(one.readings) + len(one.decisions) for one in found) > 20 * TRIALS
    assert sum(one.lost for one in found) == 0


def test_control_a_store_that_does_not_wait_for_the_disk_is_caught(
    fresh: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare: Callable[..., None] = sqlite.prepare

    def hasty(connection: Any, made: object) -> None:
        prepare(connection, made)
        connection.execute("PRAGMA synchronous = NORMAL")

    monkeypatch.setattr(sqlite, "prepare", hasty)
    found = [trial(fresh, Random(seed), monkeypatch) for seed in range(30)]
    assert sum(one.lost > 0 for one in found) > 15
