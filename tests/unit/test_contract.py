"""Contracts as values: what may be written, what it means, and what identifies it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from featureguard.contract import Contract, Nulls, Range, Spike, Subject, Values
from featureguard.result import Severity


def contract(**promises: Any) -> Contract:
    return Contract.model_validate({"dataset": "rides", "owner": "me", **promises})


def column(**promises: Any) -> Any:
    return contract(schema={"columns": {"x": promises}}).columns["x"]


def refused(message: str, **promises: Any) -> None:
    with pytest.raises(ValidationError, match=message):
        contract(**promises)


def test_defaults_are_tier_two_block_and_enforce() -> None:
    found = contract(volume={"at_least": 1})
    assert (found.tier, found.enforcement, found.runbook) == (2, "enforce", None)
    assert found.volume is not None
    assert found.volume.severity is Severity.BLOCK


def test_shorthands_mean_the_long_form() -> None:
    assert column(nulls="5%").nulls == Nulls(at_most=0.05)
    assert column(nulls={"spike": True}).nulls == Nulls(spike=Spike())
    assert column(nulls={"spike": False, "at_most": 0}).nulls == Nulls(at_most=0)
    assert column(range=[0, 1.5]).range == Range(at_least=0, at_most=1.5)
    assert column(values=["a", 1, True]).values == Values(one_of=("a", 1, True))


@pytest.mark.parametrize(("written", "ratio"), [("5%", 0.05), ("100 %", 1.0), (0, 0.0), (1, 1.0), (0.5, 0.5)])
def test_ratios_are_percent_or_a_share(written: object, ratio: float) -> None:
    assert column(nulls=written).nulls.at_most == ratio


@pytest.mark.parametrize("written", [1.01, 5, -0.1, "5", "101%", "-1%", True, float("nan"), "9" * 400 + "%"])
def test_what_may_mean_either_is_no_ratio(written: object) -> None:
    refused("is not a ratio|more than 100%", schema={"columns": {"x": {"nulls": written}}})


@pytest.mark.parametrize(
    "promises",
    [
        {"tier": True},
        {"tier": "1"},
        {"tier": 1.0},
        {"tier": 4},
        {"volume": {"at_least": True}},
        {"volume": {"at_least": "4"}},
        {"volume": {"at_least": 4.0}},
        {"volume": {"at_least": -1}},
        {"schema": {"columns": {"x": {"nullable": "no"}}}},
        {"schema": {"columns": {"x": {"optional": 1}}}},
        {"schema": {"columns": {"x": {"range": ["0", 1]}}}},
        {"schema": {"columns": {"x": {"range": [0, float("inf")]}}}},
        {"schema": {"columns": {"x": {"values": [None]}}}},
        {"schema": {"columns": {"x": {"values": [float("nan")]}}}},
        {"schema": {"columns": {"x": {"nulls": {"spike": {"alpha": "0.01"}}}}}},
        {"owner": 7},
        {"unknown": 1},
    ],
    ids=str,
)
def test_nothing_is_guessed_from_another_type(promises: dict[str, Any]) -> None:
    refused("validation error", **promises)


@pytest.mark.parametrize("name", ["rides", "team.rides", "_a-b.C-9"])
def test_names_are_one_or_two_words(name: str) -> None:
    assert Subject(subject=name, owner="me").subject == name


@pytest.mark.parametrize("name", ["", "a.b.c", "9a", "a b", "a.", "rides\n", "é", "a" * 201])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Subject(subject=name, owner="me")


def test_the_clock_is_event_time_where_it_has_a_column() -> None:
    assert contract().clock is None
    assert contract(time={"event": "at"}).clock == "event_time"
    assert contract(time={"event": "at", "clock": "file_mtime"}).clock_column is None
    assert contract(time={"ingested": "written", "clock": "ingested_at"}).clock_column == "written"


def test_an_age_needs_a_clock_and_a_population_a_column() -> None:
    refused("an age is measured by a clock", freshness={"max_age": "1h"})
    population = {"of": "rows", "within": "1h", "at_least": 0.9}
    refused("needs a time column", time={"clock": "file_mtime"}, freshness={"population": population})
    assert contract(time={"event": "at"}, freshness={"population": population}).freshness is not None


@pytest.mark.parametrize(
    ("kind", "zone", "message"),
    [
        ("timestamp[us]", None, "without a time zone"),
        ("date32", None, "without a time zone"),
        ("string", "UTC", "a clock is a timestamp or a date"),
        ("timestamp[us]", "UTC", ""),
        ("date64", "Europe/Berlin", ""),
        ("timestamp[ns, tz=UTC]", None, ""),
    ],
)
def test_a_clock_without_a_zone_is_refused(kind: str, zone: str | None, message: str) -> None:
    promises: dict[str, Any] = {
        "time": {"event": "at", "timezone": zone},
        "schema": {"columns": {"at": kind}},
    }
    if message:
        refused(message, **promises)
    else:
        assert contract(**promises).columns["at"].type == kind


def test_in_an_exact_schema_every_column_that_is_named_is_promised() -> None:
    named: dict[str, Any] = {"time": {"event": "at"}, "keys": {"unique": ["id", "at"]}}
    refused(
        "column 'at' .*\n.*column 'id' .*\n.*'at'", schema={"mode": "exact", "columns": {"x": None}}, **named
    )
    assert contract(schema={"mode": "exact"}, **named).columns == {}
    assert "x" in contract(schema={"mode": "compatible", "columns": {"x": None}}, **named).columns


def test_an_objective_needs_the_limit_that_it_counts() -> None:
    slo = {"objective": "99%", "window": "28d"}
    refused("needs 'freshness: {max_age: …}'", slo=slo)
    refused("needs 'freshness: {population: …}'", slo={**slo, "sli": "population"})
    found = contract(time={"event": "at"}, freshness={"max_age": "1h"}, slo=slo)
    assert found.slo is not None
    assert found.slo.window == timedelta(days=28)


@pytest.mark.parametrize("objective", [0, 1, "100%", 99])
def test_an_objective_lies_between_nothing_and_all(objective: object) -> None:
    refused("objective of|not a ratio", slo={"objective": objective, "window": "28d"})


def test_a_warning_comes_before_the_limit() -> None:
    for warn_age in ("2h", "1h"):
        refused("must be shorter", time={"event": "at"}, freshness={"max_age": "1h", "warn_age": warn_age})


def test_texts_do_not_change_the_digest_and_promises_do() -> None:
    plain = contract(volume={"at_least": 1})
    assert contract(volume={"at_least": 1}, owner="you", tags=["a"], description="d").digest == plain.digest
    assert contract(volume={"at_least": 2}).digest != plain.digest
    assert contract(volume={"at_least": 1}, tier=1).digest != plain.digest


def test_a_contract_reads_back_what_it_writes() -> None:
    found = contract(
        time={"event": "at"},
        freshness={"max_age": "30h", "population": {"entity": ["id"], "within": "3d", "at_least": "90%"}},
        schema={"columns": {"x": {"nulls": "5%", "range": [0, 1], "values": [0, 1]}, "y": None}},
        upstream=["a", {"external": "raw b"}],
    )
    assert Contract.model_validate(found.model_dump(by_alias=True)) == found
    assert Contract.model_validate_json(found.model_dump_json(by_alias=True)) == found


def test_a_refused_secret_is_not_shown() -> None:
    with pytest.raises(ValidationError) as error:
        contract(source={"kind": "parquet", "path": "s3://key:hunter2@bucket/x"})
    assert "hunter2" not in str(error.value)
