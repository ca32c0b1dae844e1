"""Incidents of checks: look after look, failing, unknown and passing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from featureguard.incident import Recovered, Started, check_incidents
from featureguard.incident.failing import Seen
from featureguard.result import CheckResult, Code, Severity, Status
from tests.incident_builders import HOUR, clock

PASS, UNKNOWN, FAIL = Status.PASS, Status.UNKNOWN, Status.FAIL


def said(
    hour: float,
    status: Status,
    snapshot: str | None = None,
    *,
    check: str = "nulls",
    column: str | None = "fare",
    severity: Severity = Severity.BLOCK,
    code: Code = Code.NULL_LIMIT,
) -> Seen:
    return (
        clock(hour),
        snapshot,
        CheckResult(check, status, severity, code if status != PASS else None, column),
    )


def test_failing_looks_in_a_row_are_one_incident() -> None:
    (found,) = check_incidents("rides", [said(1, PASS), said(2, FAIL), said(3, FAIL), said(4, PASS)])
    assert (found.check, found.column, found.code) == ("nulls", "fare", Code.NULL_LIMIT)
    assert found.started == Started(clock(1), clock(2))
    assert found.detected == found.opened == clock(2)
    assert found.recovered == Recovered(clock(3), clock(4))


def test_unknown_neither_opens_nor_resolves() -> None:
    assert check_incidents("rides", [said(1, PASS), said(2, UNKNOWN), said(3, PASS)]) == ()
    (found,) = check_incidents("rides", [said(1, FAIL), said(2, UNKNOWN), said(3, FAIL), said(4, UNKNOWN)])
    assert found.started.after is None
    assert found.recovered == Recovered(clock(3), None)


def test_it_started_with_the_first_look_at_the_failing_snapshot() -> None:
    told = [said(1, PASS, "a"), said(2, UNKNOWN, "a"), said(3, UNKNOWN, "b"), said(4, FAIL, "b")]
    (found,) = check_incidents("rides", told)
    assert found.started == Started(clock(1), clock(3))
    assert found.detected == clock(4)


def test_a_snapshot_that_passed_before_it_failed_started_with_the_failure() -> None:
    (found,) = check_incidents("rides", [said(1, UNKNOWN, "a"), said(2, PASS, "a"), said(3, FAIL, "a")])
    assert found.started == Started(clock(2), clock(3))


def test_sources_without_snapshots_start_with_the_failing_look() -> None:
    (found,) = check_incidents("rides", [said(1, UNKNOWN), said(2, FAIL)])
    assert found.started == Started(None, clock(2))


def test_checks_and_columns_have_incidents_of_their_own() -> None:
    told = [said(1, FAIL, column=None), said(1, FAIL, column="tip"), said(1, FAIL, check="ranges")]
    found = check_incidents("rides", told)
    assert [(one.check, one.column) for one in found] == [
        ("nulls", None),
        ("nulls", "tip"),
        ("ranges", "fare"),
    ]
    assert len({one.key for one in found}) == 3


def test_freshness_is_left_to_the_timeline() -> None:
    assert check_incidents("rides", [said(1, FAIL, check="freshness")]) == ()


@pytest.mark.parametrize(
    ("severities", "worst"),
    [
        ((Severity.WARN, Severity.WARN), Severity.WARN),
        ((Severity.WARN, Severity.BLOCK), Severity.BLOCK),
        ((Severity.BLOCK, Severity.WARN), Severity.BLOCK),
    ],
)
def test_an_incident_is_as_severe_as_its_worst_failure(
    severities: tuple[Severity, Severity], worst: Severity
) -> None:
    told = [said(hour, FAIL, severity=severity) for hour, severity in enumerate(severities)]
    assert [one.severity for one in check_incidents("rides", told)] == [worst]


def regressed(hour: float) -> Seen:
    return said(hour, FAIL, check="regressed", code=Code.VALUE_REGRESSED, severity=Severity.WARN)


def test_a_finding_is_over_once_a_look_that_measured_does_not_mention_it() -> None:
    (found,) = check_incidents("rides", [said(1, PASS), regressed(2), said(2, PASS), said(3, PASS)])
    assert found.started == Started(clock(1), clock(2))
    assert found.resolved == clock(3)


@pytest.mark.parametrize("code", [Code.SOURCE_UNREADABLE, Code.CHECK_CRASHED])
def test_a_look_that_could_not_tell_resolves_no_finding(code: Code) -> None:
    told = [regressed(2), said(3, UNKNOWN, code=code)]
    if code is Code.CHECK_CRASHED:  # The other checks went well.
        told.append(said(3, PASS, check="volume"))
    assert [one.check for one in check_incidents("rides", told) if one.is_open] == ["regressed"]


@pytest.mark.parametrize(("hysteresis", "count"), [(HOUR, 2), (HOUR * 1.01, 1)])
def test_failures_parted_by_less_good_time_are_one(hysteresis: timedelta, count: int) -> None:
    told = [said(1, FAIL), said(2, PASS), said(3, PASS), said(4, FAIL)]
    assert len(check_incidents("rides", told, hysteresis)) == count


def test_the_worst_of_two_looks_at_one_instant_counts_whatever_their_order() -> None:
    told = [said(1, FAIL, "a"), said(1, PASS, "b"), said(1, FAIL, "c"), said(2, PASS, "c")]
    assert check_incidents("rides", told) == check_incidents("rides", told[::-1])
    assert check_incidents("rides", told)[0].resolved == clock(2)
