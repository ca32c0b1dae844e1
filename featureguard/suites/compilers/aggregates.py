"""Expectations about one number of a column: extremes, sums, means, spreads, shares, quantiles."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from featureguard.suites.asked import Asked, Range, shown_range
from featureguard.suites.check import Check, Finding
from featureguard.suites.measures import Measure, Tally, extreme, moments, rows
from featureguard.suites.quantiles import INTERPOLATIONS, quantile
from featureguard.suites.values import Column, Kind, UnansweredError, as_value, is_number

_ORDERED = (Kind.NUMBER, Kind.TEXT, Kind.INSTANT, Kind.FLAG)


def greatest(asked: Asked) -> Check:
    """`expect_column_max_to_be_between`."""
    return _extreme(asked, greatest=True)


def least(asked: Asked) -> Check:
    """`expect_column_min_to_be_between`."""
    return _extreme(asked, greatest=False)


def mean(asked: Asked) -> Check:
    """`expect_column_mean_to_be_between`."""
    return _moment(asked, "mean", lambda found: found[2])


def total(asked: Asked) -> Check:
    """`expect_column_sum_to_be_between`: of no values it is 0."""
    return _moment(asked, "sum", lambda found: found[1] or 0)


def stdev(asked: Asked) -> Check:
    """`expect_column_stdev_to_be_between`: of a sample, so two values are needed."""
    return _moment(asked, "standard deviation", deviation)


def median(asked: Asked) -> Check:
    """`expect_column_median_to_be_between`; keeps the different values."""
    column = asked.column().of(Kind.NUMBER)
    limits = _comparable_range(asked, column)

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        value = quantile(found[0], 0.5, "linear") if found[0].rows else None
        return between_finding(value, limits, f"The median of '{column.name}'")

    return Check(judge, (tally_of(asked, column),))


def quantiles(asked: Asked) -> Check:
    """`expect_column_quantile_values_to_be_between`, with GX's tolerance; keeps the different values."""
    column = asked.column().of(Kind.NUMBER)
    wanted, ranges = _quantile_ranges(asked)
    how = asked.kwargs.get("allow_relative_error") or "nearest"
    if how not in INTERPOLATIONS:
        known_ones = ", ".join(INTERPOLATIONS)
        raise UnansweredError(f"'allow_relative_error' must be one of {known_ones}, and is {how!r:.100}.")

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        values = [quantile(found[0], one, how) if found[0].rows else None for one in wanted]
        fits = [_is_near(value, one) for value, one in zip(values, ranges, strict=True)]
        wrong = [
            f"{q:g} is {value if value is None else format(value, 'g')}"
            for q, value, fit in zip(wanted, values, fits, strict=True)
            if not fit
        ]
        said = f"Quantiles of '{column.name}' are out of their ranges: {', '.join(wrong)}." if wrong else ""
        result = {
            "observed_value": {"quantiles": list(wanted), "values": values},
            "details": {"success_details": fits},
        }
        return Finding(all(fits), said=said, result=result)

    return Check(judge, (tally_of(asked, column),))


def share_of_values(asked: Asked) -> Check:
    """`expect_column_proportion_of_non_null_values_to_be_between`."""
    column = asked.column()
    limits = _share_range(asked)

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        count, missing = found[0]
        share = (count - missing) / count if count else None
        return share_finding(share, limits, f"The share of '{column.name}' that has a value")

    return Check(judge, (rows(asked.where, column.missing),))


def tally_of(asked: Asked, column: Column) -> Tally:
    """The different values of a column, without missing ones.

    Raises:
        UnansweredError: If its values cannot be told apart.
    """
    if column.dtype.is_nested() or column.dtype == pl.Object:
        column.of(*_ORDERED)
    there = ~column.missing
    if asked.where is None:
        return Tally((column.values,), there, key=column.name)
    return Tally((column.values,), asked.where & there)


def deviation(found: tuple[Any, ...]) -> float | None:
    """The standard deviation of a sample, from its moments; `None` for fewer than two values."""
    count, _, _, squares = found
    return math.sqrt(squares / (count - 1)) if count > 1 and squares is not None else None


def between_finding(value: Any, limits: Range, what: str) -> Finding:
    """Whether a value lies in a range; no value lies in none, as in GX."""
    nothing = value is None or (isinstance(value, float) and math.isnan(value))
    shown = None if nothing else value
    success = not nothing and is_within(value, limits)
    if success:
        said = ""
    elif nothing:
        said = f"{what} cannot be told: there are too few values."
    else:
        said = f"{what} is {_shown(value)}; the suite asks for {shown_range(limits)}."
    observed = shown if isinstance(shown, int | float | None) else _shown(shown)
    return Finding(success, observed, shown_range(limits), said, {"observed_value": shown})


