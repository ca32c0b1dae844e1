"""What the online store holds is what Feast reads from it; what is missing is missing, and never 1970."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

pytest.importorskip("feast.protos", reason="feast (extra 'feast') is not installed")

from featureguard.errors import SourceUnreadableError
from featureguard.feature_registry import Repo, View, read_registry, read_repo
from featureguard.online_store import EVENT, open_online
from featureguard.online_store.keys import encode
from tests.feast_host.field import CUSTOMERS, DRIVERS, Field, quiet


@pytest.fixture
def filled(deployed: Field) -> Field:
    """Materialized, once for each deployment."""
    if not view_of(deployed, "customer_profile").intervals:
        begin, end = deployed.now - timedelta(days=1), deployed.now
        deployed.materialize(begin, end, "driver_stats", "customer_profile", "pairs", "fleet")
    return deployed


def view_of(field: Field, name: str) -> View:
    return read_registry(read_repo(field.folder, os.environ)).views[name]


def online(field: Field, name: str) -> pl.DataFrame:
    with open_online(read_repo(field.folder, os.environ)) as store:
        return pl.DataFrame(store.table(view_of(field, name)))


def test_every_entity_is_there_with_its_time_and_values(filled: Field) -> None:
    found = online(filled, "driver_stats").sort("driver_id")
    assert found["driver_id"].to_list() == list(range(DRIVERS))
    assert found[EVENT].unique().to_list() == [filled.now - timedelta(hours=1)]
    assert found["trips"].to_list() == list(range(DRIVERS))
    assert found["conv_rate"][50] == pytest.approx(50 / DRIVERS)


def test_keys_of_text_of_two_parts_and_of_none(filled: Field) -> None:
    customers = online(filled, "customer_profile")
    assert set(customers["customer_id"]) == {f"customer-{n}" for n in range(CUSTOMERS)}
    pairs = online(filled, "pairs").sort("driver_id")
    assert pairs.row(3, named=True)["customer_id"] == "customer-3"
    assert pairs["trips_together"].to_list() == [2] * CUSTOMERS
    fleet = online(filled, "fleet")
    assert (fleet.height, fleet["active"].to_list()) == (1, [7])


def test_it_is_what_feast_reads(filled: Field) -> None:
    ids = [0, 7, DRIVERS - 1, 5_000_000]
    with quiet():
        rows = [{"driver_id": one} for one in ids]
        names = ["driver_stats:trips", "driver_stats:conv_rate"]
        theirs = filled.store.get_online_features(names, rows).to_dict()
    ours = {one["driver_id"]: one for one in online(filled, "driver_stats").iter_rows(named=True)}
    assert [ours.get(one, {}).get("trips") for one in ids] == theirs["trips"]
    assert [ours.get(one, {}).get("conv_rate") for one in ids] == theirs["conv_rate"]


def test_named_entities_are_read_and_missing_ones_left_out(filled: Field) -> None:
    view = view_of(filled, "driver_stats")
    keys = [encode(view.join_keys, {"driver_id": one}) for one in (3, 5_000_000, 4)]
    with open_online(read_repo(filled.folder, os.environ)) as store:
        found = pl.DataFrame(store.of(view, keys))
    assert sorted(found["driver_id"]) == [3, 4]


def test_ages_alone_are_the_same_times(filled: Field) -> None:
    view = view_of(filled, "driver_stats")
    keys = [encode(view.join_keys, {"driver_id": one}) for one in (3, 5_000_000, 4)]
    with open_online(read_repo(filled.folder, os.environ)) as store:
        some, everything = store.ages(view, keys), pl.DataFrame(store.ages(view))
        table = pl.DataFrame(store.table(view))
        assert store.ages(view, []).num_rows == 0
    assert some.column_names == ["driver_id", EVENT]
    assert sorted(some["driver_id"].to_pylist()) == [3, 4]
    assert set(some[EVENT].to_pylist()) == {filled.now - timedelta(hours=1)}
    assert everything.sort("driver_id").equals(table.select("driver_id", EVENT).sort("driver_id"))


def test_ages_of_keys_of_text_of_two_parts_and_of_none(filled: Field) -> None:
    with open_online(read_repo(filled.folder, os.environ)) as store:
        for name, columns in (("pairs", ["driver_id", "customer_id"]), ("fleet", [])):
            view = view_of(filled, name)
            ages, table = pl.DataFrame(store.ages(view)), pl.DataFrame(store.table(view))
            assert ages.columns == [*columns, EVENT]
            assert ages.sort(ages.columns).equals(table.select(ages.columns).sort(ages.columns))


def test_a_user_of_redis_who_may_run_no_scripts_is_told_the_same_ages(servers: Field) -> None:
    import redis

    servers.materialize(servers.now - timedelta(days=1), servers.now, "driver_stats")
    repo = read_repo(servers.folder, os.environ)
    view, address = view_of(servers, "driver_stats"), str(repo.online["connection_string"])
    with redis.Redis.from_url(f"redis://{address}") as client:
        client.acl_setuser(
            "reader", enabled=True, passwords=["+word"], keys=["*"], commands=["+@all", "-@scripting"]
        )
    settings = {**repo.online, "connection_string": f"{address},username=reader,password=word"}
    with open_online(repo) as store, open_online(replace(repo, online=settings)) as limited:
        for _ in range(2):
            assert pl.DataFrame(limited.ages(view)).sort("driver_id").height == DRIVERS
        same = pl.DataFrame(store.ages(view)).sort("driver_id")
        assert pl.DataFrame(limited.ages(view)).sort("driver_id").equals(same)


def test_an_open_store_answers_after_its_server_cut_its_connections(filled: Field) -> None:
    view = view_of(filled, "driver_stats")
    with open_online(read_repo(filled.folder, os.environ)) as store:
        assert store.ages(view).num_rows == DRIVERS
        cut(filled)
        assert store.ages(view).num_rows == DRIVERS


def cut(field: Field) -> None:
    """End the connections of whoever reads."""
    settings = read_repo(field.folder, os.environ).online
    if field.kind == "redis":
        import redis

        with redis.Redis.from_url(f"redis://{settings['connection_string']}") as client:
            client.client_kill_filter(_type="normal", skipme=True)
    if field.kind == "postgres":
        import psycopg

        with psycopg.connect(host=settings["host"], user=settings["user"], dbname="postgres") as one:
            ours = "application_name = 'featureguard'"
            assert one.execute(
                f"select pg_terminate_backend(pid) from pg_stat_activity where {ours}"
            ).fetchall()


def test_an_entity_is_as_old_as_the_oldest_of_its_features(postgres_online: Field) -> None:
    import psycopg

    postgres_online.materialize(postgres_online.now - timedelta(days=1), postgres_online.now, "driver_stats")
    settings = read_repo(postgres_online.folder, os.environ).online
    where = "where feature_name = 'trips' and entity_key = %s"
    view = view_of(postgres_online, "driver_stats")
    keys = [encode(view.join_keys, {"driver_id": one}) for one in (1, 2, 3)]
    with psycopg.connect(host=settings["host"], user=settings["user"], dbname="postgres") as one:
        table = "update features.rides_pg_driver_stats set event_ts ="
        one.execute(f"{table} event_ts - interval '1.000001 s' {where}", [keys[0]])
        one.execute(f"{table} null {where}", [keys[1]])
    hour_old = postgres_online.now - timedelta(hours=1)
    expected = {1: hour_old - timedelta(seconds=1, microseconds=1), 2: None, 3: hour_old}
    with open_online(read_repo(postgres_online.folder, os.environ)) as store:
        for found in (store.ages(view, keys), store.of(view, keys)):
            assert dict(pl.DataFrame(found).select("driver_id", EVENT).iter_rows()) == expected
    postgres_online.materialize(postgres_online.now - timedelta(days=1), postgres_online.now, "driver_stats")


def test_a_sample_is_of_different_entities_each_as_likely(filled: Field) -> None:
    view = view_of(filled, "driver_stats")
    with open_online(read_repo(filled.folder, os.environ)) as store:
        some = [pl.DataFrame(store.sample(view, 50, seed))["driver_id"] for seed in range(20)]
        everything = pl.DataFrame(store.sample(view, 10_000))
    assert {one.n_unique() for one in some} == {50}
    assert everything.height == DRIVERS
    seen = pl.concat(some).n_unique()
    assert seen > 0.9 * DRIVERS  # 20 samples of a quarter miss one driver in 300.


def test_a_view_that_was_never_materialized_is_empty(filled: Field) -> None:
    assert online(filled, "idle").height == 0


def test_a_push_is_there_at_once_and_one_of_nothing_but_nulls_leaves_nothing(filled: Field) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    filled.push(7_001, at=now, zone="Y")
    filled.push(7_002, at=now, speed=float("nan"), zone=None)
    found = online(filled, "position").filter(pl.col("driver_id") > 7_000)
    assert found.select("driver_id", EVENT, "zone").rows() == [(7_001, now, "Y")]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "'rides' has no online store"),
        ({"type": "dynamodb"}, "of the type 'dynamodb' answers for named entities only"),
        ({"type": "redis", "redis_type": "redis_cluster"}, "'redis_cluster' cannot be read yet"),
        ({"type": "redis", "connection_string": "nonsense"}, "names no 'host:port'"),
        ({"type": "redis", "connection_string": "a:1,b:2"}, "names no single 'host:port'"),
        (
            {"type": "redis", "connection_string": "127.0.0.1:9,password=secret"},
            "cannot be reached: ConnectionError",
        ),
        ({"type": "sqlite", "path": "nowhere.db"}, "cannot be read: OperationalError"),
        (
            {
                "type": "postgres",
                "host": "127.0.0.1",
                "port": 9,
                "user": "me",
                "password": "secret",
                "database": "d",
            },
            "cannot be read: OperationalError",
        ),
    ],
)
def test_a_store_that_cannot_be_read_is_told_in_a_sentence(
    settings: dict[str, Any], told: str, tmp_path: Path
) -> None:
    pytest.importorskip("redis", reason="redis is not installed")
    pytest.importorskip("psycopg", reason="psycopg (extra 'postgres') is not installed")
    repo = Repo(tmp_path, "rides", {}, settings)
    view = View("driver_stats", "batch", {"driver_id": "INT64"}, {"trips": "INT64"})

    def read() -> None:
        with open_online(repo) as store:
            store.table(view)

    with pytest.raises(SourceUnreadableError) as caught:
        read()
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)
