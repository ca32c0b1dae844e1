"""What a check gathers from batches and keeps: counts and extremes, or values in a state that grows.

A `Fold` keeps one row of numbers whatever the data. A `Tally` keeps each distinct value of its columns with
its count, so its memory follows the distinct values; what needs it says so in docs/suites.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Numbers of each batch that merge into the numbers of all.

    Attributes:
        expressions: Aggregates of a batch, one value each.
        merge: Merges the values of two batches; those of no rows must not change the others.
    """

    expressions: tuple[pl.Expr, ...]
    merge: Callable[[Row, Row], Row]


@dataclass(frozen=True, slots=True)
class Tally:
    """Distinct values of some columns, with counts.

    Attributes:
        values: The columns, as expressions over a batch; named `0`, `1`, … in the state.
        keep: Which rows count; `None` means all.
        key: Tallies of one key are one state, gathered once; `None` for one that is shared with nobody.
    """

    values: tuple[pl.Expr, ...]
    keep: pl.Expr | None = None
    key: str | None = None

    def of(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The rows of a batch that count."""
        rows = batch.lazy() if self.keep is None else batch.lazy().filter(self.keep)
        return rows.select(value.alias(str(n)) for n, value in enumerate(self.values)).collect()


Measure = Fold | Tally


def counts(*expressions: pl.Expr) -> Fold:
    """How many rows are true, of each expression; null is not true."""
    return Fold(tuple(expression.sum() for expression in expressions), _added)


def rows(where: pl.Expr | None, *expressions: pl.Expr) -> Fold:
    """How many rows there are, and how many of them are true, of each expression.

    Args:
        where: Which rows count at all; `None` means all.
        expressions: What is counted among them.
    """
    if where is None:
        return Fold((pl.len(), *(expression.sum() for expression in expressions)), _added)
    return counts(where, *(where & expression for expression in expressions))


def extreme(values: pl.Expr, *, greatest: bool) -> Fold:
    """The greatest or least value; null if there is none."""
    choose = max if greatest else min

    def merge(one: Row, other: Row) -> Row:
        found = [value for (value,) in (one, other) if value is not None]
        return (choose(found) if found else None,)

    return Fold((values.max() if greatest else values.min(),), merge)


def moments(values: pl.Expr) -> Fold:
    """Count, sum, mean and the sum of squared distances from the mean, as floats.

    Merged by Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm" (1979).
    """
    floats = values.cast(pl.Float64)
    squares = floats.var(ddof=0) * floats.count()
    return Fold((values.count(), values.sum(), floats.mean(), squares), _moments_merged)


def _added(one: Row, other: Row) -> Row:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _moments_merged(one: Row, other: Row) -> Row:
    if not one[0] or not other[0]:
        return one if one[0] else other
    count = one[0] + other[0]
    apart = other[2] - one[2]
    mean = one[2] + apart * other[0] / count if math.isfinite(apart) else one[2] + other[2]
    squares = one[3] + other[3] + apart * apart * one[0] * other[0] / count
    return count, one[1] + other[1], mean, squares
