"""Partitions: is one missing, or too small, between others that are there?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from featureguard.arrivals import Partitions
from featureguard.checks import words
from featureguard.checks.units import failed, not_measured, passed, unknown
from featureguard.contract import Contract
from featureguard.observation import History, Observation
from featureguard.partitions import Completeness, completeness
from featureguard.result import CheckResult, Code, Status

_MOST_NAMED = 5


def partitions(
    contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterator[CheckResult]:
    """Count the partitions that are missing or under-filled, from the first to the newest one; none may be.

    Those that were not over when somebody looked are left alone.
    """
    if (promise := contract.partitions) is None:
        return
    result = CheckResult("partitions", Status.UNKNOWN, promise.severity, limit=0)
    if observation.partitions is None:
        where = (
            f": no folder is named after a {promise.per} by '{'/'.join(promise.by)}'" if promise.by else ""
        )
        yield not_measured(result, f"The partitions were not counted{where}")
        return
    found = completeness(promise, observation.partitions, observation.observed_at)
    if found is None:
        yield failed(result, Code.NEVER_ARRIVED, f"There is no {promise.per} with data at all.")
    else:
        yield _judge(promise, result, found)


def _judge(promise: Partitions, result: CheckResult, found: Completeness) -> CheckResult:
    if not found.expected:
        return unknown(result, f"There is no closed {promise.per} to judge yet.", Code.NO_EVIDENCE)
    judged = {"units_judged": len(found.expected), "units_failed": len(found.broken)}
    if found.broken:
        reason = " ".join(_sentences(promise, found))
        counts = {**judged, "observed": len(found.broken)}
        return failed(result, Code.PARTITION_MISSING, reason, unit=found.broken[-1], **counts)
    if found.uncounted:
        return not_measured(result, f"The rows of {_listed(found.uncounted)} were not counted")
    return passed(result, observed=0, **judged)


def _sentences(promise: Partitions, found: Completeness) -> Iterator[str]:
    total = words.count(len(found.expected), promise.per)
    if gone := found.missing:
        verb = "is" if len(gone) == 1 else "are"
        yield f"{len(gone):,} of {total} {verb} missing: {_listed(gone)}."
    if few := found.under_filled:
        verb = "holds" if len(few) == 1 else "hold"
        least = words.count(promise.at_least_rows, "row")
        yield f"{len(few):,} of {total} {verb} fewer than {least}: {_listed(few)}."
    end = found.complete_through
    yield f"The data is complete through {words.instant(end)}." if end else "Not even the first is complete."


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _MOST_NAMED:,} more" if len(keys) > _MOST_NAMED else ""
    return ", ".join(keys[:_MOST_NAMED]) + more
