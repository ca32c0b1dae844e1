"""Every way in which an online store is known to be wrong is planted, found, named and explained.

Stores are wrong in ways of their own: Redis keeps the newest event time, others the last write.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

pytest.importorskip("feast.protos", reason="feast (extra 'feast') is not installed")

from featureguard.feast.skew import State
from featureguard.feast.truth import Truth, truth_of
from featureguard.feature_registry import read_registry, read_repo
from featureguard.online_store import open_online
from featureguard.result import Code
from featureguard.sources.feast import OfflineSource
from tests.feast_host.field import CUSTOMERS, DRIVERS, Field, made

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(
    scope="module",
    params=["sqlite", *(pytest.param(one, marks=pytest.mark.postgres) for one in ("redis", "postgres"))],
)
def planted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """A repository in which everything is wrong that can be."""
    folder = tmp_path_factory.mktemp("planted") / "repo"
    registry = {"path": "data/registry.db"}
    online = {"type": "sqlite", "path": "data/online.db"}
    if request.param == "redis":
        registry = {"registry_type": "sql", "path": f'"{request.getfixturevalue("postgres_url")}"'}
        address = request.getfixturevalue("redis_address")
        online = {"type": "redis", "connection_string": f'"{address}"'}
    if request.param == "postgres":
        online = request.getfixturevalue("postgres_settings")
    found = made(folder, request.param, registry, online, project="planted")
    plant(found)
    yield found
    found.close()


def plant(at: Field) -> None:
    now = at.now
    at.materialize(now - 24 * HOUR, now - 30 * MINUTE, "driver_stats", "customer_profile", "pairs")
    row: dict[str, Any] = {"conv_rate": 0.9, "acc_rate": 0.9, "trips": 9, "created": now}
    late = now - 40 * MINUTE
    at.add("driver_stats", driver_id=43, event_timestamp=late, **row)  # before what was materialized
    at.add("driver_stats", driver_id=9_001, event_timestamp=late, **row)  # a new driver, as late
    at.add("driver_stats", driver_id=42, event_timestamp=now - HOUR, **row)  # a correction of the same time
    at.materialize_incremental(now, "driver_stats")
    at.materialize(now - 70 * MINUTE, now - 50 * MINUTE, "driver_stats")  # brings corrections, no late rows
    rows = at.read("driver_stats")
    kept = rows.filter(pc.not_equal(rows["driver_id"], 44))
    pq.write_table(kept, at.folder / "data" / "driver_stats.parquet")  # a driver who is no more
    at.materialize_incremental(now + 10 * HOUR, "customer_profile")  # a job that runs on old data
    at.push(*range(1, 100), at=now - HOUR)
    at.push(0, at=now + 150 * MINUTE)
    at.push(5, at=now + timedelta(days=400))
    at.push(5, at=now)


def look(at: Field, name: str, now: datetime, within: timedelta = 2 * HOUR, sample: int = 10_000) -> Truth:
    repo = read_repo(at.folder, os.environ)
    view = read_registry(repo).views[name]
    rows = OfflineSource(str(at.folder), name, None, {}).snapshot()
    with open_online(repo) as store:
        return truth_of(view, store, rows, now=now, within=within, sample=sample)


def told(truth: Truth, code: Code) -> str:
    """The findings of a kind, in one text."""
    return " ".join(one.text for one in truth.findings if one.code is code)


def test_a_late_row_that_incremental_materialization_lost(planted: Field) -> None:
    found = look(planted, "driver_stats", planted.now)
    behind = found.comparison.groups[State.BEHIND]
    assert (behind.examples, behind.lag) == (({"driver_id": 43},), 20 * MINUTE)
    assert "(driver_id=43) are older than offline, by up to 20min: rows that came late" in told(
        found, Code.ONLINE_SKEW
    )


def test_an_entity_that_never_came_online(planted: Field) -> None:
    found = look(planted, "driver_stats", planted.now)
    assert found.comparison.groups[State.MISSING].examples == ({"driver_id": 9_001},)
    assert "PRESENT with the time 1970" in told(found, Code.ONLINE_SKEW)


def test_an_entity_that_has_no_offline_rows_any_more(planted: Field) -> None:
    found = look(planted, "driver_stats", planted.now)
    assert found.comparison.groups[State.ORPHAN].examples == ({"driver_id": 44},)


def test_a_correction_of_the_same_time_is_never_taken_by_redis(planted: Field) -> None:
    found = look(planted, "driver_stats", planted.now)
    assert found.comparison.count(State.MISMATCH) == (1 if planted.kind == "redis" else 0)
    assert ("which Redis does not for equal times" in told(found, Code.ONLINE_SKEW)) == (
        planted.kind == "redis"
    )


def test_everything_else_is_equal(planted: Field) -> None:
    found = look(planted, "driver_stats", planted.now).comparison
    wrong = 4 if planted.kind == "redis" else 3
    assert found.count(State.EQUAL) == DRIVERS + 1 - wrong
    assert sum(group.count for group in found.groups.values()) == DRIVERS + 1


def test_a_future_time_freezes_a_key_of_redis(planted: Field) -> None:
    found = look(planted, "position", planted.now + 3 * HOUR)
    assert found.comparison.count(State.FUTURE) == (1 if planted.kind == "redis" else 0)
    assert ("takes nothing newer" in told(found, Code.DATA_FROM_FUTURE)) == (planted.kind == "redis")


def test_one_fresh_row_hides_no_stale_entities(planted: Field) -> None:
    found = look(planted, "position", planted.now + 3 * HOUR)
    assert found.newest == planted.now + 150 * MINUTE  # The newest is half an hour old,
    assert (found.comparison.fresh.good, found.comparison.fresh.of) == (1, DRIVERS)  # and nobody else's is.
    assert told(found, Code.DATA_STALE) == ""


def test_what_is_served_beyond_its_ttl(planted: Field) -> None:
    found = look(planted, "pairs", planted.now + 90 * MINUTE)
    assert found.comparison.expired.count == CUSTOMERS
    assert "older than the ttl of 2h and served all the same" in told(found, Code.TTL_EXCEEDED)


def test_a_job_that_runs_while_the_data_does_not_move(planted: Field) -> None:
    found = look(planted, "customer_profile", planted.now + 10 * HOUR + MINUTE)
    assert found.feast_age == MINUTE  # What Feast's own gauge says.
    assert "The job runs, the data does not move: materialization ended 1min ago" in told(
        found, Code.DATA_STALE
    )
    assert "is 11h 1min old; 2h is allowed" in told(found, Code.DATA_STALE)


def test_pushes_that_stopped(planted: Field) -> None:
    found = look(planted, "position", planted.now + 10 * HOUR)
    assert found.feast_age is None
    assert "Pushes have stopped: the newest event of 'position' online is 7h 30min old" in told(
        found, Code.DATA_STALE
    )


def test_what_was_never_materialized(planted: Field) -> None:
    found = look(planted, "idle", planted.now)
    assert told(found, Code.NEVER_ARRIVED) == "Nothing of 'idle' is online: it was never materialized."
    assert found.comparison.fresh.value == 0.0


def test_a_sample_says_what_the_whole_is_like(planted: Field) -> None:
    found = look(planted, "position", planted.now + 3 * HOUR, within=5 * HOUR, sample=60)
    assert not found.whole
    truth = look(planted, "position", planted.now + 3 * HOUR, within=5 * HOUR).comparison.fresh.value
    interval = found.comparison.fresh.interval
    assert truth is not None
    assert interval is not None
    assert interval[0] - 0.1 < truth < interval[1] + 0.1
    assert found.comparison.fresh.of == 60
