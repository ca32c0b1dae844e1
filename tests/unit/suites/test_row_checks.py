"""Expectations about values and rows: both sides of each limit, and what is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from featureguard.result import Code, Status
from tests.unit.suites.builders import expect, judged, one

NAN = float("nan")
LOCAL = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
BETWEEN = "column_values_to_be_between"


@pytest.mark.parametrize(("mostly", "status"), [(0.75, Status.PASS), (0.76, Status.FAIL)])
def test_a_share_of_nulls_is_allowed_by_mostly_and_nan_is_null(mostly: float, status: Status) -> None:
    found = one([1.0, None, NAN, 2.0, 3.0, 4.0, 5.0, 6.0], "column_values_to_not_be_null", mostly=mostly)
    assert (found.status, found.observed) == (status, 0.25)
    assert found.result["unexpected_count"] == 2
    assert found.code is (None if status is Status.PASS else Code.NULL_LIMIT)


def test_a_failure_says_how_much_of_what_with_numbers() -> None:
    found = one([1.0, None, None, 4.0], "column_values_to_not_be_null", mostly=0.9)
    assert found.reason == "50.00% of 'x' is null; the suite allows 10.00%."


def test_missing_values_are_counted_apart_and_are_not_unexpected() -> None:
    found = one([5, None, 1, 9], BETWEEN, min_value=1, max_value=5)
    assert {key: found.result[key] for key in ("element_count", "missing_count", "unexpected_count")} == {
        "element_count": 4,
        "missing_count": 1,
        "unexpected_count": 1,
    }
    assert found.observed == pytest.approx(1 / 3)
    assert found.limit == 0.0
    assert found.result["partial_unexpected_list"] == [9]


@pytest.mark.parametrize(
    ("values", "kwargs", "success"),
    [
        ([1, 5], {"min_value": 1, "max_value": 5}, True),
        ([1, 5], {"min_value": 1, "strict_min": True}, False),
        ([1, 5], {"max_value": 5, "strict_max": True}, False),
        ([2**53 + 1], {"max_value": 2**53}, False),
        ([float("inf")], {"max_value": 1e300}, False),
        ([Decimal("0.10")], {"min_value": 0.1, "max_value": 0.1}, True),
        ([True, False], {"min_value": 0, "max_value": 1}, True),
        (["a", "c"], {"min_value": "a", "max_value": "b"}, False),
        ([date(2026, 1, 2)], {"min_value": "2026-01-02"}, True),
        ([date(2026, 1, 1)], {"min_value": "2026-01-02"}, False),
        ([LOCAL], {"min_value": "2026-01-01T00:00:00.000001"}, False),
        ([datetime(2026, 1, 1, tzinfo=UTC)], {"min_value": "2026-01-01T01:00:00+01:00"}, True),
    ],
)
def test_a_range_holds_for_every_type_that_has_an_order(
    values: list[Any], kwargs: dict[str, Any], success: bool
) -> None:
    assert one(values, BETWEEN, **kwargs).success is success


def test_one_instant_is_the_same_in_every_zone() -> None:
    limits = {"min_value": "2026-01-01T01:00:00+01:00", "max_value": "2026-01-01T00:00:00Z"}
    for unit in ("ms", "us", "ns"):
        dtype = pl.Datetime(unit, "Europe/Berlin")
        values = [datetime(2026, 1, 1, tzinfo=UTC)]
        assert one(values, BETWEEN, dtype, **limits).success
        assert one(values, "column_max_to_be_between", dtype, **limits).success
        assert one(values, "column_values_to_be_in_set", dtype, value_set=[limits["min_value"]]).success


def test_nanoseconds_are_not_cut_by_a_limit_in_microseconds() -> None:
    limit = {"max_value": "1970-01-01T00:00:00.000001"}
    assert one([1_000, 1_001], BETWEEN, pl.Datetime("ns"), **limit).result["unexpected_count"] == 1
    assert one([0, 1], BETWEEN, pl.Datetime("ms"), **limit).result["unexpected_count"] == 1


@pytest.mark.parametrize(
    ("values", "limit", "said"),
    [
        ([1], "a", "cannot be compared"),
        (["a"], 1, "cannot be compared"),
        ([[1]], 1, "needs number or text or time or boolean"),
        ([datetime(2026, 1, 1, tzinfo=UTC)], "2026-01-01", "has no zone"),
        ([LOCAL], "2026-01-01T00:00Z", "has a zone, and 'x' has none"),
        ([date(2026, 1, 1)], "yesterday", "is no time"),
    ],
)
def test_what_cannot_be_compared_is_unknown_and_says_why(values: list[Any], limit: Any, said: str) -> None:
    found = one(values, BETWEEN, min_value=limit)
    assert (found.status, found.answered_by) == (Status.UNKNOWN, "nobody")
    assert said in found.reason


@pytest.mark.parametrize(
    ("values", "members", "unexpected"),
    [
        (["a", "b", None], ["a"], 1),
        ([1, 2, 3], [1.0, 2.5, 2**70], 2),
        ([1.0, NAN], [1], 0),
        ([True, False], [True], 1),
        ([Decimal("1.50"), Decimal("2")], [1.5, 2.001], 1),
        ([date(2026, 1, 1)], ["2026-01-01"], 0),
        ([date(2026, 1, 1)], ["2026-01-01T12:00:00"], 1),
        (["1"], [1], 1),
        (["a"], [], 1),
    ],
)
def test_a_set_holds_what_a_column_of_this_type_can_be(
    values: list[Any], members: list[Any], unexpected: int
) -> None:
    found = one(values, "column_values_to_be_in_set", value_set=members)
    assert found.result["unexpected_count"] == unexpected
    there = len([value for value in values if value is not None and value == value])
    turned = one(values, "column_values_to_not_be_in_set", value_set=members)
    assert turned.result["unexpected_count"] == there - unexpected


def test_categories_are_texts() -> None:
    assert one(["a", "b"], "column_values_to_be_in_set", pl.Categorical(), value_set=["a", "b"]).success
    assert one(["a", "b"], "column_values_to_match_regex", pl.Enum(["a", "b"]), regex="^a$").observed == 0.5


def test_at_most_twenty_unexpected_values_are_kept_in_the_order_of_the_rows() -> None:
    found = one(list(range(100)), BETWEEN, max_value=9)
    assert found.result["partial_unexpected_list"] == list(range(10, 30))
    assert found.result["unexpected_count"] == 90


def test_lengths_are_characters_and_not_bytes() -> None:
    assert one(["日本", "ab"], "column_value_lengths_to_equal", value=2).success
    found = one(["日本", "", "abc"], "column_value_lengths_to_be_between", min_value=1, max_value=2)
    assert found.result["partial_unexpected_list"] == ["", "abc"]


@pytest.mark.parametrize(
    ("kind", "kwargs", "unexpected"),
    [
        ("match_like_pattern", {"like_pattern": "a%"}, ["b_c", "Abc", "b\na"]),
        ("match_like_pattern", {"like_pattern": "_bc"}, ["b_c", "b\na"]),
        ("match_like_pattern", {"like_pattern": "b!_%", "escape": "!"}, ["abc", "Abc", "b\na"]),
        ("not_match_like_pattern", {"like_pattern": "%a"}, ["b\na"]),
        ("match_like_pattern_list", {"like_pattern_list": ["a%", "A%"]}, ["b_c", "b\na"]),
        (
            "match_like_pattern_list",
            {"like_pattern_list": ["a%", "%c"], "match_on": "all"},
            ["b_c", "Abc", "b\na"],
        ),
        ("not_match_like_pattern_list", {"like_pattern_list": ["a%", "A%"]}, ["abc", "Abc"]),
    ],
)
def test_like_patterns_match_the_whole_text_as_in_sql(
    kind: str, kwargs: dict[str, Any], unexpected: list[str]
) -> None:
    found = one(["abc", "b_c", "Abc", "b\na"], f"column_values_to_{kind}", **kwargs)
    assert found.result["partial_unexpected_list"] == unexpected


def test_a_format_of_times_is_read_by_python() -> None:
    found = one(
        ["2026-01-02", "2026-13-02", None],
        "column_values_to_match_strftime_format",
        strftime_format="%Y-%m-%d",
    )
    assert found.result["partial_unexpected_list"] == ["2026-13-02"]


def pair(kind: str, **kwargs: Any) -> dict[str, Any]:
    frame = pl.DataFrame({"a": [2, 1, None, None, 3], "b": [1, 1, 1, None, None]})
    found = judged(frame, expect(f"column_pair_values_{kind}", column_A="a", column_B="b", **kwargs))
    return dict(found.results[0].result)


@pytest.mark.parametrize(
    ("ignored", "judged_rows", "unexpected"),
    [("both_values_are_missing", 4, 3), ("either_value_is_missing", 2, 1), ("neither", 5, 4)],
)
def test_pairs_leave_rows_out_as_they_are_told(ignored: str, judged_rows: int, unexpected: int) -> None:
    found = pair("a_to_be_greater_than_b", ignore_row_if=ignored)
    assert (found["element_count"], found["missing_count"]) == (5, 5 - judged_rows)
    assert found["unexpected_count"] == unexpected


def test_pairs_may_be_equal_and_in_a_set_in_which_null_is_missing() -> None:
    assert pair("a_to_be_greater_than_b", or_equal=True)["unexpected_count"] == 2
    assert pair("to_be_equal")["unexpected_count"] == 3
    assert pair("to_be_in_set", value_pairs_set=[[2, 1], [None, 1]])["partial_unexpected_list"] == [
        {"a": 1, "b": 1},
        {"a": 3, "b": None},
    ]


def test_columns_of_one_row_are_compared_summed_and_told_apart() -> None:
    frame = pl.DataFrame({"a": [1, 2, None], "b": [1, 3, None], "c": [1, 1, 5]})
    found = judged(
        frame,
        expect("multicolumn_values_to_be_equal", column_list=["a", "b"], ignore_row_if="never"),
        expect("multicolumn_sum_to_equal", column_list=["a", "b", "c"], sum_total=6),
        expect("select_column_values_to_be_unique_within_record", column_list=["a", "b", "c"]),
    )
    assert [r.result["partial_unexpected_list"] for r in found.results] == [
        [{"a": 2, "b": 3}],
        [{"a": 1, "b": 1, "c": 1}, {"a": None, "b": None, "c": 5}],
        [{"a": 1, "b": 1, "c": 1}, {"a": None, "b": None, "c": 5}],
    ]


def test_a_column_that_is_not_there_is_unknown_with_a_hint() -> None:
    found = judged(
        pl.DataFrame({"fare": [1]}), expect("column_values_to_not_be_null", column="fares")
    ).results[0]
    assert (found.status, found.code) == (Status.UNKNOWN, Code.SCHEMA_BREAKING)
    assert found.reason == "The data has no column 'fares'. Did you mean 'fare'?"
