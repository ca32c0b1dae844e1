"""Expectations about one number of a column, its different values, and the table."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from featureguard.result import Code, Status
from tests.unit.suites.builders import expect, judged, one

NAN = float("nan")


@pytest.mark.parametrize(
    ("kind", "values", "observed"),
    [
        ("max", [1, 3, None], 3),
        ("min", [1.5, NAN, 3.0], 1.5),
        ("max", ["a", "b"], "b"),
        ("max", [datetime(2026, 1, 1, tzinfo=UTC)], "2026-01-01T00:00:00+00:00"),
        ("mean", [1, 2, 6], 3.0),
        ("mean", [True, False], 0.5),
        ("mean", [Decimal("1.5"), None], 1.5),
        ("sum", [1, 2, None], 3),
        ("sum", [2**62, 2**62], 2**63),
        ("sum", [], 0),
        ("stdev", [1.0, 2.0, 3.0, NAN], 1.0),
        ("median", [1, 2, 10, 20], 6.0),
        ("median", [3.0, NAN], 3.0),
    ],
)
def test_a_number_of_a_column_is_measured_without_what_is_missing(
    kind: str, values: list[Any], observed: Any
) -> None:
    dtype = pl.Int64 if values == [] else None
    assert one(values, f"column_{kind}_to_be_between", dtype).observed == observed


@pytest.mark.parametrize(
    ("kwargs", "success"),
    [
        ({"min_value": 3}, True),
        ({"min_value": 3, "strict_min": True}, False),
        ({"max_value": 3}, True),
        ({"max_value": 3, "strict_max": True}, False),
        ({"min_value": 2.9, "max_value": 3.1}, True),
        ({}, True),
    ],
)
def test_the_limits_of_a_number_are_included_unless_strict(kwargs: dict[str, Any], success: bool) -> None:
    assert one([1, 3], "column_max_to_be_between", **kwargs).success is success


def test_a_number_of_no_values_lies_in_no_range() -> None:
    found = one([None, None], "column_max_to_be_between", pl.Float64, min_value=0)
    assert (found.status, found.observed) == (Status.FAIL, None)
    assert "too few values" in found.reason


def test_a_share_of_nothing_is_unknown() -> None:
    found = one([], "column_proportion_of_non_null_values_to_be_between", pl.Float64, max_value=1)
    assert (found.status, found.code, found.success) == (Status.UNKNOWN, Code.NO_EVIDENCE, None)


def test_a_range_of_another_kind_or_upside_down_is_unknown() -> None:
    for kwargs, said in (
        ({"min_value": "a"}, "cannot be compared"),
        ({"min_value": 5, "max_value": 1}, "must not be above"),
        ({"min_value": 1, "max_value": "a"}, "cannot be compared"),
        ({"min_value": 1, "strict_min": "yes"}, "must be true or false"),
    ):
        found = one([1], "column_mean_to_be_between", **kwargs)
        assert found.status is Status.UNKNOWN
        assert said in found.reason


@pytest.mark.parametrize(
    ("how", "values"),
    [
        (None, [1.0, 3.0, 4.0]),
        ("linear", [1.3, 2.5, 3.7]),
        ("lower", [1.0, 2.0, 3.0]),
        ("higher", [2.0, 3.0, 4.0]),
        ("midpoint", [1.5, 2.5, 3.5]),
    ],
)
def test_quantiles_are_those_of_numpy(how: str | None, values: list[float]) -> None:
    ranges = {"quantiles": [0.1, 0.5, 0.9], "value_ranges": [[None, None]] * 3}
    found = one(
        [4, 1, 3, 2, None],
        "column_quantile_values_to_be_between",
        quantile_ranges=ranges,
        allow_relative_error=how,
    )
    assert found.result["observed_value"]["values"] == pytest.approx(values)
    assert found.success


def test_quantiles_out_of_their_ranges_are_named() -> None:
    ranges = {"quantiles": [0.0, 1.0], "value_ranges": [[0, 0.5], [None, 4]]}
    found = one([1, 4], "column_quantile_values_to_be_between", quantile_ranges=ranges)
    assert found.reason == "Quantiles of 'x' are out of their ranges: 0 is 1."
    assert found.result["details"] == {"success_details": [False, True]}


def test_every_row_of_several_with_one_value_is_unexpected() -> None:
    found = one([1, 1, 2, 3, 3, 3, None, None], "column_values_to_be_unique", mostly=0.2)
    assert (found.result["unexpected_count"], found.result["missing_count"]) == (5, 2)
    assert found.result["partial_unexpected_list"] == [1, 3]
    assert (found.status, found.code) == (Status.FAIL, Code.KEYS_DUPLICATED)
    assert one([1, 2, None, None], "column_values_to_be_unique").status is Status.PASS


def test_rows_of_several_columns_are_unique_together() -> None:
    frame = pl.DataFrame({"a": [1, 1, 1, None, None], "b": ["x", "x", "y", None, None]})
    for ignored, wrong in (("all_values_are_missing", 2), ("never", 4)):
        asked = expect("compound_columns_to_be_unique", column_list=["a", "b"], ignore_row_if=ignored)
        assert judged(frame, asked).results[0].result["unexpected_count"] == wrong


@pytest.mark.parametrize(
    ("kind", "kwargs", "success"),
    [
        ("distinct_values_to_be_in_set", {"value_set": ["a", "b", "c"]}, True),
        ("distinct_values_to_be_in_set", {"value_set": ["a"]}, False),
        ("distinct_values_to_contain_set", {"value_set": ["a"]}, True),
        ("distinct_values_to_contain_set", {"value_set": ["a", 1]}, False),
        ("distinct_values_to_equal_set", {"value_set": ["b", "a"]}, True),
        ("distinct_values_to_equal_set", {"value_set": ["b", "a", "c"]}, False),
        ("most_common_value_to_be_in_set", {"value_set": ["a"]}, True),
        ("most_common_value_to_be_in_set", {"value_set": ["b"]}, False),
        ("unique_value_count_to_be_between", {"min_value": 2, "max_value": 2}, True),
        ("unique_value_count_to_be_between", {"min_value": 3}, False),
        ("proportion_of_unique_values_to_be_between", {"max_value": 0.66}, False),
        ("proportion_of_unique_values_to_be_between", {"max_value": 0.67}, True),
    ],
)
def test_different_values_are_known_apart(kind: str, kwargs: dict[str, Any], success: bool) -> None:
    assert one(["a", "a", "b", None], f"column_{kind}", **kwargs).success is success


def test_a_tie_of_common_values_is_no_answer_unless_it_is_okay() -> None:
    asked = {"value_set": ["a"]}
    assert not one(["a", "b"], "column_most_common_value_to_be_in_set", **asked).success
    assert one(["a", "b"], "column_most_common_value_to_be_in_set", **asked, ties_okay=True).success


def test_values_far_from_the_others_are_found() -> None:
    values = [*[10.0] * 20, 11.0, 9.0, 500.0]
    far = one(values, "column_value_z_scores_to_be_less_than", threshold=3, double_sided=True)
    assert far.result["partial_unexpected_list"] == [500.0]
    by_quartiles = one(values, "column_values_to_not_be_outliers")
    assert by_quartiles.result["partial_unexpected_list"] == [9.0, 11.0, 500.0]
    assert one([5, 5, 5], "column_value_z_scores_to_be_less_than", threshold=1, double_sided=True).success


@pytest.mark.parametrize(
    ("kind", "kwargs", "success"),
    [
        ("table_row_count_to_equal", {"value": 2}, True),
        ("table_row_count_to_be_between", {"min_value": 3}, False),
        ("table_row_count_to_be_between", {"max_value": 2, "strict_max": True}, False),
        ("table_column_count_to_equal", {"value": 2}, True),
        ("table_column_count_to_be_between", {"min_value": 3}, False),
        ("table_columns_to_match_ordered_list", {"column_list": ["a", "b"]}, True),
        ("table_columns_to_match_ordered_list", {"column_list": ["b", "a"]}, False),
        ("table_columns_to_match_set", {"column_set": ["b", "a"]}, True),
        ("table_columns_to_match_set", {"column_set": ["a"]}, False),
        ("table_columns_to_match_set", {"column_set": ["a"], "exact_match": False}, True),
        ("column_to_exist", {"column": "a"}, True),
        ("column_to_exist", {"column": "c"}, False),
        ("column_to_exist", {"column": "b", "column_index": 1}, True),
        ("column_to_exist", {"column": "a", "column_index": 1}, False),
        ("column_values_to_be_of_type", {"column": "a", "type_": "int64"}, True),
        ("column_values_to_be_of_type", {"column": "b", "type_": "LongType"}, False),
        ("column_values_to_be_of_type", {"column": "b", "type_": "VARCHAR(20)"}, True),
        ("column_values_to_be_in_type_list", {"column": "b", "type_list": ["str", "object_"]}, None),
        ("column_values_to_be_in_type_list", {"column": "b", "type_list": ["str", "int"]}, True),
        ("column_type_to_be", {"column": "a", "type_": "float64"}, False),
        ("column_type_to_be", {"column": "a", "type_": "mystery"}, None),
    ],
)
def test_the_table_is_judged_by_its_shape(kind: str, kwargs: dict[str, Any], success: bool | None) -> None:
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    assert judged(frame, expect(kind, **kwargs)).results[0].success is success
