"""A training join: no row lost or doubled, and no more nulls than contracts promise.

Feast's stores differ in silence: where a feature is beyond its ttl or from the future, one drops the row and
another leaves a null.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from featureguard import guard
from featureguard.checks.nulls import nulls
from featureguard.contract import Contract
from featureguard.errors import TrainingDataError, UsageError
from featureguard.promises import Column, Schema
from featureguard.result import CheckResult, Status


@dataclass(frozen=True, slots=True)
class Expected:
    """A column of the joined rows.

    Attributes:
        name: Its name there.
        promise: What a contract promises of the column; `None` promises nothing.
    """

    name: str
    promise: Column | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """What a training join came to.

    Attributes:
        rows_in: Entities that were asked for.
        rows_out: Rows that came.
        results: Of each column with a promise about nulls; the limit and what was observed, in [0, 1].
        null_ratios: Share of nulls of every joined column, in [0, 1]; of no row it is left out.
    """

    rows_in: int
    rows_out: int
    results: tuple[CheckResult, ...] = ()
    null_ratios: Mapping[str, float] | None = None

    @property
    def problems(self) -> list[str]:
        """What is wrong, a sentence each; empty if nothing is."""
        found = []
        if not self.rows_in:
            found.append("There are no entities to train on.")
        elif self.rows_out < self.rows_in:
            found.append(
                f"{self.rows_in - self.rows_out:,} of {self.rows_in:,} rows were lost in the join: Feast"
                " drops rows"
                " without a feature inside its view's ttl."
            )
        elif self.rows_out > self.rows_in:
            found.append(
                f"{self.rows_in:,} rows became {self.rows_out:,} in the join: a key has several rows of one"
                " time."
            )
        wrong = (one for one in self.results if one.status is not Status.PASS)
        return found + [one.reason or f"'{one.column}' was not judged." for one in wrong]

    def raise_if_wrong(self) -> None:
        """Let nothing be trained on it if something is wrong.

        Raises:
            TrainingDataError: If something is.
        """
        if problems := self.problems:
            raise TrainingDataError(" ".join(problems), self)


def check_training(rows_in: int, joined: Any, expected: Iterable[Expected]) -> Joined:
    """Judge a training join.

    Args:
        rows_in: How many entities were asked for.
        joined: What came: a pyarrow, polars or pandas table, or anything with `__arrow_c_stream__`.
        expected: Its features, with what is promised of them.

    Raises:
        UsageError: If it is no table, or a feature is no column of it.
    """
    from featureguard.sources.memory import MemorySource  # noqa: PLC0415  (pyarrow, only with data at hand)

    (fragment,) = MemorySource(joined, "joined rows").snapshot().fragments
    rows = fragment.statistics().rows or 0
    columns = {one.name: one.promise for one in expected}
    told = fragment.statistics().columns
    if missing := sorted(set(columns) - set(told)):
        raise UsageError(f"The joined rows have no column '{missing[0]}'.")
    ratios = {name: (told[name].nulls or 0) / rows for name in columns if rows}
    promised = {name: promise for name, promise in columns.items() if promise is not None}
    results: Sequence[CheckResult] = ()
    if rows and promised:
        contract = Contract(
            dataset="training", owner="training", schema=Schema(mode="ignore", columns=promised)
        )
        results = guard.check(contract, joined, now=datetime.now(UTC), checks=[nulls]).results
    return Joined(rows_in, rows, tuple(results), ratios)


class CheckedJob:
    """Feast's `RetrievalJob`, whose rows are checked when they are taken.

    Other ways to take them, as Feast's `persist`, are those of `job`, and check nothing.

    Args:
        job: Feast's job.
        rows_in: How many entities were asked for.
        expected: Its features, with what is promised of them.
    """

    def __init__(self, job: Any, rows_in: int, expected: Sequence[Expected]) -> None:
        self.job, self._rows_in, self._expected = job, rows_in, expected
        self.joined: Joined | None = None
        """What the join came to, once it was taken."""

    def to_arrow(self, *arguments: Any, check: bool = True, **more: Any) -> Any:
        """The rows as a pyarrow Table.

        Raises:
            TrainingDataError: If rows were lost or doubled, or more is null than promised, and `check` is
                true.
        """
        return self._checked(self.job.to_arrow(*arguments, **more), check)

    def to_df(self, *arguments: Any, check: bool = True, **more: Any) -> Any:
        """The rows as a pandas DataFrame.

        Raises:
            TrainingDataError: If rows were lost or doubled, or more is null than promised, and `check` is
                true.
        """
        return self._checked(self.job.to_df(*arguments, **more), check)

    def _checked(self, rows: Any, check: bool) -> Any:
        self.joined = check_training(self._rows_in, rows, self._expected)
        if check:
            self.joined.raise_if_wrong()
        return rows
