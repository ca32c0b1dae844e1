"""Ranges: do all values of a column lie where they can?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from featureguard.arrow_types import read_type
from featureguard.checks.units import failed, not_measured, passed, unknown, worst_unit
from featureguard.contract import Contract, Range
from featureguard.observation import History, Observation, Unit
from featureguard.profile import Extreme, Never
from featureguard.result import CheckResult, Code, Status

_NUMBERS = ("int", "uint", "float", "decimal")


def ranges(
    contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterator[CheckResult]:
    """Compare the smallest and the largest value of each unit with their limits; NaN is no value."""
    for name, column in contract.columns.items():
        if (promise := column.range) is None:
            continue
        result = CheckResult("range", Status.UNKNOWN, promise.severity, column=name)
        yield worst_unit(contract, observation, result, partial(_judge, result, promise))


def _judge(result: CheckResult, promise: Range, unit: Unit) -> CheckResult:
    name = str(result.column)
    profile = unit.profile.columns.get(name)
    if profile is None:
        return unknown(result, f"'{name}' is missing.")
    if other := sorted(text for text in profile.types if not read_type(text).name.startswith(_NUMBERS)):
        return unknown(result, f"A range judges numbers; '{name}' is {other[0]}.")
    if profile.least is None or profile.greatest is None:
        return not_measured(result, f"The extremes of '{name}' were not measured")
    if isinstance(profile.least, Never) or isinstance(profile.greatest, Never):
        return unknown(result, f"'{name}' has no values to judge.", Code.NO_EVIDENCE)
    low, high = promise.at_least, promise.at_most
    if low is not None and profile.least < low:
        return _violated(result, f"The smallest '{name}' is {profile.least}", low, "at least", profile.least)
    if high is not None and profile.greatest > high:
        return _violated(
            result, f"The largest '{name}' is {profile.greatest}", high, "at most", profile.greatest
        )
    return passed(result, observed=_number(profile.greatest), limit=high)


def _violated(
    result: CheckResult, what: str, limit: int | float, allowed: str, observed: Extreme
) -> CheckResult:
    reason = f"{what}; the contract allows {allowed} {limit}."
    return failed(result, Code.RANGE_VIOLATED, reason, observed=_number(observed), limit=limit)


def _number(extreme: Extreme) -> int | float:
    return extreme if isinstance(extreme, int) else float(extreme)
