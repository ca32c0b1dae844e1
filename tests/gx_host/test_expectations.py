"""Our expectations judge a pandas frame and a table in a database alike, and as contracts do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import types
from sqlalchemy.dialects import mysql, postgresql

from featureguard.errors import MissingExtraError
from featureguard.scan import instants
from featureguard.windows import to_micros
from tests.gx_host.batches import Batches, Frames, Tables

gx = pytest.importorskip("great_expectations", reason="great-expectations (extra 'gx') is not installed")
pandas = pytest.importorskip("pandas")

from gx_featureguard import (
    ExpectFeatureToBeFresh,
    ExpectNullRateToBeWithinContract,
    ExpectSchemaToMatchContract,
)
from gx_featureguard.reading_sql import last_wall_time
from gx_featureguard.sql_types import arrow_type_of
from tests.thorough import often

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
NOW = datetime(2013, 2, 9, 12, tzinfo=UTC)
HOUR, MICROSECOND = timedelta(hours=1), timedelta(microseconds=1)


def rides(*ages: timedelta | None, **columns: list[Any]) -> Any:
    """A table with the time `at` of each row, written as UTC without a zone, as SQLite would keep it."""
    times = [None if age is None else (NOW - age).replace(tzinfo=None) for age in ages]
    return pandas.DataFrame({"at": pandas.Series(times, dtype="datetime64[us]"), **columns})


def fresh(**arguments: Any) -> ExpectFeatureToBeFresh:
    told = {"column": "at", "timezone": "UTC", "now": NOW.isoformat(), **arguments}
    return ExpectFeatureToBeFresh(**told)


def verdict(batch: Any, expectation: Any, **arguments: Any) -> tuple[bool, str, str | None, Any]:
    """Success, and our status, code and observed value."""
    result = batch.validate(expectation, **arguments)
    assert "details" in result.result, result.exception_info
    details = result.result["details"]
    return result.success, details["status"], details["code"], result.result["observed_value"]


def reason(batch: Any, expectation: Any) -> str:
    return str(batch.validate(expectation).result["details"]["reason"])


# -------------------------------------------------------------------------------------------- freshness
def test_the_newest_row_may_be_as_old_as_the_limit(batch: Batches) -> None:
    found = batch(rides(HOUR, 5 * HOUR))
    assert verdict(found, fresh(max_age="1h")) == (True, "pass", None, 3600.0)
    later = (NOW + MICROSECOND).isoformat()
    assert verdict(found, fresh(max_age="1h", now=later)) == (False, "fail", "DATA_STALE", 3600.000001)
    assert reason(found, fresh(max_age="30min")) == (
        "The newest 'at' is 1h old (2013-02-09 11:00 UTC); the contract allows 30min."
    )


def test_a_row_from_the_future_refreshes_nothing_and_is_told(batch: Batches) -> None:
    found = batch(rides(3 * HOUR, -HOUR))
    assert verdict(found, fresh(max_age="2h")) == (False, "fail", "DATA_STALE", 10800.0)
    result = found.validate(fresh(max_age="4h"))
    assert result.success
    assert result.result["details"]["notes"] == [
        "1 row of 'at' lies more than 5min ahead of the look; they refresh nothing."
    ]
    assert verdict(found, fresh(max_age="4h", future="block"))[:3] == (False, "fail", "DATA_FROM_FUTURE")


def test_a_little_ahead_is_not_the_future(batch: Batches) -> None:
    edge = timedelta(minutes=5)
    assert verdict(batch(rides(-edge)), fresh(max_age="1h")) == (True, "pass", None, 0.0)
    assert verdict(batch(rides(-edge - MICROSECOND)), fresh(max_age="1h"))[2] == "NEVER_ARRIVED"
    assert verdict(batch(rides(-2 * edge)), fresh(max_age="1h", skew_tolerance="1h"))[0]


@pytest.mark.parametrize("ages", [(), (None, None)], ids=["empty", "all null"])
def test_without_any_time_nothing_is_fresh(batch: Batches, ages: tuple[None, ...]) -> None:
    found = batch(rides(*ages, id=["a"] * len(ages)))
    assert verdict(found, fresh(max_age="1h")) == (False, "fail", "NEVER_ARRIVED", None)
    for share in ({}, {"entity": ["id"]}):
        success, status, _, _ = verdict(found, fresh(within="1h", at_least=0, **share))
        assert (success, status) in (
            (False, "fail"),
            (True, "pass") if ages and not share else (False, "fail"),
        )


def test_one_new_row_does_not_hide_the_old_ones(batch: Batches) -> None:
    found = batch(rides(HOUR, 30 * HOUR, 40 * HOUR, None))
    assert verdict(found, fresh(max_age="2h"))[0]
    assert verdict(found, fresh(within="2h", at_least=0.25)) == (True, "pass", None, 0.25)
    assert verdict(found, fresh(within="2h", at_least="26%")) == (False, "fail", "POPULATION_STALE", 0.25)


def test_entities_count_by_their_newest_row(batch: Batches) -> None:
    found = batch(
        rides(
            *(HOUR, 90 * HOUR, 3 * HOUR, 30 * HOUR, 9_000 * HOUR, HOUR, -9 * HOUR),
            id=["a", "a", "b", "c", "retired", None, "c"],
        )
    )
    expectation = fresh(within="3h", at_least=0.9, entity=["id"])
    assert verdict(found, expectation) == (False, "fail", "POPULATION_STALE", 2 / 3)
    assert "Oldest: id=c (30h); id=b (3h); id=a (1h)." in reason(found, expectation)
    longer = fresh(within="3h", at_least=0.5, entity=["id"], seen_within="400d")
    assert verdict(found, longer) == (True, "pass", None, 0.5)


def test_an_entity_can_have_several_columns(batch: Batches) -> None:
    found = batch(rides(HOUR, 9 * HOUR, 9 * HOUR, id=[1, 1, 2], town=["x", "y", "x"]))
    assert verdict(found, fresh(within="3h", at_least=0.3, entity=["id", "town"]))[3] == pytest.approx(1 / 3)


def test_a_key_of_a_database_can_be_of_any_kind(postgres: Tables) -> None:
    with postgres.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE keyed (id uuid, part numeric, at timestamp)")
        connection.exec_driver_sql(
            "INSERT INTO keyed VALUES (gen_random_uuid(), 1.5, '2013-02-09 11:00'),"
            " (gen_random_uuid(), 2, '2013-02-09 01:00')"
        )
    expectation = fresh(within="3h", at_least=0.5, entity=["id", "part"])
    assert verdict(postgres.table("keyed"), expectation) == (True, "pass", None, 0.5)


def test_times_without_a_zone_need_one(batch: Batches) -> None:
    found = batch(rides(HOUR))
    assert verdict(found, fresh(max_age="2h", timezone=None))[:3] == (False, "unknown", "EVIDENCE_PARTIAL")
    assert "declare its zone" in reason(found, fresh(max_age="2h", timezone=None))
    # The same wall time in New York is five hours later.
    assert verdict(found, fresh(max_age="2h", timezone="America/New_York"))[2] == "NEVER_ARRIVED"


def test_dates_are_midnights_of_the_zone(batch: Batches) -> None:
    days = [datetime(2013, 2, 8).date(), datetime(2013, 2, 9).date(), datetime(2013, 2, 11).date()]  # noqa: DTZ001
    found = batch(pandas.DataFrame({"at": days}))
    assert verdict(found, fresh(max_age="13h"))[3] == 12 * 3600
    assert verdict(found, fresh(max_age="13h", timezone="America/New_York"))[3] == 7 * 3600


def test_zoned_times_are_read_as_they_are(postgres: Tables) -> None:
    frame = rides(HOUR)
    frame["at"] = frame["at"].dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    assert verdict(postgres(frame), fresh(max_age="2h", timezone=None)) == (True, "pass", None, 3600.0)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"column": "nope", "max_age": "1h"}, "'nope' is missing."),
        ({"within": "1h", "at_least": 0.5, "entity": ["nope"]}, "'nope' is missing."),
        ({"column": "id", "max_age": "1h"}, "'id' is string, not a point in time."),
    ],
)
def test_what_cannot_be_measured_is_unknown_and_no_success(
    batch: Batches, arguments: dict[str, Any], what: str
) -> None:
    found = batch(rides(HOUR, id=["a"]))
    assert verdict(found, fresh(**arguments))[:2] == (False, "unknown")
    assert reason(found, fresh(**arguments)).replace("large_string", "string") == what


def test_text_that_sqlite_cannot_order_is_unknown(sqlite: Tables) -> None:
    with sqlite.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE strange (at TIMESTAMP)")
        connection.exec_driver_sql("INSERT INTO strange VALUES ('2013-02-09T11:59:00Z'), (NULL)")
    found = sqlite.table("strange")
    assert verdict(found, fresh(max_age="1h"))[:3] == (False, "unknown", "SOURCE_CORRUPT")
    assert reason(found, fresh(max_age="1h")).startswith("1 value of 'at' cannot be compared")


def test_a_query_tells_its_types_in_postgres_alone(sqlite: Tables, postgres: Tables) -> None:
    frame = rides(HOUR, 30 * HOUR, id=["a", "b"])
    for tables in (sqlite, postgres):
        found = tables.query(frame, "SELECT * FROM {table} WHERE id <> 'a'")
        expectations = [
            fresh(max_age="3h"),
            fresh(within="3h", at_least=0.5, entity=["id"], seen_within="40h"),
            ExpectNullRateToBeWithinContract(column="id", at_most=0),
            ExpectSchemaToMatchContract(columns={"at": "timestamp[us]", "id": "string"}),
        ]
        told = [verdict(found, expectation)[1] for expectation in expectations]
        assert told == (["unknown"] * 4 if tables is sqlite else ["fail", "fail", "pass", "pass"])
    empty = postgres.query(frame, "SELECT * FROM {table} WHERE id = 'c'")
    assert verdict(empty, fresh(max_age="3h"))[2] == "NEVER_ARRIVED"


def test_a_batch_can_be_a_day_of_a_table(postgres: Tables) -> None:
    asset = postgres.asset(rides(HOUR, 30 * HOUR))
    day = asset.add_batch_definition_daily("day", column="at")
    found = day.get_batch({"year": 2013, "month": 2, "day": 8})
    assert verdict(found, fresh(max_age="3h")) == (False, "fail", "DATA_STALE", 108_000.0)


def test_without_now_it_is_now(batch: Batches) -> None:
    frame = rides(HOUR)
    frame["at"] += datetime.now(UTC) - NOW
    expectation = ExpectFeatureToBeFresh(column="at", timezone="UTC", max_age="2h")
    assert verdict(batch(frame), expectation)[3] == pytest.approx(3600, abs=600)


def test_now_can_be_a_parameter(batch: Batches) -> None:
    found = batch(rides(HOUR))
    expectation = fresh(max_age="1h", now={"$PARAMETER": "now"})
    told = {"expectation_parameters": {"now": NOW.isoformat()}}
    assert verdict(found, expectation, **told) == (True, "pass", None, 3600.0)


@given(st.datetimes(datetime(2013, 1, 1), datetime(2014, 12, 31)), st.sampled_from([0, 1]))  # noqa: DTZ001
@settings(max_examples=often(200))
def test_the_last_wall_time_is_the_last_that_is_read_as_not_later(wall: datetime, fold: int) -> None:
    """As `scan` reads wall times; hours that clocks skip do not exist and are not asked for."""
    zone = ZoneInfo("America/New_York")
    for at in (wall, wall.replace(month=11, day=2 if wall.year == 2014 else 3, hour=1)):
        instant = at.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        last = last_wall_time(instant, zone)
        times = pa.table({"at": pa.array([last, last + MICROSECOND], pa.timestamp("us"))})
        (frame,) = instants(times.to_batches(), "at", zones={"at": zone.key})
        read, after = frame.get_column("at")
        assert read <= to_micros(instant) < after or _skipped(last, zone)


def _skipped(wall: datetime, zone: ZoneInfo) -> bool:
    there = wall.replace(tzinfo=zone) + MICROSECOND
    return there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != there.replace(tzinfo=None)


# ------------------------------------------------------------------------------------------------ nulls
@pytest.mark.parametrize(
    ("column", "arguments", "rate", "what"),
    [
        ("fare", {}, 0.25, "null"),
        ("fare", {"sentinels": [-999]}, 0.5, "null or a sentinel"),
        ("fare", {"sentinels": [-999], "covers": ["sentinel"]}, 0.25, "a sentinel"),
        ("fare", {"sentinels": ["-999", True]}, 0.25, "null"),
        ("town", {}, 0.25, "null"),
        ("town", {"covers": ["null", "empty"]}, 0.5, "null or empty"),
        ("town", {"sentinels": ["n/a", 3]}, 0.5, "null or a sentinel"),
        ("nope", {"optional": True}, 1.0, "null"),
    ],
)
def test_what_counts_as_no_value_is_what_the_contract_says(
    batch: Batches, column: str, arguments: dict[str, Any], rate: float, what: str
) -> None:
    found = batch(pandas.DataFrame({"fare": [1.0, None, -999.0, 4.0], "town": ["x", "", None, "n/a"]}))
    kept = ExpectNullRateToBeWithinContract(column=column, at_most=rate, **arguments)
    broken = ExpectNullRateToBeWithinContract(column=column, at_most=rate - 0.01, **arguments)
    assert verdict(found, kept) == (True, "pass", None, rate)
    assert verdict(found, broken) == (False, "fail", "NULL_LIMIT", rate)
    assert f" of '{column}' is {what}; the contract allows " in reason(found, broken)


def test_nan_is_counted_where_there_is_one(postgres: Tables) -> None:
    with postgres.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE nans (fare double precision)")
        connection.exec_driver_sql("INSERT INTO nans VALUES ('NaN'), (NULL), (1), (2)")
    found = postgres.table("nans")
    assert verdict(found, ExpectNullRateToBeWithinContract(column="fare", at_most=0.5))[3] == 0.5
    only_null = ExpectNullRateToBeWithinContract(column="fare", at_most=0.5, covers=["null"])
    assert verdict(found, only_null)[3] == 0.25


@pytest.mark.parametrize("column", ["fare", "nope"])
def test_no_rows_and_no_column_are_no_success(batch: Batches, column: str) -> None:
    empty = batch(pandas.DataFrame({"fare": pandas.Series([], dtype="float64")}))
    some = batch(pandas.DataFrame({"fare": [1.0]}))
    expectation = ExpectNullRateToBeWithinContract(column=column, at_most=1)
    assert verdict(empty, expectation)[:3] == (False, "unknown", "NO_EVIDENCE")
    assert verdict(some, expectation)[:2] == ((True, "pass") if column == "fare" else (False, "unknown"))


# ----------------------------------------------------------------------------------------------- schema
def test_a_reader_of_the_promised_types_can_read_the_data(batch: Batches) -> None:
    found = batch(rides(HOUR, id=[1], fare=[1.5], town=["x"]))
    promised = {"id": "int64", "fare": "float64", "town": "string", "at": "timestamp[us]"}
    expected = (True, "pass", None, "4 of 4 columns as promised")
    assert verdict(found, ExpectSchemaToMatchContract(columns=promised, mode="exact")) == expected
    fewer = {"id": "float32", "fare": None}
    assert verdict(found, ExpectSchemaToMatchContract(columns=fewer)) == (
        *(False, "fail", "SCHEMA_BREAKING"),
        "1 of 2 columns as promised",
    )
    assert reason(found, ExpectSchemaToMatchContract(columns=fewer)) == "id: float32 → int64."


def test_all_that_breaks_is_named(batch: Batches) -> None:
    found = batch(rides(HOUR, id=[1], fare=[1.5]))
    promised = {"id": "string", "tip": "float64", "at": "timestamp[us, tz=UTC]"}
    said = reason(found, ExpectSchemaToMatchContract(columns=promised, mode="exact"))
    for part in ("id: string → int64.", "'tip' is missing.", "at: timestamp[us, tz=UTC] → timestamp[us]."):
        assert part in said
    assert said.endswith("Columns that were not promised: fare.")
    lenient = ExpectSchemaToMatchContract(columns={"tip": "float64"}, optional=["tip"])
    assert verdict(found, lenient)[0]
    assert verdict(found, ExpectSchemaToMatchContract(columns=promised, mode="ignore"))[0]


def test_a_nested_column_breaks_at_its_smallest_path(frames: Frames) -> None:
    found = frames(pandas.DataFrame({"items": [[{"price": "dear", "id": 1}]]}))
    promised = {"items": "list<struct<id: int64, price: float64>>"}
    said = reason(found, ExpectSchemaToMatchContract(columns=promised))
    assert said == "items.element.price: float64 → string."


@pytest.mark.parametrize(
    ("found", "dialect", "arrow"),
    [
        (types.SMALLINT(), "postgresql", "int16"),
        (types.INTEGER(), "postgresql", "int32"),
        (types.INTEGER(), "sqlite", "int64"),
        (types.BIGINT(), "postgresql", "int64"),
        (mysql.TINYINT(), "mysql", "int8"),
        (types.REAL(), "postgresql", "float32"),
        (types.FLOAT(), "mysql", "float32"),
        (types.FLOAT(), "sqlite", "float64"),
        (postgresql.DOUBLE_PRECISION(), "postgresql", "float64"),
        (types.NUMERIC(10, 2), "postgresql", "decimal128(10, 2)"),
        (types.NUMERIC(), "postgresql", "NUMERIC"),
        (types.BOOLEAN(), "postgresql", "bool"),
        (types.DATE(), "postgresql", "date32"),
        (types.TIME(), "postgresql", "time64[us]"),
        (postgresql.TIMESTAMP(timezone=True), "postgresql", "timestamp[us, tz=UTC]"),
        (postgresql.TIMESTAMP(), "postgresql", "timestamp[us]"),
        (postgresql.UUID(), "postgresql", "uuid"),
        (postgresql.BYTEA(), "postgresql", "binary"),
        (postgresql.ARRAY(types.TEXT()), "postgresql", "list<string>"),
        (postgresql.JSONB(), "postgresql", "JSONB"),
        (types.NullType(), "sqlite", "NULL"),
        ("GEOMETRY", "sqlite", "GEOMETRY"),
    ],
)
def test_types_of_databases_have_names_in_arrow(found: Any, dialect: str, arrow: str) -> None:
    assert arrow_type_of(found, dialect) == arrow


# --------------------------------------------------------------------------------------- engines agree
AGES = st.one_of(st.none(), st.integers(-20, 40).map(lambda hours: timedelta(hours=hours)))
ROWS = st.lists(
    st.tuples(AGES, st.sampled_from(["a", "b", None]), st.sampled_from([None, 1.5, -999.0])), max_size=6
)


@given(ROWS)
@settings(max_examples=8, deadline=None)
def test_a_database_says_what_pandas_says(frames: Frames, sqlite: Tables, rows: list[Any]) -> None:
    ages, ids, fares = zip(*rows, strict=True) if rows else ((), (), ())
    frame = rides(*ages, id=list(ids), fare=pandas.Series(fares, dtype="float64"))
    both = frames(frame), sqlite(frame)
    for expectation in (
        fresh(max_age="3h"),
        fresh(within="3h", at_least=0.5),
        fresh(within="3h", at_least=0.5, entity=["id"], seen_within="30h"),
        ExpectNullRateToBeWithinContract(column="fare", at_most=0.5, sentinels=[-999]),
    ):
        told = [one.validate(expectation).result for one in both]
        assert told[0]["observed_value"] == told[1]["observed_value"]
        assert all(told[0]["details"][key] == told[1]["details"][key] for key in ("status", "code", "reason"))


# -------------------------------------------------------------------------------------------- arguments
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Give either 'max_age'"),
        ({"max_age": "1h", "within": "1h", "at_least": 0.5}, "For both write two expectations"),
        ({"max_age": "1h", "entity": ["id"]}, "'entity' goes with 'within'"),
        ({"within": "1h"}, "'within' needs 'at_least'"),
        ({"within": "1h", "at_least": 90}, "Write 90% if you mean percent"),
        ({"within": "1h", "at_least": True}, "at_least"),
        ({"within": "1h", "at_least": 0.5, "entity": []}, "needs 'entity'"),
        (
            {"within": "9h", "at_least": 0.5, "entity": ["id"], "seen_within": "1h"},
            "'seen_within' is shorter",
        ),
        ({"max_age": "1 m"}, "'max_age': '1 m': 'm' may mean minutes or months"),
        ({"max_age": 3600}, "max_age"),
        ({"max_age": "1h", "timezone": "Mars"}, "'Mars' is no IANA time zone"),
        ({"max_age": "1h", "now": "yesterday"}, "Write an instant with its zone"),
        ({"max_age": "1h", "now": "2013-02-09T12:00:00"}, "Write an instant with its zone"),
        ({"max_age": "1h", "future": "ignore"}, "future"),
        ({"max_age": "1h", "mostly": 0.9}, "mostly"),
    ],
)
def test_arguments_that_cannot_be_right_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="validation error") as raised:
        ExpectFeatureToBeFresh(column="at", **arguments)
    assert message in str(raised.value)


def only(**arguments: Any) -> dict[str, Any]:
    return arguments


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ExpectNullRateToBeWithinContract(column="a", at_most=5), "Write 5% if you mean percent"),
        (lambda: ExpectNullRateToBeWithinContract(**only(column="a")), "field required"),
        (
            lambda: ExpectNullRateToBeWithinContract(column="a", at_most=0, covers=["sentinel"]),
            "'sentinels' declares none",
        ),
        (lambda: ExpectNullRateToBeWithinContract(column="a", at_most=0, covers=["nil"]), "'nil' is none of"),
        (lambda: ExpectSchemaToMatchContract(columns={"a": "floaty"}), "Did you mean 'float64'?"),
        (lambda: ExpectSchemaToMatchContract(columns={}), "nothing is promised"),
        (lambda: ExpectSchemaToMatchContract(columns={"a": None}, optional=["b"]), "'optional' names 'b'"),
        (lambda: ExpectSchemaToMatchContract(**only(columns={"a": None}, mode="loose")), "mode"),
    ],
)
def test_so_are_those_of_the_others(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match="validation error") as raised:
        make()
    assert message in str(raised.value)


def test_a_parameter_that_cannot_be_right_is_no_success(frames: Frames) -> None:
    found = frames(rides(HOUR))
    expectation = fresh(max_age={"$PARAMETER": "age"})
    for age in ("1 m", None):
        try:
            result = found.validate(expectation, expectation_parameters={"age": age} if age else {})
        except Exception as error:  # GX's own: it stops at what it cannot fill in.
            assert "age" in str(error)  # noqa: PT017
        else:
            assert not result.success


def test_severity_is_what_it_was_set_to(frames: Frames) -> None:
    suite = gx.ExpectationSuite(name="rides", expectations=[fresh(max_age="30min", severity="warning")])
    found = frames(rides(HOUR)).validate(suite)
    assert not found.success
    assert found.get_max_severity_failure() == "warning"


@pytest.mark.parametrize(
    "kind", [ExpectFeatureToBeFresh, ExpectNullRateToBeWithinContract, ExpectSchemaToMatchContract]
)
def test_the_gallery_has_a_schema(kind: Any) -> None:
    found = kind.schema()
    told = found["properties"]["metadata"]["properties"]
    assert told["expectation_type"]["const"] == kind.expectation_type
    assert told["short_description"]["const"].endswith(".")
    assert told["supported_data_sources"]["const"] == ["Pandas", "SQLite", "PostgreSQL"]
    assert all(found["properties"][name].get("description") for name in kind.args_keys)


def test_a_suite_survives_its_json() -> None:
    made = [
        fresh(within="3h", at_least="90%", entity=["id"]),
        ExpectNullRateToBeWithinContract(column="fare", at_most=0.5, sentinels=[-999, "n/a"]),
        ExpectSchemaToMatchContract(columns={"fare": "float64", "id": None}, mode="exact"),
    ]
    suite = gx.ExpectationSuite(name="rides", expectations=made)
    again = gx.ExpectationSuite(**suite.to_json_dict())
    assert again.expectations == suite.expectations


def test_without_gx_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib
    import sys

    package = importlib.import_module("gx_featureguard")
    monkeypatch.setitem(sys.modules, "great_expectations", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'featureguard\[gx\]'"):
        importlib.reload(package)
