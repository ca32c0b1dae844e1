"""Offline rows that are no Parquet files come through Feast: whole, or with one clear error."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("feast.protos", reason="feast (extra 'feast') is not installed")

from featureguard.errors import SourceUnreadableError
from featureguard.feature_registry import BatchSource, Repo, View, by_feast
from featureguard.sources.by_feast import rows_by_feast
from featureguard.sources.feast import OfflineSource

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
_SETTINGS = """project: rides
provider: local
registry: registry.db
online_store: null
offline_store:
{offline}
entity_key_serialization_version: 3
"""
_DEFINITIONS = """
from datetime import timedelta
from feast import Entity, FeatureView, Field, ValueType
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import PostgreSQLSource
from feast.types import Float64, Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
time = {"timestamp_field": "at", "created_timestamp_column": "written"}


def view(name, source, entities):
    fields = [Field(name="trips", dtype=Int64), Field(name="rate", dtype=Float64)]
    return FeatureView(name=name, entities=entities, ttl=timedelta(days=1), source=source, schema=fields)


mapping = {"number_of_trips": "trips"}
table = PostgreSQLSource(name="a", table="stats", field_mapping=mapping, **time)
by_table = view("by_table", table, [driver])
query = "select driver_id, number_of_trips as trips, rate, at, written from stats where driver_id < 2"
by_query = view("by_query", PostgreSQLSource(name="b", query=query, **time), [driver])
total = "select number_of_trips as trips, rate, at, written from stats where driver_id = 1"
of_all = view("of_all", PostgreSQLSource(name="c", query=total, **time), [])
gone = view("gone", PostgreSQLSource(name="d", table="nowhere", **time), [driver])
"""


@pytest.fixture(scope="module")
def tables(
    tmp_path_factory: pytest.TempPathFactory, postgres_settings: dict[str, str], postgres_url: str
) -> Path:
    """A repository whose offline rows are in PostgreSQL."""
    pytest.importorskip("feast", reason="feast (extra 'feast') is not installed")
    import psycopg

    settings = postgres_settings | {"db_schema": "offline"}
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("create schema offline")
        columns = "driver_id bigint, number_of_trips bigint, rate float8, at timestamptz, written timestamptz"
        connection.execute(f"create table offline.stats ({columns})")
        rows = [(n, n, None if n == 2 else n / 4, NOW - timedelta(hours=n), NOW) for n in range(4)]
        with connection.cursor() as cursor:
            cursor.executemany("insert into offline.stats values (%s, %s, %s, %s, %s)", rows)
            cursor.execute("insert into offline.stats values (9, 9, 9, null, null)")
    folder = tmp_path_factory.mktemp("tables")
    block = "\n".join(f"    {name}: {value}" for name, value in settings.items())
    (folder / "feature_store.yaml").write_text(_SETTINGS.format(offline=block))
    (folder / "stats.py").write_text(_DEFINITIONS)
    feast = str(Path(sys.executable).with_name("feast"))
    command = [feast, "apply", "--skip-source-validation"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


pytestmark = pytest.mark.postgres


def rows(folder: Path, view: str) -> pl.DataFrame:
    snapshot = OfflineSource(str(folder), view, None, {}).snapshot()
    assert snapshot.id is None  # Nobody knows whether a table is the same.
    (fragment,) = snapshot.fragments
    columns = list(fragment.statistics().columns)
    return pl.concat([pl.DataFrame(one) for one in fragment.batches(columns)])


def test_rows_of_a_table_are_all_there_as_the_table_names_them(tables: Path) -> None:
    found = rows(tables, "by_table").sort("driver_id")
    assert set(found.columns) == {"driver_id", "number_of_trips", "rate", "at", "written"}
    assert found["driver_id"].to_list() == [0, 1, 2, 3]  # Feast gives none without an event time.
    assert found["rate"].to_list() == [0.0, 0.25, None, 0.75]
    assert found["number_of_trips"].to_list() == [0, 1, 2, 3]
    times = found["at"].dt.replace_time_zone("UTC") if found["at"].dtype == pl.Datetime("us") else found["at"]
    assert times.to_list() == [NOW - timedelta(hours=n) for n in range(4)]


def test_rows_of_a_query_and_of_a_view_without_entities(tables: Path) -> None:
    assert sorted(rows(tables, "by_query")["trips"]) == [0, 1]
    assert rows(tables, "of_all")["trips"].to_list() == [1]


def test_nothing_is_left_behind(tables: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert rows(tables, "by_query").height == 2
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_is_not_there_is_told_in_a_sentence(tables: Path) -> None:
    with pytest.raises(SourceUnreadableError) as caught:
        rows(tables, "gone")
    told = str(caught.value)
    assert told.startswith("Feast cannot read the rows of the feature view 'gone' (a PostgreSQLSource) (")
    assert "unused" not in told  # the password


def test_feast_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_feast, "PATIENCE_SECONDS", 0.1)
    view = View("stats", "batch", batch_source=BatchSource("a", "PostgreSQLSource", "at", table="stats"))
    with pytest.raises(SourceUnreadableError, match=r"\(a PostgreSQLSource\) within 0\.1 s"):
        rows_by_feast(Repo(tmp_path, "rides", {}, offline_type="postgres"), view)


def test_files_that_feast_would_take_for_parquet_are_refused(tmp_path: Path) -> None:
    """Its store `dask` reads the folder of a Delta table with the files that Delta has deleted."""
    view = View("stats", "batch", batch_source=BatchSource("a", "FileSource", "at", "stats/", "delta"))
    with pytest.raises(SourceUnreadableError, match="takes every file for Parquet"):
        rows_by_feast(Repo(tmp_path, "rides", {}), view)
