"""Judge every unit of a look and say the worst."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from featureguard.contract import Contract
from featureguard.observation import Observation, Unit
from featureguard.result import CheckResult, Code, Status


def worst_unit(
    contract: Contract,
    observation: Observation,
    missing: CheckResult,
    judge: Callable[[Unit], CheckResult],
) -> CheckResult:
    """The worst result over all judged units; of equally bad ones the latest.

    Args:
        missing: The result where there is no unit to judge, without status, code and reason.
        judge: Judges one unit.
    """
    results = [dataclasses.replace(judge(unit), unit=_name(unit)) for unit in observation.units]
    if not results:
        reason = f"There is no closed {contract.judge.per or 'unit'} to judge yet."
        return dataclasses.replace(missing, status=Status.UNKNOWN, code=Code.NO_EVIDENCE, reason=reason)
    failed = [result for result in results if result.status is Status.FAIL]
    # What a scan could still answer comes before what stays unknown, so that it is scanned.
    order = [(result.status.rank, result.not_measured, index) for index, result in enumerate(results)]
    worst = results[max(order)[2]]
    reason = f"{worst.unit}: {worst.reason}" if worst.reason and worst.unit else worst.reason
    if len(failed) > 1:
        reason += f" {len(failed)} of {len(results)} units fail."
    return dataclasses.replace(worst, reason=reason, units_judged=len(results), units_failed=len(failed))


def not_measured(result: CheckResult, what: str) -> CheckResult:
    """The result as `unknown`, because the profile lacks a measure."""
    return dataclasses.replace(
        result, status=Status.UNKNOWN, code=Code.EVIDENCE_PARTIAL, reason=f"{what}.", not_measured=True
    )


def unknown(result: CheckResult, reason: str, code: Code = Code.EVIDENCE_PARTIAL) -> CheckResult:
    """The result as `unknown` for good: no scan would answer it."""
    return dataclasses.replace(result, status=Status.UNKNOWN, code=code, reason=reason)


def passed(result: CheckResult, **observed: object) -> CheckResult:
    """The result as a pass."""
    return dataclasses.replace(result, status=Status.PASS, **observed)  # type: ignore[arg-type]


def failed(result: CheckResult, code: Code, reason: str, **observed: object) -> CheckResult:
    """The result as a failure."""
    return dataclasses.replace(result, status=Status.FAIL, code=code, reason=reason, **observed)  # type: ignore[arg-type]


def _name(unit: Unit) -> str | None:
    return None if unit.key == "all" else unit.key
