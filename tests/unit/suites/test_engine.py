"""Every expectation has a result; what nobody answered is unknown, and never good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from featureguard.result import Code, Severity, Status
from featureguard.sources.parquet import ParquetSource
from featureguard.suites.asked import Asked
from featureguard.suites.builtin import BUILTIN, NOT_RUN, Compiler
from featureguard.suites.check import Check, Finding, known
from featureguard.suites.measures import counts
from tests.unit.suites.builders import expect, judged

FRAME = pl.DataFrame({"x": [1, 2, 3], "s": ["a", "b", "c"]})
GOOD = expect("column_values_to_not_be_null", column="x")
BAD = expect("column_values_to_be_null", column="x")


@pytest.mark.parametrize(
    ("expectation", "said"),
    [
        (expect("nonsense"), "its type is not known"),
        (expect("column_kl_divergence_to_be_less_than", column="x"), "a partition"),
        ({"type": "unexpected_rows_expectation", "kwargs": {}}, "it is SQL"),
        (expect("column_values_to_not_be_null"), "The arguments column are missing"),
        (expect("column_values_to_not_be_null", column="x", mostli=1), "The arguments mostli are not known"),
        (expect("column_values_to_not_be_null", column="x", mostly=2), "'mostly' must lie in [0, 1]"),
        (expect("column_values_to_not_be_null", column="x", mostly="0.5"), "'mostly' must be a number"),
        (expect("column_values_to_not_be_null", column="x", windows=[{}]), "The arguments windows are not"),
        (expect("column_values_to_match_regex", column="s", regex="(?=a)"), "look-around"),
        (expect("column_values_to_match_regex", column="x", regex="a"), "needs text"),
        (expect("column_values_to_be_in_set", column="x", value_set="abc"), "'value_set' must be a list"),
        (expect("column_mean_to_be_between", column="s", min_value=0), "needs number or boolean"),
        (expect("compound_columns_to_be_unique", column_list=["x"]), "must name 2 columns"),
    ],
)
def test_what_cannot_be_run_is_unknown_with_its_reason_and_the_suite_does_not_pass(
    expectation: dict[str, Any], said: str
) -> None:
    found = judged(FRAME, GOOD, expectation)
    assert [one.status for one in found.results] == [Status.PASS, Status.UNKNOWN]
    assert said in found.results[1].reason
    assert (found.results[1].answered_by, found.results[1].success) == ("nobody", None)
    assert (found.status, found.exit_code) == (Status.UNKNOWN, 3)


def test_an_unknown_warning_does_not_hold_the_suite_back() -> None:
    found = judged(FRAME, GOOD, expect("nonsense", severity="warning"))
    assert (found.status, found.results[1].severity) == (Status.PASS, Severity.WARN)
    assert found.counts()["answered_by_nobody"] == 1


@pytest.mark.parametrize(
    ("severity", "status", "code"),
    [("critical", Status.FAIL, 1), ("warning", Status.PASS, 0), ("info", Status.PASS, 0)],
)
def test_only_what_is_critical_blocks(severity: str, status: Status, code: int) -> None:
    found = judged(FRAME, {**BAD, "severity": severity})
    assert (found.status, found.exit_code) == (status, code)
    assert found.results[0].status is Status.FAIL


def test_a_suite_of_nothing_judges_nothing() -> None:
    assert judged(FRAME).status is Status.UNKNOWN


def test_success_about_no_rows_is_unknown() -> None:
    found = judged(FRAME.clear(), GOOD, expect("table_row_count_to_be_between", min_value=0))
    assert [(one.status, one.code, one.success) for one in found.results] == [
        (Status.UNKNOWN, Code.NO_EVIDENCE, True),
        (Status.PASS, None, True),
    ]


def test_every_expectation_has_a_result_in_the_order_of_the_suite() -> None:
    asked = [GOOD, BAD, expect("nonsense"), GOOD, BAD] * 20
    found = judged(FRAME, *asked)
    assert [one.expectation.type for one in found.results] == [one["type"] for one in asked]
    assert found.counts()["expectations"] == sum(found.counts()[status] for status in Status) == 100


def test_parameters_are_filled_in_and_those_of_the_call_come_first() -> None:
    asked = expect("column_max_to_be_between", column="x", max_value={"$PARAMETER": "most"})
    deep = expect("column_values_to_be_in_set", column="x", value_set=[1, 2, {"$PARAMETER": "most"}])
    assert judged(FRAME, asked, parameters={"most": 2}).results[0].success is False
    assert [one.success for one in judged(FRAME, asked, deep, parameters={"most": 3}).results] == [True, True]
    old = expect("column_max_to_be_between", column="x", max_value={"$PARAMETER": "m", "$PARAMETER.m": 3})
    assert judged(FRAME, old).results[0].success is True
    found = judged(FRAME, asked).results[0]
    assert found.reason == "The parameter 'most' has no value. Give it one."


def test_a_check_that_crashes_is_unknown_and_takes_no_other_with_it() -> None:
    def crash(asked: Asked) -> Check:
        return Check(lambda found, _: Finding(True), (counts(asked.column().values.str.len_chars() > 0),))

    def crash_late(asked: Asked) -> Check:
        return Check(lambda found, _: Finding(1 / 0 > 0))

    compilers = {
        **BUILTIN,
        "expect_crash": Compiler(crash, ("column",)),
        "expect_late": Compiler(crash_late),
        "expect_never": Compiler(lambda asked: 1 / 0),  # type: ignore[arg-type, return-value]
    }
    asked = [expect("late"), GOOD, expect("crash", column="x"), BAD, expect("never")]
    found = judged(FRAME, *asked, compilers=compilers).results
    assert [one.status.value for one in found] == ["unknown", "pass", "unknown", "fail", "unknown"]
    assert [found[n].code for n in (0, 2, 4)] == [Code.CHECK_CRASHED] * 3
    assert "ZeroDivisionError" in found[0].reason
    assert "could not run" in found[2].reason


def test_a_type_of_ones_own_is_added_by_handing_in_its_compiler() -> None:
    def even(asked: Asked) -> Check:
        return known(Finding(len(asked.schema) % 2 == 0, said="The columns are odd."))

    compilers = {**BUILTIN, "expect_even_columns": Compiler(even)}
    assert judged(FRAME, expect("even_columns"), compilers=compilers).status is Status.PASS


def test_data_that_cannot_be_read_makes_every_expectation_unknown(tmp_path: Path) -> None:
    found = judged(ParquetSource(str(tmp_path / "nothing.parquet")), GOOD, BAD)
    assert [one.code for one in found.results] == [Code.SOURCE_UNREADABLE] * 2
    assert found.status is Status.UNKNOWN
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"PAR1" + b"\0" * 100 + b"PAR1")
    assert [one.code for one in judged(ParquetSource(str(damaged)), GOOD).results] == [Code.SOURCE_CORRUPT]


def test_a_column_of_a_type_that_polars_does_not_read_is_unknown_and_the_others_are_judged() -> None:
    table = pa.table({"x": [1], "wide": pa.array([1], pa.decimal256(50, 0))})
    found = judged(table, GOOD, expect("column_values_to_not_be_null", column="wide")).results
    assert [one.status for one in found] == [Status.PASS, Status.UNKNOWN]
    assert "polars does not read" in found[1].reason


def test_a_result_is_plain_json_without_nan() -> None:
    frame = pl.DataFrame({"f": [float("inf")], "at": pl.Series(["2026-01-01"]).str.to_date()})
    found = judged(
        frame,
        expect("column_max_to_be_between", column="f", max_value=1),
        expect("column_values_to_be_null", column="at"),
    )
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert document["results"][0]["observed"] == "inf"
    assert document["results"][1]["result"]["partial_unexpected_list"] == ["2026-01-01"]
    assert (document["status"], document["exit_code"]) == ("fail", 1)


def test_the_same_type_is_never_both_run_and_not_run() -> None:
    assert not set(BUILTIN) & set(NOT_RUN)
    assert len(BUILTIN) + len(NOT_RUN) == 54