def share_finding(share: float | None, limits: Range, what: str) -> Finding:
    """Whether a share lies in a range; a share of nothing is unknown, where GX says 0."""
    if share is None:
        return Finding(None, said=f"{what} cannot be told: there is nothing to have a share of.")
    return between_finding(share, limits, what)


def is_within(value: Any, limits: Range) -> bool:
    """Whether a value lies in a range whose ends can be compared with it."""
    lowest, highest, above, below = limits
    if lowest is not None and not (value > lowest if above else value >= lowest):
        return False
    return highest is None or bool(value < highest if below else value <= highest)


def _extreme(asked: Asked, *, greatest: bool) -> Check:
    column = asked.column().of(*_ORDERED)
    limits = _comparable_range(asked, column)
    values = column.values if asked.where is None else column.values.filter(asked.where)

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        what = f"The {'greatest' if greatest else 'least'} value of '{column.name}'"
        return between_finding(_comparable(column, found[0][0]), limits, what)

    return Check(judge, (extreme(values, greatest=greatest),))


def _moment(asked: Asked, what: str, value_of: Callable[[tuple[Any, ...]], Any]) -> Check:
    column = asked.column().of(Kind.NUMBER, Kind.FLAG)
    limits = _comparable_range(asked, column)

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        value = value_of(found[0])
        return between_finding(value, limits, f"The {what} of '{column.name}'")

    return Check(judge, (moments_of(asked, column),))


def moments_of(asked: Asked, column: Column) -> Measure:
    """Count, sum, mean and squares of a column of numbers."""
    values = column.values.cast(pl.Float64) if isinstance(column.dtype, pl.Decimal) else column.values
    if column.dtype.is_integer():
        values = values.cast(pl.Int128)  # A sum of many must not wrap around.
    return moments(values if asked.where is None else values.filter(asked.where))


def _comparable_range(asked: Asked, column: Column) -> Range:
    """The range as values that a value of the column, taken out of the frame, can be compared with."""
    lowest, highest, above, below = asked.range()
    ends = (None if end is None else _comparable(column, as_value(column, end)) for end in (lowest, highest))
    return (*ends, above, below)  # type: ignore[return-value]


def _comparable(column: Column, value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date) and column.dtype == pl.Date:
        return datetime.combine(value, datetime.min.time())
    return value


def _share_range(asked: Asked) -> Range:
    limits = asked.range()
    if not all(end is None or is_number(end) for end in limits[:2]):
        raise UnansweredError("'min_value' and 'max_value' must be numbers.")
    return limits


def _quantile_ranges(asked: Asked) -> tuple[list[float], list[tuple[float, float]]]:
    given = asked.kwargs.get("quantile_ranges")
    wanted, ranges = (
        (given.get(key) for key in ("quantiles", "value_ranges")) if isinstance(given, dict) else (0, 0)
    )
    if not isinstance(wanted, list) or not isinstance(ranges, list) or len(wanted) != len(ranges):
        raise UnansweredError("'quantile_ranges' must hold 'quantiles' and as many 'value_ranges'.")
    if not all(is_number(one) and 0 <= one <= 1 for one in wanted):
        raise UnansweredError("'quantiles' must be numbers in [0, 1].")
    return wanted, [_ends(one) for one in ranges]


def _ends(given: object) -> tuple[float, float]:
    if not isinstance(given, list) or len(given) != len("ab"):
        raise UnansweredError("Each of the 'value_ranges' must be a pair.")
    if not all(end is None or is_number(end) for end in given):
        raise UnansweredError("Each of the 'value_ranges' must be a pair of numbers or null.")
    low, high = given
    return -math.inf if low is None else low, math.inf if high is None else high


def _is_near(value: float | None, ends: tuple[float, float]) -> bool:
    """Whether a quantile lies in its range, or so near one of its ends as GX allows."""
    if value is None or math.isnan(value):
        return False
    near = any(math.isfinite(end) and abs(value - end) <= 1e-8 + 1e-4 * abs(end) for end in ends)
    return near or ends[0] <= value <= ends[1]


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return value.isoformat() if isinstance(value, date) else f"{value!s:.300}"
