"""Row conditions, as a tree and as texts of two dialects: what is not understood is unknown."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from featureguard.result import Code, Status
from tests.unit.suites.builders import expect, judged

FRAME = pl.DataFrame(
    {
        "n": [1, 2, 3, None],
        "s": ["a", "b", None, "a"],
        "two words": [1, 1, 2, 2],
        "f": [0.5, float("nan"), 1.5, None],
        "at": pl.Series(["2026-01-01", "2026-01-02", "2026-01-03", None]).str.to_datetime(time_zone="UTC"),
    }
)


def rows(condition: Any, **more: Any) -> Any:
    """How many rows a condition takes in; the reason if it cannot be read."""
    asked = expect("table_row_count_to_be_between", row_condition=condition, **more)
    found = judged(FRAME, asked).results[0]
    return found.reason if found.status is Status.UNKNOWN else found.observed


def compared(column: str, operator: str, parameter: Any) -> dict[str, Any]:
    return {"type": "comparison", "column": {"name": column}, "operator": operator, "parameter": parameter}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (compared("n", ">", 1), 2),
        (compared("n", "==", 1.0), 1),
        (compared("n", "!=", 1), 3),
        (compared("s", "IN", ["a"]), 2),
        (compared("s", "NOT_IN", ["a"]), 2),
        (compared("f", "<", 1), 1),
        (compared("f", "!=", 0.5), 3),
        (compared("at", ">=", "2026-01-02T00:00:00Z"), 2),
        ({"type": "nullity", "column": {"name": "f"}, "is_null": True}, 2),
        ({"type": "nullity", "column": {"name": "n"}, "is_null": False}, 3),
        ({"type": "and", "conditions": [compared("n", ">", 1), compared("s", "==", "b")]}, 1),
        ({"type": "or", "conditions": [compared("n", ">", 2), compared("s", "==", "b")]}, 2),
        ({"type": "pass_through", "pass_through_filter": "n > 1"}, 2),
    ],
)
def test_a_tree_is_read_and_missing_values_are_unlike_every_value(condition: Any, expected: int) -> None:
    assert rows(condition) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n > 1", 2),
        ("1 < n", 2),
        ("n >= 1 and s == 'a'", 1),
        ("n == 3 or s == 'b'", 2),
        ("(n == 3) | (s == 'b')", 2),
        ("not (n > 1)", 2),
        ("~(n > 1)", 2),
        ("s in ['a', 'x']", 2),
        ("s not in ['a']", 2),
        ("n.isnull()", 1),
        ("f.notna() & (n > 0)", 2),
        ("`two words` == 2", 2),
        ("s == '`'", 0),
        ('col("n") > 1', 2),
        ('col("s").notNull()', 3),
        ('col("two words") == 1', 2),
        ('col("at") >= date("2026-01-02T00:00:00Z")', 2),
        ("n > -1", 3),
    ],
)
def test_texts_of_pandas_and_of_gx_are_read(text: str, expected: int) -> None:
    assert rows(text, condition_parser="pandas") == expected
    assert rows(text, condition_parser="great_expectations") == expected


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("n > ", "cannot be read"),
        ("n > @limit", "cannot be read"),
        ("n > 1 & s == 'a'", "a part that is not read"),
        ("1 < n < 3", "a part that is not read"),
        ("n > f", "a part that is not read"),
        ("n + 1 > 2", "a part that is not read"),
        ("s.str.len() > 1", "a part that is not read"),
        ("__import__('os').system('true')", "a part that is not read"),
        ("n > 'a'", "cannot be compared"),
        ("n > None", "cannot be compared"),
        ("(" * 5_000, "cannot be read"),
        ("n > 1 " * 5_000, "is none"),
        ({"type": "between"}, "a part that is not known"),
        ({"type": "and", "conditions": []}, "a part that is not known"),
        ({"type": "and", "conditions": ["n > 1"]}, "is no object"),
        (compared("n", "~", 1), "an operator that is not known"),
        (compared("s", "IN", "a"), "no list"),
        ({"type": "nullity", "column": "n"}, "a part that is not known"),
        (5, "is none"),
    ],
)
def test_what_is_not_understood_is_unknown_and_never_a_guess(condition: Any, said: str) -> None:
    assert said in str(rows(condition, condition_parser="pandas"))


def test_conditions_of_spark_are_not_read() -> None:
    assert "parser 'spark'" in str(rows("n > 1", condition_parser="spark"))


def test_a_condition_about_a_column_that_is_not_there_is_unknown() -> None:
    found = judged(FRAME, expect("table_row_count_to_equal", value=1, row_condition="m > 1")).results[0]
    assert (found.status, found.code) == (Status.UNKNOWN, Code.SCHEMA_BREAKING)


def test_a_condition_narrows_what_is_counted_shown_and_measured() -> None:
    asked = {"column": "two words", "row_condition": "n >= 2"}
    found = judged(
        FRAME,
        expect("column_values_to_be_between", max_value=1, **asked),
        expect("column_max_to_be_between", **asked),
        expect("column_values_to_be_unique", **asked),
        expect("column_mean_to_be_between", **asked),
    ).results
    assert found[0].result["element_count"] == 2
    assert found[0].result["partial_unexpected_list"] == [2]
    assert [one.observed for one in found[1:]] == [2, 0.0, 1.5]
