"""The state behind a `Tally`: rows as they come until they are many, then one of each with a count."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import polars as pl

from featureguard.suites.measures import Tally

COUNT = "count"
RAW_ROWS = 1 << 20
"""Rows that are kept as they come before they are counted; counting fewer costs more than it saves."""


class Tallied:
    """Values with their counts, at the end of the data.

    Args:
        frame: The values.
        is_counted: Whether each row stands for as many as its `count` says; else for one.
    """

    def __init__(self, frame: pl.DataFrame, *, is_counted: bool) -> None:
        self._frame, self._is_counted = frame, is_counted
        self._names = [name for name in frame.columns if name != COUNT]

    @cached_property
    def rows(self) -> int:
        """How many rows were counted."""
        return int(self._frame.get_column(COUNT).sum()) if self._is_counted else self._frame.height

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        if self._is_counted:
            return self._frame.height
        # One column is counted without grouping, which for numbers is many times faster.
        single = len(self._names) == 1
        return self._frame.to_series().n_unique() if single else self.grouped.height

    @cached_property
    def grouped(self) -> pl.DataFrame:
        """One row for each different value, with its `count`."""
        return self._frame if self._is_counted else _counted(self._frame, self._names)

    @property
    def values(self) -> pl.Series:
        """The different values of the only column."""
        return self.grouped.get_column(self._names[0])

    @property
    def repeated(self) -> pl.DataFrame:
        """The values that occur more than once, with their counts."""
        if self.distinct == self.rows:
            return self._frame.clear() if self._is_counted else self._frame.clear().with_columns(count=0)
        return self.grouped.filter(pl.col(COUNT) > 1)

    def at(self, ranks: Sequence[int]) -> list[Any]:
        """The values at some ranks, the least at rank 0, each value as often as it occurs."""
        if not self._is_counted:
            return [self._sorted.item(rank) for rank in ranks]
        ends = self._sorted_groups.get_column(COUNT).cum_sum()
        places = ends.search_sorted(pl.Series(ranks, dtype=pl.Int64), side="right")
        return self._sorted_groups.get_column(self._names[0]).gather(places).to_list()

    @cached_property
    def _sorted(self) -> pl.Series:
        return self._frame.to_series().sort()

    @cached_property
    def _sorted_groups(self) -> pl.DataFrame:
        return self._frame.sort(self._names[0])


class Tallier:
    """Gathers a `Tally` over batches.

    Attributes:
        crashed: Why it could not go on; empty while it can.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._finished: Tallied | None = None
        self.crashed = ""
        self._parts: list[pl.DataFrame] = []
        self._waiting = 0
        self._counted: pl.DataFrame | None = None

    def add(self, batch: pl.DataFrame) -> None:
        """Take in a batch."""
        part = self._tally.of(batch)
        self._parts.append(part)
        self._waiting += part.height
        if self._waiting > max(RAW_ROWS, self._counted.height if self._counted is not None else 0):
            self._count()

    def finish(self) -> Tallied:
        """What all batches held; asked for again, it is the same."""
        if self._finished is None:
            self._finished = self._all()
        return self._finished

    def _all(self) -> Tallied:
        if self._counted is None:
            return Tallied(pl.concat(self._parts), is_counted=False)
        if self._parts:
            self._count()
        return Tallied(self._counted, is_counted=True)

    def _count(self) -> None:
        waiting = pl.concat(self._parts)
        found = _counted(waiting, waiting.columns)
        if self._counted is not None:
            both = pl.concat([self._counted, found])
            found = both.group_by(waiting.columns).agg(pl.col(COUNT).sum())
        self._counted, self._parts, self._waiting = found, [], 0


def _counted(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    return frame.group_by(names).agg(pl.len().cast(pl.Int64).alias(COUNT))
