"""One pass over the data: every measure of every check, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pyarrow as pa

from featureguard.sources.hardening import hardened
from featureguard.suites.check import MOST_EXAMPLES, Check, Finding
from featureguard.suites.compiling import Compiled, crash
from featureguard.suites.measures import Fold
from featureguard.suites.tallying import Tallier
from featureguard.suites.values import plain

# polars panics with a `BaseException`, which `except Exception` lets through.
_ERRORS = (Exception, pl.exceptions.PanicException)


@dataclass(slots=True)
class _Run:
    """A check on its way through the data."""

    compiled: Compiled
    check: Check
    number: int
    states: list[Any] = field(default_factory=list)
    examples: list[Any] = field(default_factory=list)
    crashed: str = ""

    @property
    def folds(self) -> Iterator[tuple[int, Fold]]:
        for place, measure in enumerate(self.check.measures):
            if isinstance(measure, Fold):
                yield place, measure

    def expressions(self) -> Iterator[pl.Expr]:
        """The aggregates of its folds over a batch, each with a name of its own."""
        for place, fold in self.folds:
            for n, expression in enumerate(fold.expressions):
                yield expression.alias(f"{self.number}.{place}.{n}")


def run(
    compiled: Sequence[Compiled],
    schema: Mapping[str, pl.DataType],
    batches: Callable[[Sequence[str]], Iterable[pa.RecordBatch]],
) -> dict[int, Finding | str]:
    """What each check found, by its place in `compiled`; a text says why it could not run.

    Args:
        compiled: Expectations; those without a check are left out.
        schema: The types of the columns.
        batches: Gives the rows of some columns, once, in their order.

    Raises:
        SourceError: If the rows cannot be read.
    """
    runs = [_Run(one, one.check, number) for number, one in enumerate(compiled) if one.check is not None]
    talliers = _talliers(runs)
    # A batch of no rows first: what cannot run at all crashes on it, and all states have a beginning.
    for frame in _frames(schema, batches, runs):
        _gather(frame, talliers)
        _take(frame, [one for one in runs if not one.crashed])
    return {one.number: _judged(one) for one in runs}


def _talliers(runs: Sequence[_Run]) -> list[Tallier]:
    """Give every run its states; tallies of one key share one."""
    shared: dict[str, Tallier] = {}
    found: list[Tallier] = []
    for one in runs:
        for measure in one.check.measures:
            if isinstance(measure, Fold):
                one.states.append(None)
                continue
            tallier = shared.get(measure.key) if measure.key is not None else None
            if tallier is None:
                tallier = Tallier(measure)
                found.append(tallier)
                if measure.key is not None:
                    shared[measure.key] = tallier
            one.states.append(tallier)
    return found


def _gather(frame: pl.DataFrame, talliers: Sequence[Tallier]) -> None:
    for tallier in talliers:
        if not tallier.crashed:
            try:
                tallier.add(frame)
            except _ERRORS as error:
                tallier.crashed = crash(error)


def _frames(
    schema: Mapping[str, pl.DataType],
    batches: Callable[[Sequence[str]], Iterable[pa.RecordBatch]],
    runs: Sequence[_Run],
) -> Iterator[pl.DataFrame]:
    needed = frozenset[str]().union(*(one.compiled.columns for one in runs))
    columns = {name: dtype for name, dtype in schema.items() if name in needed}
    plainly = [plain(name, dtype) for name, dtype in columns.items()]
    yield pl.DataFrame(schema=columns).select(plainly)
    if not any(one.check.measures for one in runs):
        return  # the schema told everything
    for batch in batches(tuple(columns)):
        if batch.num_rows:
            with hardened("a batch"):
                frame = _frame(batch, columns).with_columns(plainly)
            yield frame


def _frame(batch: pa.RecordBatch, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """A batch in the types of the data; where a file lacks a column, it is null."""
    there = [name for name in columns if name in batch.schema.names]
    if there:
        frame = pl.DataFrame(pa.Table.from_batches([batch.select(there)]))
    else:  # A column that only counts the rows.
        frame = pl.DataFrame({"": pl.repeat(None, batch.num_rows, dtype=pl.Null, eager=True)})
    casts = [pl.col(n).cast(columns[n]) for n in there if frame.schema[n] != columns[n]]
    lacking = [pl.lit(None, dtype=d).alias(n) for n, d in columns.items() if n not in there]
    return frame.with_columns(*casts, *lacking)


def _take(frame: pl.DataFrame, runs: Sequence[_Run]) -> None:
    row = _row(frame, runs)
    for one in runs:
        try:
            if not one.crashed:
                _take_one(frame, one, row)
        except _ERRORS as error:
            one.crashed = crash(error)


def _row(frame: pl.DataFrame, runs: Sequence[_Run]) -> Mapping[str, Any]:
    """All aggregates of a batch by name; where one crashes, only its own check is lost."""
    together = [expression for one in runs for expression in one.expressions()]
    if not together:
        return {}
    try:
        return frame.lazy().select(together).collect().row(0, named=True)
    except _ERRORS as error:
        if len(runs) == 1:
            runs[0].crashed = crash(error)
            return {}
        middle = len(runs) // 2
        return {**_row(frame, runs[:middle]), **_row(frame, runs[middle:])}


def _take_one(frame: pl.DataFrame, one: _Run, row: Mapping[str, Any]) -> None:
    for place, fold in one.folds:
        found = tuple(row[f"{one.number}.{place}.{n}"] for n in range(len(fold.expressions)))
        before = one.states[place]
        one.states[place] = found if before is None else fold.merge(before, found)
        if place == 0 and one.check.examples and found[1]:
            _take_examples(frame, one)


def _take_examples(frame: pl.DataFrame, one: _Run) -> None:
    lacking = MOST_EXAMPLES - len(one.examples)
    if lacking <= 0:
        return
    values = [frame.lazy().select(example).collect().to_series() for example in one.check.examples]
    if len(values) == 1:
        one.examples += values[0].head(lacking).to_list()
        return
    names = [series.name for series in values]
    rows = zip(*(series.head(lacking).to_list() for series in values), strict=True)
    one.examples += [dict(zip(names, row, strict=True)) for row in rows]


def _judged(one: _Run) -> Finding | str:
    crashes = [state.crashed for state in one.states if isinstance(state, Tallier) and state.crashed]
    if one.crashed or crashes:
        return one.crashed or crashes[0]
    try:
        states = [state.finish() if isinstance(state, Tallier) else state for state in one.states]
        return one.check.judge(states, one.examples)
    except _ERRORS as error:
        return crash(error)
