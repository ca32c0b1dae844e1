"""Volume: does each judged unit have as many rows as promised?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime

from featureguard.checks import words
from featureguard.checks.units import failed, not_measured, passed, worst_unit
from featureguard.contract import Contract, Volume
from featureguard.observation import NO_TIME, History, Observation, Unit
from featureguard.result import CheckResult, Code, Status


def volume(
    contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterator[CheckResult]:
    """Compare the rows of each unit with their limits; rows without a time are no window of their own."""
    if (promise := contract.volume) is None:
        return
    windows = tuple(unit for unit in observation.units if unit.key != NO_TIME)
    observation = dataclasses.replace(observation, units=windows)
    result = CheckResult("volume", Status.UNKNOWN, promise.severity, limit=_limit(promise))
    yield worst_unit(contract, observation, result, lambda unit: _judge(promise, result, unit))


def _judge(promise: Volume, result: CheckResult, unit: Unit) -> CheckResult:
    rows = unit.profile.rows
    if rows is None:
        return not_measured(result, "The rows were not counted")
    if promise.at_least is not None and rows < promise.at_least:
        reason = f"There are {words.count(rows, 'row')}; the contract asks for at least {promise.at_least:,}."
        return failed(result, Code.VOLUME_OUT_OF_RANGE, reason, observed=rows, limit=promise.at_least)
    if promise.at_most is not None and rows > promise.at_most:
        reason = f"There are {words.count(rows, 'row')}; the contract allows at most {promise.at_most:,}."
        return failed(result, Code.VOLUME_OUT_OF_RANGE, reason, observed=rows, limit=promise.at_most)
    return passed(result, observed=rows)


def _limit(promise: Volume) -> int | None:
    return promise.at_least if promise.at_least is not None else promise.at_most
