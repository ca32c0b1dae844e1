"""Expectations about the table: its columns, their types, its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from featureguard.checks import words
from featureguard.suites.asked import Asked, Range, shown_range
from featureguard.suites.check import Check, Finding, known
from featureguard.suites.compilers.aggregates import is_within
from featureguard.suites.measures import rows
from featureguard.suites.types import named_types
from featureguard.suites.values import UnansweredError, is_number, shown_type


def column_exists(asked: Asked) -> Check:
    """`expect_column_to_exist`, at a place if `column_index` gives one other than 0."""
    name, names = asked.text("column"), list(asked.schema)
    place = asked.kwargs.get("column_index")
    if place is not None and (not isinstance(place, int) or isinstance(place, bool)):
        raise UnansweredError(f"'column_index' must be a whole number, and is {place!r:.100}.")
    if place:
        there = -len(names) <= place < len(names) and names[place] == name
        return known(Finding(there, said="" if there else f"Column {place} is not '{name}'."))
    return known(Finding(name in names, said="" if name in names else f"The data has no column '{name}'."))


def columns_ordered(asked: Asked) -> Check:
    """`expect_table_columns_to_match_ordered_list`: these columns, in this order, and no others."""
    names = list(asked.schema)
    if asked.kwargs.get("column_list") is None:
        return known(Finding(success=True, result={"observed_value": names}))
    wanted = asked.items("column_list")
    return known(_columns_finding(names == wanted, names, wanted))


def columns_set(asked: Asked) -> Check:
    """`expect_table_columns_to_match_set`: these columns in any order; others too unless `exact_match`."""
    names = list(asked.schema)
    if asked.kwargs.get("column_set") is None:
        return known(Finding(success=True, result={"observed_value": names}))
    wanted = asked.items("column_set")
    exact = asked.flag("exact_match", default=True)
    fits = set(names) == set(wanted) if exact else set(wanted) <= set(names)
    return known(_columns_finding(fits, sorted(names), wanted))


def column_count_between(asked: Asked) -> Check:
    """`expect_table_column_count_to_be_between`."""
    return known(_count_finding(len(asked.schema), _numbers(asked.range()), "column"))


def column_count(asked: Asked) -> Check:
    """`expect_table_column_count_to_equal`."""
    value = asked.number("value")
    return known(_count_finding(len(asked.schema), (value, value, False, False), "column"))


def row_count_between(asked: Asked) -> Check:
    """`expect_table_row_count_to_be_between`: rows that fulfil the condition."""
    return _row_count(asked, _numbers(asked.range()))


def row_count(asked: Asked) -> Check:
    """`expect_table_row_count_to_equal`."""
    value = asked.number("value")
    return _row_count(asked, (value, value, False, False))


def of_type(asked: Asked) -> Check:
    """`expect_column_values_to_be_of_type` and `expect_column_type_to_be`: the type of the whole column."""
    return _types(asked, [asked.kwargs.get("type_")])


def in_type_list(asked: Asked) -> Check:
    """`expect_column_values_to_be_in_type_list`: the type of the whole column."""
    return _types(asked, asked.items("type_list"))


def _types(asked: Asked, names: Sequence[object]) -> Check:
    column = asked.column()
    holds = [named_types(name) for name in names]
    fits = any(one(column.dtype) for one in holds)
    found, wanted = shown_type(column.dtype), ", ".join(map(str, names))
    said = "" if fits else f"'{column.name}' is of type {found}, not {wanted}."
    return known(Finding(fits, found, wanted, said, {"observed_value": found}))


def _row_count(asked: Asked, limits: Range) -> Check:
    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        return _count_finding(found[0][0], limits, "row")

    return Check(judge, (rows(asked.where),))


def _count_finding(count: int, limits: Range, noun: str) -> Finding:
    success = is_within(count, limits)
    said = (
        "" if success else f"There are {words.count(count, noun)}; the suite asks for {shown_range(limits)}."
    )
    return Finding(success, count, shown_range(limits), said, {"observed_value": count})


def _columns_finding(fits: bool, names: list[str], wanted: list[Any]) -> Finding:
    lacks = [str(name) for name in wanted if name not in names]
    more = [name for name in names if name not in wanted]
    said = (
        ""
        if fits
        else f"The columns differ: {', '.join(lacks) or 'none'} missing, {', '.join(more) or 'none'} more."
    )
    if not fits and not lacks and not more:
        said = "The columns stand in another order."
    return Finding(fits, said=said, result={"observed_value": names})


def _numbers(limits: Range) -> Range:
    for value in limits[:2]:
        if value is not None and not is_number(value):
            raise UnansweredError(f"A count must be a number, and is {value!r:.100}.")
    return limits
