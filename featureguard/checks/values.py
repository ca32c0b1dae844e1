"""Value sets: does a column hold only the values that were agreed?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from featureguard.checks import words
from featureguard.checks.units import failed, not_measured, passed, unknown, worst_unit
from featureguard.contract import Contract, Value, Values
from featureguard.observation import History, Observation, Unit
from featureguard.result import CheckResult, Code, Status


def values(
    contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterator[CheckResult]:
    """Count the rows of each unit whose value is not in the set; null is no value."""
    for name, column in contract.columns.items():
        if (promise := column.values) is None:
            continue
        result = CheckResult("values", Status.UNKNOWN, promise.severity, column=name, limit=0)
        yield worst_unit(contract, observation, result, partial(_judge, result, promise))


def _judge(result: CheckResult, promise: Values, unit: Unit) -> CheckResult:
    name = str(result.column)
    profile = unit.profile.columns.get(name)
    if profile is None:
        return unknown(result, f"'{name}' is missing.")
    if profile.values is None:
        return not_measured(result, f"The values of '{name}' were not collected")
    if profile.values.overflowed:
        reason = (
            f"'{name}' holds more different values than any set can name; {len(promise.one_of):,} are agreed."
        )
        return failed(result, Code.VALUE_UNEXPECTED, reason)
    if not profile.values.counts:
        return unknown(result, f"'{name}' has no values to judge.", Code.NO_EVIDENCE)
    allowed = {_normal(value) for value in promise.one_of}
    strange = {text: rows for text, rows in profile.values.counts if _normal(json.loads(text)) not in allowed}
    rows = sum(strange.values())
    if not rows:
        return passed(result, observed=0)
    common = sorted(strange, key=lambda text: (-strange[text], text))[:3]
    reason = f"{words.count(rows, 'row')} of '{name}' hold values that were not agreed: {', '.join(common)}."
    return failed(result, Code.VALUE_UNEXPECTED, reason, observed=rows)


def _normal(value: Value) -> tuple[str, Value]:
    """Numbers equal by value, whatever their type; a boolean is no number."""
    return "number" if type(value) in (int, float) else type(value).__name__, value
