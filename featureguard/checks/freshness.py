"""Freshness: how old is the newest event, and is the clock to be believed?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from featureguard.arrow_types import read_type
from featureguard.checks import words
from featureguard.checks.units import failed, not_measured, passed, unknown
from featureguard.contract import Contract, Freshness
from featureguard.observation import ClockReading, History, Observation
from featureguard.profile import Never
from featureguard.result import CheckResult, Code, Severity, Status


def freshness(
    contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterator[CheckResult]:
    """Compare the age of the newest event with its limits, in seconds; report what the clock hides.

    `freshness` and `freshness_warn` judge the age, `future` counts rows from the future. `regressed` (the
    newest value went back) and `clocks` (files arrive, their data stands still) are given only when found.
    """
    if contract.clock is None:
        return
    reading = observation.clocks.get(contract.clock, ClockReading())
    if (promise := contract.freshness) and promise.max_age:
        yield _age("freshness", promise.severity, promise.max_age, contract, observation, now)
        if promise.warn_age:
            yield _age("freshness_warn", Severity.WARN, promise.warn_age, contract, observation, now)
        yield from _clocks_disagree(promise, contract, observation)
    if contract.clock_column:
        yield _future(contract, observation, reading)
    yield from _regressed(contract, reading, history)


def age_seconds(newest: datetime, now: datetime) -> float:
    """Age in seconds, at least 0: inside the skew tolerance the newest value may lie ahead."""
    return max(0.0, (now - newest).total_seconds())


def why_unmeasurable(contract: Contract, observation: Observation) -> str | None:
    """Why no scan can read the clock's column; `None` where one can."""
    column, columns = contract.clock_column, observation.profile.columns
    if column is None or not columns:
        return None
    if column not in columns:
        return f"'{column}' is missing."
    for found in map(read_type, sorted(columns[column].types)):
        if found.name not in ("timestamp", "date32", "date64"):
            return f"'{column}' is {found}, not a point in time."
        if contract.time.timezone is None and len(found.parameters) < 2:
            return f"'{column}' is {found}: declare its zone, e.g. 'time: {{timezone: UTC}}'."
    return None


def _age(
    check: str,
    severity: Severity,
    limit: timedelta,
    contract: Contract,
    observation: Observation,
    now: datetime,
) -> CheckResult:
    column, seconds = contract.clock_column, limit.total_seconds()
    reading = observation.clocks.get(str(contract.clock), ClockReading())
    result = CheckResult(check, Status.UNKNOWN, severity, column=column, limit=seconds)
    if reading.newest is None:
        why = why_unmeasurable(contract, observation)
        return unknown(result, why) if why else not_measured(result, f"{_what(contract)} was not measured")
    if isinstance(reading.newest, Never):
        return failed(
            result, Code.NEVER_ARRIVED, f"There is no valid {_what(contract)}: no data ever arrived."
        )
    age = age_seconds(reading.newest, now)
    if age <= seconds:
        return passed(result, observed=age)
    reason = (
        f"The newest {_what(contract)} is {words.duration(age)} old ({words.instant(reading.newest)});"
        f" the contract {'warns from' if check == 'freshness_warn' else 'allows'} {words.limit(limit)}."
    )
    return failed(result, Code.DATA_STALE, reason, observed=age)


def _what(contract: Contract) -> str:
    return f"'{contract.clock_column}'" if contract.clock_column else "file"


def _future(contract: Contract, observation: Observation, reading: ClockReading) -> CheckResult:
    column = contract.clock_column
    result = CheckResult("future", Status.UNKNOWN, contract.time.future, column=column, limit=0)
    if reading.future_rows is None:
        why = why_unmeasurable(contract, observation)
        return unknown(result, why) if why else not_measured(result, f"'{column}' was not measured")
    if not reading.future_rows:
        return passed(result, observed=0)
    verb = "lies" if reading.future_rows == 1 else "lie"
    reason = (
        f"{words.count(reading.future_rows, 'row')} of '{column}' {verb} more than"
        f" {words.limit(contract.time.skew_tolerance)} ahead of the look; they refresh nothing."
    )
    return failed(result, Code.DATA_FROM_FUTURE, reason, observed=reading.future_rows)


def _regressed(contract: Contract, reading: ClockReading, history: History) -> Iterator[CheckResult]:
    last = history.last_by(contract)
    before = last.clocks.get(contract.clock or "") if last else None
    if before is None or not isinstance(before.newest, datetime) or isinstance(before.newest, Never):
        return
    if reading.newest is None or (isinstance(reading.newest, datetime) and reading.newest >= before.newest):
        return
    now_is = words.instant(reading.newest) if isinstance(reading.newest, datetime) else "nothing"
    reason = (
        f"The newest {_what(contract)} went back from {words.instant(before.newest)} to {now_is}:"
        " a restore, a deletion or a lagging replica."
    )
    yield CheckResult(
        "regressed",
        Status.FAIL,
        Severity.WARN,
        Code.VALUE_REGRESSED,
        column=contract.clock_column,
        reason=reason,
    )


def _clocks_disagree(
    promise: Freshness, contract: Contract, observation: Observation
) -> Iterator[CheckResult]:
    """Files that arrive while the event time stands still: the pipeline ran, the data did not move."""
    written = observation.clocks.get("file_mtime", ClockReading()).newest
    newest = observation.clocks.get(str(contract.clock), ClockReading()).newest
    if contract.clock_column is None or promise.max_age is None:
        return
    if isinstance(written, Never) or isinstance(newest, Never) or written is None or newest is None:
        return
    delay = age_seconds(newest, written)
    if delay > promise.max_age.total_seconds():
        column = contract.clock_column
        reason = (
            f"When the newest file arrived ({words.instant(written)}), its newest '{column}' was already"
            f" {words.duration(delay)} old: the pipeline ran, the data did not move."
        )
        yield CheckResult(
            "clocks", Status.FAIL, Severity.WARN, Code.CLOCKS_DISAGREE, column=column, reason=reason
        )
