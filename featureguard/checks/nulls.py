"""Nulls: is each column as complete as promised?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from featureguard.checks import words
from featureguard.checks.units import failed, not_measured, passed, unknown, worst_unit
from featureguard.contract import Column, Contract
from featureguard.measures import covered, spelled
from featureguard.observation import History, Observation, Unit
from featureguard.result import CheckResult, Code, Severity, Status


@dataclass(frozen=True, slots=True)
class NullCount:
    """Rows without a value in one column of one unit.

    Attributes:
        rows: Rows of the unit.
        least: Fewest rows without a value that the measures allow.
        exact: Whether `least` is the exact number; metadata counts nulls but no NaN.
    """

    rows: int
    least: int
    exact: bool

    @property
    def rate(self) -> float:
        """Least share of rows without a value, in [0, 1]."""
        return self.least / self.rows


def nulls(
    contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterator[CheckResult]:
    """Compare the share of rows without a value with its limit, both in [0, 1], in every judged unit."""
    for name, column in contract.columns.items():
        if (limit := null_limit(column)) is None:
            continue
        severity = column.nulls.severity if column.nulls else Severity.BLOCK
        result = CheckResult("nulls", Status.UNKNOWN, severity, column=name, limit=limit)
        yield worst_unit(contract, observation, result, partial(_judge, result, column))


def null_limit(column: Column) -> float | None:
    """The largest allowed share of rows without a value; `None` if nothing is promised."""
    if not column.nullable:
        return 0.0
    return column.nulls.at_most if column.nulls else None


def count_nulls(name: str, column: Column, unit: Unit) -> NullCount | None:
    """Count the rows without a value, as the contract defines them; `None` if the unit's rows are unknown.

    Rows of files that lack an optional column count as null.
    """
    profile, rows = unit.profile.columns.get(name), unit.profile.rows
    if rows is None:
        return None
    if profile is None:
        return NullCount(rows, rows if column.optional else 0, exact=column.optional)
    covers, sentinels = covered(column.nulls), column.nulls.sentinels if column.nulls else ()
    parts = {
        "null": [profile.nulls],
        "nan": [profile.nans],
        "empty": [profile.empties],
        "sentinel": [profile.tally(spelled(value)) for value in sentinels],
    }
    counts = [count for what in covers for count in parts[what]]
    absent = rows - profile.rows
    return NullCount(rows, absent + sum(count or 0 for count in counts), None not in counts)


def _judge(result: CheckResult, column: Column, unit: Unit) -> CheckResult:
    name, limit = str(result.column), float(result.limit or 0)
    found = count_nulls(name, column, unit)
    if found is None:
        return not_measured(result, f"The nulls of '{name}' were not counted")
    if not found.rows:
        return unknown(result, "There are no rows to judge.", Code.NO_EVIDENCE)
    if name not in unit.profile.columns and not column.optional:
        return unknown(result, f"'{name}' is missing.")
    if found.rate > limit:
        what = _what(name, column, unit)
        reason = (
            f"{words.percent(found.rate)} of '{name}' is {what}; the contract allows {words.percent(limit)}."
        )
        return failed(result, Code.NULL_LIMIT, reason, observed=found.rate)
    if not found.exact:
        return not_measured(result, f"The nulls of '{name}' were not all counted")
    return passed(result, observed=found.rate)


def _what(name: str, column: Column, unit: Unit) -> str:
    """What the rows without a value hold, e.g. `null or NaN`."""
    covers, profile = covered(column.nulls), unit.profile.columns.get(name)
    if profile is None:
        return "null"
    sentinels = column.nulls.sentinels if column.nulls else ()
    found = {
        "null": profile.nulls or profile.rows < (unit.profile.rows or 0),
        "nan": profile.nans,
        "empty": profile.empties,
        "sentinel": any(profile.tally(spelled(value)) for value in sentinels),
    }
    names = {"null": "null", "nan": "NaN", "empty": "empty", "sentinel": "a sentinel"}
    return " or ".join(names[what] for what in names if what in covers and found[what]) or "null"
