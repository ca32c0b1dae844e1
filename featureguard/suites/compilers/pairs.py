"""Expectations about two or more columns of each row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import combinations
from operator import and_, or_
from typing import Any

import polars as pl

from featureguard.suites.asked import Asked
from featureguard.suites.check import Check
from featureguard.suites.compilers.rows import among, kept_rows_check, map_finding
from featureguard.suites.measures import Tally, rows
from featureguard.suites.values import Column, Kind, UnansweredError, WrongTypeError, shown_type

_PAIR = ("both_values_are_missing", "either_value_is_missing", "neither")
_MANY = ("all_values_are_missing", "any_value_is_missing", "never")
_COMPARABLE = (Kind.NUMBER, Kind.TEXT, Kind.INSTANT, Kind.FLAG)


def greater(asked: Asked) -> Check:
    """`expect_column_pair_values_a_to_be_greater_than_b`; a missing value is not greater, nor is it less."""
    a, b = _pair(asked)
    good = a.values >= b.values if asked.flag("or_equal") else a.values > b.values
    said = f"of the rows have '{a.name}' not above '{b.name}'"
    return kept_rows_check(asked, _kept_pair(asked, a, b), ~good, (a, b), said)


def equal_pair(asked: Asked) -> Check:
    """`expect_column_pair_values_to_be_equal`; a missing value equals nothing."""
    a, b = _pair(asked)
    said = f"of the rows have '{a.name}' and '{b.name}' apart"
    return kept_rows_check(asked, _kept_pair(asked, a, b), a.values != b.values, (a, b), said)


def pair_in_set(asked: Asked) -> Check:
    """`expect_column_pair_values_to_be_in_set`: pairs, in which `null` is a missing value."""
    a, b = asked.column("column_A"), asked.column("column_B")
    allowed = asked.items("value_pairs_set")
    if not all(isinstance(pair, list | tuple) and len(pair) == len("ab") for pair in allowed):
        raise UnansweredError("'value_pairs_set' must be a list of pairs.")
    good = [_is_value(a, pair[0]) & _is_value(b, pair[1]) for pair in allowed]
    within = reduce(or_, good) if good else a.missing & ~a.missing
    said = f"of the rows have a pair of '{a.name}' and '{b.name}' that is not in the set"
    return kept_rows_check(asked, _kept_pair(asked, a, b), ~within, (a, b), said)


def equal_columns(asked: Asked) -> Check:
    """`expect_multicolumn_values_to_be_equal`: a missing value equals a missing one."""
    columns = asked.columns()
    first, *others = _comparable(columns)
    same = reduce(and_, [first.values.eq_missing(other.values) for other in others])
    said = f"of the rows have values of {_listed(columns)} that differ"
    return kept_rows_check(asked, _kept_many(asked, columns), ~same, columns, said)


def unique_within(asked: Asked) -> Check:
    """`expect_select_column_values_to_be_unique_within_record`: no two are the same, missing ones neither."""
    columns = _comparable(asked.columns())
    same = [one.values.eq_missing(other.values) for one, other in combinations(columns, 2)]
    said = f"of the rows have a value of {_listed(columns)} twice"
    return kept_rows_check(asked, _kept_many(asked, columns), reduce(or_, same), columns, said)


def sum_equals(asked: Asked) -> Check:
    """`expect_multicolumn_sum_to_equal`: the sum of each row; with a missing value it equals nothing."""
    columns = tuple(column.of(Kind.NUMBER) for column in asked.columns())
    total = asked.number("sum_total")
    found = reduce(lambda one, other: one + other, [column.values for column in columns])
    said = f"of the rows have a sum of {_listed(columns)} other than {total:g}"
    return kept_rows_check(asked, _kept_many(asked, columns), found != total, columns, said)


def compound_unique(asked: Asked) -> Check:
    """`expect_compound_columns_to_be_unique`: every row of several that are alike is unexpected."""
    columns = _hashable(asked.columns())
    keep = _all_of(asked.where, _kept_many(asked, columns))
    mostly = asked.mostly

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Any:
        tallied, (count,) = found
        repeated = tallied.repeated
        wrong = int(repeated.get_column("count").sum())
        some = repeated.drop("count").sort(pl.all()).head(20).rows()
        shown = [dict(zip([column.name for column in columns], row, strict=True)) for row in some]
        said = f"of the rows have values of {_listed(columns)} that other rows have too"
        return map_finding(count, tallied.rows, wrong, mostly, said, shown, missing_counts=True)

    return Check(judge, (Tally(tuple(column.values for column in columns), keep), rows(asked.where)))


def _pair(asked: Asked) -> tuple[Column, Column]:
    a, b = _comparable((asked.column("column_A"), asked.column("column_B")))
    return a, b


def _comparable(columns: Sequence[Column]) -> tuple[Column, ...]:
    first = columns[0]
    for column in columns:
        column.of(*_COMPARABLE)
        if column.kind is not first.kind or _zone(column) != _zone(first):
            raise WrongTypeError(
                f"'{first.name}' of type {shown_type(first.dtype)} and '{column.name}' of type"
                f" {shown_type(column.dtype)} cannot be compared."
            )
    return tuple(columns)


def _zone(column: Column) -> bool:
    return getattr(column.dtype, "time_zone", None) is not None


def _hashable(columns: Sequence[Column]) -> tuple[Column, ...]:
    for column in columns:
        if column.dtype.is_nested() or column.dtype == pl.Object:
            column.of(*_COMPARABLE)
    return tuple(columns)


def _kept_pair(asked: Asked, a: Column, b: Column) -> pl.Expr | None:
    ignored = asked.choice("ignore_row_if", _PAIR, _PAIR[0])
    if ignored == "neither":
        return None
    return ~(a.missing & b.missing) if ignored == _PAIR[0] else ~(a.missing | b.missing)


def _kept_many(asked: Asked, columns: Sequence[Column]) -> pl.Expr | None:
    ignored = asked.choice("ignore_row_if", _MANY, _MANY[0])
    if ignored == "never":
        return None
    missing = [column.missing for column in columns]
    return ~reduce(and_ if ignored == _MANY[0] else or_, missing)


def _is_value(column: Column, value: object) -> pl.Expr:
    return column.missing if value is None else among(column, [value]).fill_null(value=False)


def _all_of(*conditions: pl.Expr | None) -> pl.Expr | None:
    given = [condition for condition in conditions if condition is not None]
    return reduce(and_, given) if given else None


def _listed(columns: Sequence[Column]) -> str:
    return ", ".join(f"'{column.name}'" for column in columns)
