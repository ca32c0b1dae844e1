"""A suite written from a contract fails exactly where the contract fails."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureguard.contract import Contract
from featureguard.guard import check
from featureguard.result import Status
from featureguard.suites.translating import to_suites
from tests.gx_host.batches import Frames, Tables

gx = pytest.importorskip("great_expectations", reason="great-expectations (extra 'gx') is not installed")
pandas = pytest.importorskip("pandas")

import gx_featureguard  # noqa: F401  (it makes GX know our types)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
NOW = datetime(2013, 2, 9, 12, tzinfo=UTC)
CONTRACT = Contract.model_validate(
    {
        "dataset": "rides",
        "owner": "me@example.org",
        "time": {"event": "at", "timezone": "UTC"},
        "judge": {"per": "all"},
        "schema": {
            "mode": "exact",
            "columns": {
                "id": {"type": "string", "nullable": False},
                "town": {"type": "string", "nulls": "40%", "values": ["Oslo", "Bergen"]},
                "fare": {
                    "type": "float64",
                    "nulls": {"at_most": "20%", "sentinels": [-1]},
                    "range": [-1, 100],
                },
                "at": "timestamp[us]",
            },
        },
        "freshness": {
            "max_age": "30h",
            "warn_age": "2h",
            "population": {"entity": ["town"], "within": "30h", "at_least": "50%"},
        },
        "volume": {"at_least": 2},
        "keys": {"unique": ["id", "town"]},
    }
)
AGES = st.one_of(st.none(), st.sampled_from([-9, 1, 2, 3, 30, 31, 900]))
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]),
        st.sampled_from(["Oslo", "Bergen", "", None]),
        st.sampled_from([None, -1.0, 0.0, 100.0, 101.0]),
        AGES,
    ),
    min_size=1,
    max_size=8,
)


def frame_of(rows: list[tuple[Any, ...]]) -> Any:
    ids, towns, fares, ages = zip(*rows, strict=True)
    at = [None if age is None else pandas.Timestamp(NOW) - pandas.Timedelta(hours=age) for age in ages]
    return pandas.DataFrame(
        {
            "id": pandas.Series(ids, dtype="object"),
            "town": pandas.Series(towns, dtype="object"),
            "fare": pandas.Series(fares, dtype="float64"),
            "at": pandas.Series(at, dtype="datetime64[us, UTC]").dt.tz_localize(None),
        }
    )


def promise_of(check_name: str, column: str | None) -> str:
    """The place in the contract that a check is about."""
    if check_name in ("nulls", "range", "values"):
        nullable = check_name == "nulls" and not CONTRACT.columns[str(column)].nullable
        return f"schema.columns.{column}.{'nullable' if nullable else check_name}"
    ages = {"freshness": "max_age", "freshness_warn": "warn_age", "population": "population"}
    return f"freshness.{ages[check_name]}" if check_name in ages else check_name


def by_contract(frame: Any) -> dict[str, bool]:
    """Whether each promise holds; one about rows of which there are none to judge is left out."""
    results = [one for one in check(CONTRACT, frame, now=NOW).results if one.check != "future"]
    found: dict[str, bool] = {}
    for one in results:
        if one.status is not Status.UNKNOWN:
            place = promise_of(one.check, one.column)
            found[place] = found.get(place, True) and one.status is Status.PASS
    return found


def by_gx(batch: Any) -> dict[str, bool]:
    (suite,) = to_suites(CONTRACT, now_parameter="now").suites
    loaded = gx.ExpectationSuite(**json.loads(json.dumps(suite)))
    result = batch.validate(loaded, expectation_parameters={"now": NOW.isoformat()})
    return {
        one.expectation_config.meta["featureguard"]["promise"]: bool(one.success) for one in result.results
    }


@given(ROWS)
@settings(max_examples=5, deadline=None)
def test_gx_and_the_contract_agree_on_every_promise(
    frames: Frames, sqlite: Tables, rows: list[tuple[Any, ...]]
) -> None:
    frame = frame_of(rows)
    contract = by_contract(frame)
    nobody_else = frame["id"].isna() | frame["town"].isna()
    for batch in (frames(frame), sqlite(frame)):
        told = by_gx(batch)
        if nobody_else.any():  # In a database a null in a key repeats nothing; the export says so.
            told.pop("keys")
        if frame["town"].isna().all() or frame["id"].isna().all():
            told.pop("schema")  # pandas does not know the type of a column without values.
        assert {place: holds for place, holds in told.items() if place in contract} == {
            place: holds for place, holds in contract.items() if place in told
        }
