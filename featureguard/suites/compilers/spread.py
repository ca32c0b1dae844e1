"""Expectations about values far from the others; they keep the different values of the column."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from featureguard.suites.asked import Asked
from featureguard.suites.check import MOST_EXAMPLES, Check, Finding
from featureguard.suites.compilers.aggregates import deviation, moments_of, tally_of
from featureguard.suites.compilers.rows import map_finding
from featureguard.suites.measures import rows
from featureguard.suites.quantiles import quantile
from featureguard.suites.tallying import COUNT, Tallied
from featureguard.suites.values import Kind

_Far = Callable[[Tallied, float | None, float | None], pl.Expr | None]


def z_scores(asked: Asked) -> Check:
    """`expect_column_value_z_scores_to_be_less_than`; where there is no spread nothing is far, as in GX."""
    threshold = asked.number("threshold")
    both = asked.flag("double_sided", default=True)

    def far(_: Tallied, mean: float | None, spread: float | None) -> pl.Expr | None:
        if mean is None or not spread or not math.isfinite(spread) or not math.isfinite(mean):
            return None
        score = (pl.col("0").cast(pl.Float64) - mean) / spread
        return ~(score.abs() < abs(threshold)) if both else ~(score < threshold)

    return _far_check(asked, far, f"have a z-score of {threshold:g} or more")


def outliers(asked: Asked) -> Check:
    """`expect_column_values_to_not_be_outliers`: beyond the quartiles, or from the mean, by a multiple."""
    method = asked.choice("method", ("iqr", "std"), "iqr")
    multiplier = asked.number("multiplier", 1.5)

    def beyond_quartiles(tallied: Tallied, _mean: float | None, _spread: float | None) -> pl.Expr | None:
        low, high = (quantile(tallied, share, "linear") for share in (0.25, 0.75))
        if not math.isfinite(low) or not math.isfinite(high):
            return None
        reach = multiplier * (high - low)
        return (pl.col("0") < low - reach) | (pl.col("0") > high + reach)

    def from_mean(_: Tallied, mean: float | None, spread: float | None) -> pl.Expr | None:
        if mean is None or spread is None or not math.isfinite(mean) or not math.isfinite(spread):
            return None
        values = pl.col("0").cast(pl.Float64)
        reach = multiplier * spread
        return values != mean if reach <= 0 else (values - mean).abs() >= reach

    return _far_check(asked, beyond_quartiles if method == "iqr" else from_mean, "are outliers")


def _far_check(asked: Asked, far: _Far, said: str) -> Check:
    column = asked.column().of(Kind.NUMBER)
    mostly = asked.mostly

    def judge(found: Sequence[Any], _examples: Sequence[Any]) -> Finding:
        tallied, moments, (count,) = found
        wrong, some = _far_values(tallied, far, moments)
        about = f"of the values of '{column.name}' {said}"
        return map_finding(count, tallied.rows, wrong, mostly, about, some, missing_counts=True)

    return Check(judge, (tally_of(asked, column), moments_of(asked, column), rows(asked.where)))


def _far_values(tallied: Tallied, far: _Far, moments: tuple[Any, ...]) -> tuple[int, list[Any]]:
    which = far(tallied, moments[2], deviation(moments)) if tallied.rows else None
    if which is None:
        return 0, []
    found = tallied.grouped.filter(which)
    return int(found.get_column(COUNT).sum()), found.to_series().sort().head(MOST_EXAMPLES).to_list()
