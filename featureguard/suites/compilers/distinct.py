"""Expectations about the different values of a column; all of them keep these values, with their counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from featureguard.checks import words
from featureguard.suites.asked import Asked, shown_range
from featureguard.suites.check import MOST_EXAMPLES, Check, Finding
from featureguard.suites.compilers.aggregates import is_within, share_finding, tally_of
from featureguard.suites.compilers.rows import map_finding
from featureguard.suites.measures import rows
from featureguard.suites.tallying import COUNT
from featureguard.suites.values import UnansweredError, is_number, members


def unique(asked: Asked) -> Check:
    """`expect_column_values_to_be_unique`: every row of several with one value is unexpected."""
    column = asked.column()
    mostly = asked.mostly

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        tallied, (count,) = found
        repeated = tallied.repeated
        wrong = int(repeated.get_column(COUNT).sum())
        some = repeated.to_series().sort().head(MOST_EXAMPLES).to_list()
        said = f"of the values of '{column.name}' occur more than once"
        return map_finding(count, tallied.rows, wrong, mostly, said, some, missing_counts=True)

    return Check(judge, (tally_of(asked, column), rows(asked.where)))


def distinct_count(asked: Asked) -> Check:
    """`expect_column_unique_value_count_to_be_between`."""
    column, limits = asked.column(), _number_range(asked)

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        count = found[0].distinct
        success = is_within(count, limits)
        many = words.count(count, "different value")
        said = "" if success else f"'{column.name}' has {many}; the suite asks for {shown_range(limits)}."
        return Finding(success, count, shown_range(limits), said, {"observed_value": count})

    return Check(judge, (tally_of(asked, column),))


def distinct_share(asked: Asked) -> Check:
    """`expect_column_proportion_of_unique_values_to_be_between`: different values among those there are."""
    column, limits = asked.column(), _number_range(asked)

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        share = found[0].distinct / found[0].rows if found[0].rows else None
        return share_finding(share, limits, f"The share of different values of '{column.name}'")

    return Check(judge, (tally_of(asked, column),))


def distinct_in_set(asked: Asked) -> Check:
    """`expect_column_distinct_values_to_be_in_set`."""
    column = asked.column()
    allowed = members(column, asked.items("value_set"))

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        more = _without(found[0].values, allowed)
        said = (
            "" if not len(more) else f"{words.count(len(more), 'value')} of '{column.name}' not in the set."
        )
        result = {
            "observed_value": None,
            "unexpected_count": len(more),
            "partial_unexpected_list": more.head(MOST_EXAMPLES).to_list(),
        }
        return Finding(not len(more), len(more), 0, said, result)

    return Check(judge, (tally_of(asked, column),))


def distinct_contain(asked: Asked) -> Check:
    """`expect_column_distinct_values_to_contain_set`."""
    column = asked.column()
    asked_for = [value for value in asked.items("value_set") if value is not None]
    wanted = members(column, asked_for)
    never = len(asked_for) - len(wanted)  # those that no column of this type can hold

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        lacks = _without(wanted.unique(), found[0].values)
        count = len(lacks) + never
        said = "" if not count else f"'{column.name}' lacks {words.count(count, 'value')} of the set."
        result = {
            "observed_value": None,
            "missing_count": count,
            "partial_missing_list": lacks.head(MOST_EXAMPLES).to_list(),
        }
        return Finding(not count, count, 0, said, result)

    return Check(judge, (tally_of(asked, column),))


def distinct_equal(asked: Asked) -> Check:
    """`expect_column_distinct_values_to_equal_set`."""
    column = asked.column()
    asked_for = [value for value in asked.items("value_set") if value is not None]
    wanted = members(column, asked_for)
    never = len(asked_for) - len(wanted)

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        more = _without(found[0].values, wanted)
        lacks = _without(wanted.unique(), found[0].values)
        lacking = len(lacks) + never
        success = not len(more) and not lacking
        said = (
            f"'{column.name}' has {words.count(len(more), 'value')} more than the set, and lacks {lacking}."
        )
        result = {
            "observed_value": None,
            "unexpected_count": len(more),
            "missing_count": lacking,
            "partial_unexpected_list": more.head(MOST_EXAMPLES).to_list(),
            "partial_missing_list": lacks.head(MOST_EXAMPLES).to_list(),
        }
        return Finding(success, said="" if success else said, result=result)

    return Check(judge, (tally_of(asked, column),))


def most_common(asked: Asked) -> Check:
    """`expect_column_most_common_value_to_be_in_set`: one value, or with `ties_okay` one of several."""
    column = asked.column()
    allowed, ties = members(column, asked.items("value_set")), asked.flag("ties_okay")

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        grouped = found[0].grouped
        top = grouped.filter(pl.col(COUNT) == pl.col(COUNT).max()).to_series().sort()
        inside = int(top.is_in(allowed.implode()).sum())
        success = inside > 0 if ties else len(top) == 1 and inside == 1
        shown = top.head(MOST_EXAMPLES).to_list()
        said = "" if success else f"The most common of '{column.name}' is not in the set, or not one."
        return Finding(success, said=said, result={"observed_value": shown})

    return Check(judge, (tally_of(asked, column),))


def _without(values: pl.Series, others: pl.Series) -> pl.Series:
    return values.filter(~values.is_in(others.implode())).sort()


def _number_range(asked: Asked) -> tuple[Any, Any, bool, bool]:
    limits = asked.range()
    if not all(end is None or is_number(end) for end in limits[:2]):
        raise UnansweredError("'min_value' and 'max_value' must be numbers.")
    return limits
