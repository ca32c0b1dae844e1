import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import create_engine

RECORDER = Path(__file__).with_name("recorder.py")
Recorder = subprocess.Popen[str]


def start(url: str, count: int, name: str, seed: str = "") -> Recorder:
    command = [sys.executable, "-W", "error", str(RECORDER), url, str(count), name, seed]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def go(recorders: list[Recorder]) -> list[str]:
    """Let them all record at once; what each of them complained about."""
    for recorder in recorders:
        assert recorder.stdout is not None
        assert recorder.stdout.readline() == "ready\n", recorder.communicate()
    for recorder in recorders:
        assert recorder.stdin is not None
        recorder.stdin.write("go\n")
        recorder.stdin.flush()
    return [recorder.communicate(timeout=120)[1] for recorder in recorders]


def empty(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in ("runs", "looks", "units", "summaries", "contracts", "fragments"):
            connection.exec_driver_sql(f"DELETE FROM fg_{table}")
    engine.dispose()


@pytest.mark.long
def test_four_processes_leave_the_same_bytes_as_one(
    store_url: str, store_contents: Callable[[str], str]
) -> None:
    assert go([start(store_url, 25, "worker")]) == [""]
    alone = store_contents(store_url)
    empty(store_url)
    assert store_contents(store_url) != alone
    assert go([start(store_url, 25, "worker", seed) for seed in "abcd"]) == [""] * 4
    assert store_contents(store_url) == alone


@pytest.mark.long
def test_many_writers_all_get_their_turn(store_url: str) -> None:
    names = ["one", "two", "three", "four"]
    assert go([start(store_url, 50, name) for name in names]) == [""] * 4
    engine = create_engine(store_url)
    with engine.connect() as connection:
        query = "SELECT recorder, count(*) FROM fg_looks GROUP BY recorder"
        counts = dict(tuple(row) for row in connection.exec_driver_sql(query))
    engine.dispose()
    assert counts == dict.fromkeys(names, 50)


def test_what_was_recorded_before_a_kill_is_kept_whole(store_url: str) -> None:
    recorder = start(store_url, 100_000, "worker")
    with ExitStack() as after:
        after.callback(recorder.communicate)
        after.callback(recorder.kill)
        assert recorder.stdout is not None
        assert recorder.stdin is not None
        recorder.stdin.write("go\n")
        recorder.stdin.flush()
        while recorder.stdout.readline() != "20\n":
            assert recorder.poll() is None
    assert go([start(store_url, 25, "worker")]) == [""]
    engine = create_engine(store_url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        halves = "SELECT count(*) FROM fg_looks WHERE id NOT IN (SELECT look FROM fg_units)"
        assert connection.exec_driver_sql(halves).scalar() == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM fg_looks").scalar() in range(25, 100_000)
    engine.dispose()


FORK = """
import os, sys
import pytest

from featureguard.store import open_store
with open_store(sys.argv[1]) as store:
    child = os.fork()
    told = [store.datasets() for _ in range(200)]
    if not child:
        os._exit(0)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_child_uses_connections_of_its_own(store_url: str) -> None:
    command = [sys.executable, "-W", "error", "-c", FORK, store_url]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
