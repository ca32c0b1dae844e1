"""Expectations about each row: how many rows or values are not as expected, against `mostly`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

import polars as pl

from featureguard.checks import words
from featureguard.suites.asked import Asked, shown_range
from featureguard.suites.check import MOST_EXAMPLES, Check, Finding
from featureguard.suites.measures import rows
from featureguard.suites.values import Column, Kind, compared, members


def not_null(asked: Asked) -> Check:
    """`expect_column_values_to_not_be_null`: at most 1 − `mostly` of the rows have no value."""
    column = asked.column()
    return rows_check(asked, column.missing, (column,), f"of '{column.name}' is null")


def null(asked: Asked) -> Check:
    """`expect_column_values_to_be_null`: at most 1 − `mostly` of the rows have a value."""
    column = asked.column()
    return rows_check(asked, ~column.missing, (column,), f"of '{column.name}' has a value")


def between(asked: Asked) -> Check:
    """`expect_column_values_to_be_between`: values lie in a range."""
    column = asked.column().of(Kind.NUMBER, Kind.TEXT, Kind.INSTANT, Kind.FLAG)
    limits = asked.range(required=True)
    outside = outside_range(column, limits)
    return values_check(asked, column, outside, f"lie outside the range ({shown_range(limits)})")


def in_set(asked: Asked) -> Check:
    """`expect_column_values_to_be_in_set`; without a `value_set` all is expected, as in GX."""
    column = asked.column()
    if asked.kwargs.get("value_set") is None:
        return values_check(asked, column, pl.lit(value=False), "")
    return values_check(asked, column, ~among(column, asked.items("value_set")), "are not in the set")


def not_in_set(asked: Asked) -> Check:
    """`expect_column_values_to_not_be_in_set`."""
    column = asked.column()
    if asked.kwargs.get("value_set") is None:
        return values_check(asked, column, pl.lit(value=False), "")
    return values_check(asked, column, among(column, asked.items("value_set")), "are in the set")


def among(column: Column, values: Sequence[object]) -> pl.Expr:
    """Whether values of a column are some of these.

    Raises:
        UnansweredError: If the column's type has no members.
    """
    return column.values.is_in(pl.lit(members(column, values)).implode())


def outside_range(column: Column, limits: tuple[Any, Any, bool, bool]) -> pl.Expr:
    """Whether values of a column lie outside a range.

    Raises:
        UnansweredError: If they cannot be compared with its limits.
    """
    least, most, above, below = limits
    low = None if least is None else compared(column, least)
    high = None if most is None else compared(column, most)
    values = (low or high or (column.values,))[0]
    return beyond(values, low and low[1], high and high[1], above=above, below=below)


def beyond(
    values: pl.Expr, least: pl.Expr | None, most: pl.Expr | None, *, above: bool, below: bool
) -> pl.Expr:
    """Whether values lie below the least or above the most.

    Args:
        values: The values.
        least: `None` means there is no least.
        most: `None` means there is no most.
        above: Whether the least itself is out too.
        below: Whether the most itself is out too.
    """
    outside = []
    if least is not None:
        outside.append(values <= least if above else values < least)
    if most is not None:
        outside.append(values >= most if below else values > most)
    return reduce(or_, outside) if outside else values.is_null() & pl.lit(value=False)


def values_check(asked: Asked, column: Column, unexpected: pl.Expr, said: str) -> Check:
    """A check of the values that a column has; missing ones are counted apart and are nothing unexpected.

    Args:
        asked: The expectation.
        column: The column.
        unexpected: Which values are not as expected; null is taken for true.
        said: What is wrong with them, e.g. `are not in the set`.
    """
    bad = ~column.missing & unexpected.fill_null(value=True)
    measure = rows(asked.where, bad, column.missing)
    mostly = asked.mostly

    def judge(found: Sequence[Any], examples: Sequence[Any]) -> Finding:
        count, wrong, missing = found[0]
        about = f"of the values of '{column.name}' {said}"
        return map_finding(count, count - missing, wrong, mostly, about, examples, missing_counts=True)

    return Check(judge, (measure,), _examples(asked, (column,), bad))


def rows_check(asked: Asked, unexpected: pl.Expr, columns: Sequence[Column], said: str) -> Check:
    """A check of all rows that fulfil the condition.

    Args:
        asked: The expectation.
        unexpected: Which rows are not as expected.
        columns: The columns that are shown of them.
        said: What is wrong with them, e.g. `of 'fare' is null`.
    """
    mostly = asked.mostly

    def judge(found: Sequence[Any], examples: Sequence[Any]) -> Finding:
        count, wrong = found[0]
        return map_finding(count, count, wrong, mostly, said, examples)

    return Check(judge, (rows(asked.where, unexpected),), _examples(asked, columns, unexpected))


def kept_rows_check(
    asked: Asked, keep: pl.Expr | None, unexpected: pl.Expr, columns: Sequence[Column], said: str
) -> Check:
    """A check of rows of which some are left out by `ignore_row_if`.

    Args:
        asked: The expectation.
        keep: The rows that are judged; `None` means all.
        unexpected: Which of them are not as expected; null is taken for true.
        columns: The columns that are shown of them.
        said: What is wrong with them.
    """
    wrong_rows = unexpected.fill_null(value=True)
    bad = wrong_rows if keep is None else keep & wrong_rows
    mostly = asked.mostly
    counted = rows(asked.where, bad) if keep is None else rows(asked.where, bad, keep)

    def judge(found: Sequence[Any], examples: Sequence[Any]) -> Finding:
        count, wrong = found[0][:2]
        judged = count if keep is None else found[0][2]
        return map_finding(count, judged, wrong, mostly, said, examples, missing_counts=True)

    return Check(judge, (counted,), _examples(asked, columns, bad))


def map_finding(
    count: int,
    judged: int,
    wrong: int,
    mostly: float,
    about: str,
    examples: Sequence[Any],
    *,
    missing_counts: bool = False,
) -> Finding:
    """What a count of unexpected rows means.

    Args:
        count: Rows that fulfil the condition.
        judged: Those of them that are judged.
        wrong: Those of them that are not as expected.
        mostly: Share of them that must be.
        about: What is wrong with them, after a percentage.
        examples: Some of them.
        missing_counts: Whether GX tells missing values of this expectation apart.
    """
    success = not judged or (judged - wrong) / judged >= mostly
    share = wrong / judged if judged else None
    limit = round(1 - mostly, 12)
    said = "" if success else f"{words.percent(share or 0)} {about}; the suite allows {words.percent(limit)}."
    result: dict[str, Any] = {
        "element_count": count,
        "unexpected_count": wrong,
        "unexpected_percent": None if share is None else 100 * share,
        "partial_unexpected_list": list(examples[:MOST_EXAMPLES]),
    }
    if missing_counts:
        result["missing_count"] = count - judged
        result["missing_percent"] = 100 * (count - judged) / count if count else None
        result["unexpected_percent_total"] = 100 * wrong / count if count else None
        result["unexpected_percent_nonmissing"] = result["unexpected_percent"]
    return Finding(success, share, limit, said, result)


def _examples(asked: Asked, columns: Sequence[Column], bad: pl.Expr) -> tuple[pl.Expr, ...]:
    which = bad if asked.where is None else asked.where & bad
    return tuple(column.values.filter(which).head(MOST_EXAMPLES) for column in columns)
