"""Expectations about texts: regular expressions, LIKE patterns, lengths, formats of times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import and_, or_

import polars as pl

from featureguard.suites.asked import Asked, Range, shown_range
from featureguard.suites.check import Check
from featureguard.suites.compilers.rows import beyond, values_check
from featureguard.suites.patterns import like_to_regex, portable
from featureguard.suites.values import Column, Kind, UnansweredError, is_number


def regex(asked: Asked) -> Check:
    """`expect_column_values_to_match_regex`: the expression is found anywhere in the text."""
    column = _text_column(asked)
    return values_check(asked, column, ~_found(column, asked.text("regex")), "do not match the expression")


def not_regex(asked: Asked) -> Check:
    """`expect_column_values_to_not_match_regex`."""
    column = _text_column(asked)
    return values_check(asked, column, _found(column, asked.text("regex")), "match the expression")


def regex_list(asked: Asked) -> Check:
    """`expect_column_values_to_match_regex_list`: any of them, or all."""
    column = _text_column(asked)
    found = [_found(column, one) for one in _texts(asked, "regex_list")]
    return values_check(asked, column, ~_together(asked, found), "do not match the expressions")


def not_regex_list(asked: Asked) -> Check:
    """`expect_column_values_to_not_match_regex_list`: none of them."""
    column = _text_column(asked)
    found = [_found(column, one) for one in _texts(asked, "regex_list")]
    return values_check(asked, column, reduce(or_, found), "match an expression")


def like(asked: Asked) -> Check:
    """`expect_column_values_to_match_like_pattern`: as in SQL, the whole text, case counts."""
    column = _text_column(asked)
    return values_check(asked, column, ~_like(asked, column, asked.text("like_pattern")), "are not like it")


def not_like(asked: Asked) -> Check:
    """`expect_column_values_to_not_match_like_pattern`."""
    column = _text_column(asked)
    return values_check(asked, column, _like(asked, column, asked.text("like_pattern")), "are like it")


def like_list(asked: Asked) -> Check:
    """`expect_column_values_to_match_like_pattern_list`: any of them, or all."""
    column = _text_column(asked)
    found = [_like(asked, column, one) for one in _texts(asked, "like_pattern_list")]
    return values_check(asked, column, ~_together(asked, found), "are not like them")


def not_like_list(asked: Asked) -> Check:
    """`expect_column_values_to_not_match_like_pattern_list`: none of them."""
    column = _text_column(asked)
    found = [_like(asked, column, one) for one in _texts(asked, "like_pattern_list")]
    return values_check(asked, column, reduce(or_, found), "are like one of them")


def lengths_between(asked: Asked) -> Check:
    """`expect_column_value_lengths_to_be_between`: characters, not bytes."""
    return _lengths_within(asked, asked.range(required=True))


def lengths_equal(asked: Asked) -> Check:
    """`expect_column_value_lengths_to_equal`: characters, not bytes."""
    value = asked.number("value")
    return _lengths_within(asked, (value, value, False, False))


def strftime(asked: Asked) -> Check:
    """`expect_column_values_to_match_strftime_format`: Python reads the text by the format, once for each."""
    column = _text_column(asked)
    form = asked.text("strftime_format")
    try:
        datetime.strptime(datetime(2000, 1, 2).strftime(form), form)  # noqa: DTZ001, DTZ007  (only the format)
    except ValueError as error:
        raise UnansweredError(f"'strftime_format' {form!r:.100} cannot be read by: {error}.") from None

    def unreadable(values: pl.Series) -> pl.Series:
        wrong = [value for value in values.unique() if value is not None and not _reads(value, form)]
        return values.is_in(pl.Series(wrong, dtype=pl.String).implode())

    bad = column.values.map_batches(unreadable, return_dtype=pl.Boolean, is_elementwise=True)
    return values_check(asked, column, bad, f"cannot be read as {form}")


def _reads(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)  # noqa: DTZ007  (only whether it can be read)
    except ValueError:
        return False
    return True


def _text_column(asked: Asked) -> Column:
    return asked.column().of(Kind.TEXT)


def _found(column: Column, expression: str) -> pl.Expr:
    return column.values.str.contains(portable(expression), strict=True)


def _like(asked: Asked, column: Column, pattern: str) -> pl.Expr:
    escape = asked.kwargs.get("escape")
    if escape is not None and (not isinstance(escape, str) or len(escape) != 1):
        raise UnansweredError(f"'escape' must be one character, and is {escape!r:.100}.")
    return column.values.str.contains(like_to_regex(pattern, escape), strict=True)


def _texts(asked: Asked, key: str) -> list[str]:
    found = asked.items(key)
    if not found or not all(isinstance(one, str) and one for one in found):
        raise UnansweredError(f"'{key}' must be a list of texts.")
    return found


def _together(asked: Asked, found: Sequence[pl.Expr]) -> pl.Expr:
    join = asked.choice("match_on", ("any", "all"), "any")
    return reduce(or_ if join == "any" else and_, found)


def _lengths_within(asked: Asked, limits: Range) -> Check:
    column = _text_column(asked)
    least, most, above, below = limits
    for value in (least, most):
        if value is not None and not is_number(value):
            raise UnansweredError(f"A length must be a number, and is {value!r:.100}.")
    lengths = column.values.str.len_chars().cast(pl.Int64)
    low, high = (None if value is None else pl.lit(value) for value in (least, most))
    outside = beyond(lengths, low, high, above=above, below=below)
    return values_check(asked, column, outside, f"have a length outside the range ({shown_range(limits)})")
