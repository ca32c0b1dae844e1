"""Keys: does every key name one row of its unit?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from featureguard.checks import words
from featureguard.checks.units import failed, not_measured, passed, unknown, worst_unit
from featureguard.contract import Contract
from featureguard.observation import History, Observation, Unit
from featureguard.result import CheckResult, Code, Status


def keys(
    contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterator[CheckResult]:
    """Count the rows that repeat another row's key; null is a value like any other."""
    if (promise := contract.keys) is None:
        return
    names = ", ".join(promise.unique)
    result = CheckResult("keys", Status.UNKNOWN, promise.severity, column=names, limit=0)
    yield worst_unit(contract, observation, result, partial(_judge, result, promise.unique))


def _judge(result: CheckResult, columns: Sequence[str], unit: Unit) -> CheckResult:
    names = ", ".join(columns)
    if missing := [name for name in columns if unit.profile.columns and name not in unit.profile.columns]:
        return unknown(result, f"{', '.join(map(repr, missing))} is missing.")
    if unit.keys is None:
        return not_measured(result, f"The keys ({names}) were not counted")
    if not unit.keys.rows:
        return unknown(result, "There are no rows to judge.", Code.NO_EVIDENCE)
    repeated = unit.keys.rows - unit.keys.distinct
    if not repeated:
        return passed(result, observed=0)
    example = f", e.g. {unit.keys.example}" if unit.keys.example else ""
    reason = (
        f"{words.count(repeated, 'row')} of {unit.keys.rows:,} repeat the key ({names}) of another{example}."
    )
    return failed(result, Code.KEYS_DUPLICATED, reason, observed=repeated)
