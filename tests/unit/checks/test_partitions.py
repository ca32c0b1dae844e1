"""Is a partition missing, or too small, between others that are there?"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from featureguard.checks.partitions import partitions
from featureguard.observation import History
from featureguard.result import CheckResult, Code, Severity, Status
from tests.builders import NOW, look, rides


def run(rows: dict[str, int | None] | None, **fields: Any) -> CheckResult:
    contract = rides(time={"event": "at"}, judge={"per": "day"}, partitions=fields)
    seen = dataclasses.replace(look(), partitions=rows)
    (result,) = partitions(contract, seen, History(), NOW)
    return result


def days(*of_february: int) -> dict[str, int | None]:
    return {f"2013-02-{day:02}": 10 for day in of_february}


def test_days_without_a_hole_pass() -> None:
    result = run(days(5, 6, 7, 8))
    assert (result.status, result.observed, result.limit) == (Status.PASS, 0, 0)
    assert (result.units_judged, result.units_failed) == (4, 0)


def test_a_hole_fails_and_is_named() -> None:
    result = run(days(4, 5, 7, 8), severity="warn")
    assert (result.status, result.code, result.severity) == (
        Status.FAIL,
        Code.PARTITION_MISSING,
        Severity.WARN,
    )
    assert (result.observed, result.unit) == (1, "2013-02-06")
    assert result.reason == (
        "1 of 5 days is missing: 2013-02-06. The data is complete through 2013-02-06 00:00 UTC."
    )


def test_of_many_holes_the_first_are_named() -> None:
    reason = run(days(1, 8), since="2013-01-31").reason
    listed = "2013-01-31, 2013-02-02, 2013-02-03, 2013-02-04, 2013-02-05 and 2 more"
    assert reason == f"7 of 9 days are missing: {listed}. Not even the first is complete."


def test_an_under_filled_day_fails_like_a_missing_one() -> None:
    result = run({**days(5, 8), "2013-02-06": 9}, at_least_rows=10)
    assert (result.code, result.observed) == (Code.PARTITION_MISSING, 2)
    assert (
        "1 of 4 days is missing: 2013-02-07. 1 of 4 days holds fewer than 10 rows: 2013-02-06."
        in result.reason
    )


def test_what_was_not_counted_is_unknown_unless_something_is_missing() -> None:
    uncounted: dict[str, int | None] = {"2013-02-06": None}
    result = run({**days(5, 7), **uncounted})
    assert (result.status, result.not_measured) == (Status.UNKNOWN, True)
    assert result.reason == "The rows of 2013-02-06 were not counted."
    assert run({**days(5, 8), **uncounted}).status is Status.FAIL


def test_partitions_that_were_not_measured_are_unknown() -> None:
    result = run(None)
    assert (result.status, result.code, result.not_measured) == (Status.UNKNOWN, Code.EVIDENCE_PARTIAL, True)
    by_folder = run(None, by=["y", "m"], per="month")
    assert by_folder.reason == "The partitions were not counted: no folder is named after a month by 'y/m'."


def test_without_any_partition_nothing_ever_arrived() -> None:
    assert run({}).code is Code.NEVER_ARRIVED


def test_a_day_that_is_not_over_is_not_judged() -> None:
    result = run(days(9))
    assert (result.status, result.code) == (Status.UNKNOWN, Code.NO_EVIDENCE)


def test_what_was_over_when_somebody_looked_is_judged_not_what_is_over_now() -> None:
    contract = rides(time={"event": "at"}, judge={"per": "day"}, partitions={})
    seen = dataclasses.replace(look(), partitions={**days(8), "2013-02-10": 3})
    (result,) = partitions(contract, seen, History(), datetime(2013, 3, 1, tzinfo=UTC))
    assert result.status is Status.PASS
