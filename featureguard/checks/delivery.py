"""Delivery: has the data arrived that was due?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from featureguard.arrivals import Delivery
from featureguard.checks import words
from featureguard.checks.freshness import why_unmeasurable
from featureguard.checks.units import failed, not_measured, passed, unknown
from featureguard.contract import Contract
from featureguard.observation import ClockReading, History, Observation
from featureguard.profile import Never
from featureguard.result import CheckResult, Code, Status
from featureguard.schedule import DueWindow, last_owed


def delivery(
    contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterator[CheckResult]:
    """Look for the latest delivery whose grace has ended; older ones are there if it is.

    `observed` is how long it has been overdue, in seconds since it was due, and `limit` the grace. When a
    delivery that is there arrived, one look cannot tell.
    """
    promise = contract.freshness.delivery if contract.freshness else None
    if promise is None:
        return
    grace = promise.grace.total_seconds() if promise.grace else 0.0
    column = contract.clock_column
    result = CheckResult("delivery", Status.UNKNOWN, promise.severity, column=column, limit=grace)
    newest = observation.clocks.get(str(contract.clock), ClockReading()).newest
    what = f"'{column}'" if column else "file"
    if newest is None:
        why = why_unmeasurable(contract, observation)
        yield unknown(result, why) if why else not_measured(result, f"{what} was not measured")
    elif isinstance(newest, Never):
        yield failed(result, Code.NEVER_ARRIVED, f"There is no valid {what}: no data ever arrived.")
    else:
        yield _judge(promise, result, newest, f"the newest {what}", observation.observed_at, now)


def _judge(
    promise: Delivery, result: CheckResult, newest: datetime, what: str, seen_at: datetime, now: datetime
) -> CheckResult:
    missed = last_owed(promise, min(now, seen_at))
    if missed and not missed.arrived(newest):
        reason = f"{_was_due(missed, promise)}; {what} is {_short_of(missed, newest, promise)}."
        overdue = (now - missed.due).total_seconds()
        return failed(result, Code.WINDOW_MISSING, reason, observed=overdue, unit=missed.key)
    owed = last_owed(promise, now)
    if owed is None or owed.arrived(newest):
        return passed(result)
    reason = f"{_was_due(owed, promise)}, and nobody has looked since that ended. Check again."
    return unknown(result, reason, Code.NO_EVIDENCE)


def _was_due(owed: DueWindow, promise: Delivery) -> str:
    grace = f", with {words.limit(promise.grace)} grace" if promise.grace else ""
    return f"The data of {owed.key} was due at {_local(owed.due, promise.zone)}{grace}"


def _short_of(owed: DueWindow, newest: datetime, promise: Delivery) -> str:
    """Where the newest value lies, and, inside the data that is due, how far it is from the end."""
    at = _local(newest, promise.zone)
    if newest < owed.starts:
        return f"{at}, before that data begins"
    short = words.duration((owed.ends - newest).total_seconds())
    slack = f"the slack is {words.limit(promise.slack)}" if promise.slack else "no 'slack' is allowed"
    return f"{at}, {short} before the end of that data, and {slack}"


def _local(instant: datetime, zone: str) -> str:
    """`2013-12-31 01:00 EST`: as the people who deliver read it."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %Z")
