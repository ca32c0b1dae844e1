from datetime import datetime, timedelta

import pytest

from featureguard.checks.freshness import freshness
from featureguard.observation import ClockReading, History, Observation
from featureguard.profile import NEVER, ColumnProfile, Profile
from featureguard.result import CheckResult, Code, Severity, Status
from tests.builders import HOUR, NOW, look, rides

CONTRACT = rides(time={"event": "at"}, freshness={"max_age": "3h", "warn_age": "2h"})
MICROSECOND = timedelta(microseconds=1)


def run(
    seen: Observation, contract: object = CONTRACT, before: Observation | None = None
) -> dict[str, CheckResult]:
    found = freshness(contract, seen, History(before), NOW)  # type: ignore[arg-type]
    return {result.check: result for result in found}


def typed(kind: str) -> Profile:
    return Profile(1, {"at": ColumnProfile(1, frozenset({kind}))})


@pytest.mark.parametrize(
    ("age", "status"),
    [(3 * HOUR, Status.PASS), (3 * HOUR + MICROSECOND, Status.FAIL), (timedelta(), Status.PASS)],
)
def test_data_is_stale_once_it_is_older_than_the_limit(age: timedelta, status: Status) -> None:
    result = run(look(newest=NOW - age))["freshness"]
    assert (result.status, result.observed, result.limit) == (status, age.total_seconds(), 10_800.0)
    assert result.code is (Code.DATA_STALE if status is Status.FAIL else None)


@pytest.mark.parametrize(("age", "status"), [(2 * HOUR, Status.PASS), (2 * HOUR + MICROSECOND, Status.FAIL)])
def test_a_warning_comes_before_the_limit_and_blocks_nothing(age: timedelta, status: Status) -> None:
    results = run(look(newest=NOW - age))
    assert (results["freshness_warn"].status, results["freshness_warn"].severity) == (status, Severity.WARN)
    assert results["freshness"].status is Status.PASS


def test_a_reason_has_numbers_and_the_limit_as_it_was_written() -> None:
    reason = run(look(newest=NOW - 5 * HOUR))["freshness"].reason
    assert reason == "The newest 'at' is 5h old (2013-02-09 07:00 UTC); the contract allows 3h."


def test_an_age_inside_the_tolerance_is_zero_and_never_negative() -> None:
    assert run(look(newest=NOW + timedelta(minutes=4)))["freshness"].observed == 0.0


def test_no_valid_value_has_no_age_and_fails() -> None:
    result = run(look(newest=NEVER))["freshness"]
    assert (result.status, result.code, result.observed) == (Status.FAIL, Code.NEVER_ARRIVED, None)


def test_what_was_not_measured_is_unknown_and_worth_a_scan() -> None:
    result = run(look(newest=None, future=None, profile=typed("timestamp[us, tz=UTC]")))
    assert {(r.status, r.code, r.not_measured) for r in result.values()} == {
        (Status.UNKNOWN, Code.EVIDENCE_PARTIAL, True)
    }


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (typed("string"), "'at' is string, not a point in time."),
        (typed("timestamp[us]"), "'at' is timestamp[us]: declare its zone, e.g. 'time: {timezone: UTC}'."),
        (typed("date32"), "'at' is date32: declare its zone, e.g. 'time: {timezone: UTC}'."),
        (Profile(1, {"other": ColumnProfile(1)}), "'at' is missing."),
    ],
)
def test_what_no_scan_can_measure_says_why(profile: Profile, reason: str) -> None:
    results = run(look(newest=None, future=None, profile=profile))
    assert {(r.status, r.reason, r.not_measured) for r in results.values()} == {
        (Status.UNKNOWN, reason, False)
    }


def test_with_a_declared_zone_wall_times_can_be_measured() -> None:
    zoned = rides(time={"event": "at", "timezone": "America/New_York"}, freshness={"max_age": "1h"})
    assert run(look(newest=None, profile=typed("timestamp[us]")), zoned)["freshness"].not_measured


@pytest.mark.parametrize(("rows", "status"), [(0, Status.PASS), (1, Status.FAIL)])
def test_rows_from_the_future_are_counted(rows: int, status: Status) -> None:
    result = run(look(newest=NOW, future=rows))["future"]
    assert (result.status, result.severity, result.observed) == (status, Severity.WARN, rows)
    assert result.code is (Code.DATA_FROM_FUTURE if rows else None)


def test_future_rows_block_where_the_contract_says_so() -> None:
    strict = rides(time={"event": "at", "future": "block"})
    assert run(look(newest=NOW, future=2), strict)["future"].severity is Severity.BLOCK


def test_a_contract_without_a_clock_promises_nothing_about_time() -> None:
    assert run(look(newest=NEVER), rides()) == {}


def test_the_clock_of_files_has_no_column_and_no_future_rows() -> None:
    of_files = rides(time={"clock": "file_mtime"}, freshness={"max_age": "1h"})
    results = run(look(files=NOW - 2 * HOUR), of_files)
    assert results.keys() == {"freshness"}
    assert results["freshness"].reason.startswith("The newest file is 2h old")


# ------------------------------------------------------------------------------------------ findings
@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        (NOW, NOW - MICROSECOND, True),
        (NOW, NOW, False),
        (NOW - HOUR, NOW, False),
        (NOW, NEVER, True),
        (NOW, None, False),
        (NEVER, NOW, False),
        (None, NOW, False),
    ],
)
def test_a_value_that_went_back_is_a_finding(before: object, now: object, found: bool) -> None:
    results = run(look(newest=now), before=look(newest=before, observed_at=NOW - HOUR))
    assert ("regressed" in results) is found
    if found:
        result = results["regressed"]
        assert (result.status, result.severity, result.code) == (
            Status.FAIL,
            Severity.WARN,
            Code.VALUE_REGRESSED,
        )


def test_a_clock_that_the_contract_of_then_did_not_read_is_not_compared() -> None:
    """After `time` was mended, the old reading is another clock's."""
    other = '{"clock":null,"event":"created"}'
    before = History(look(newest=NOW, observed_at=NOW - HOUR), time=other)
    found = freshness(CONTRACT, look(newest=NOW - HOUR), before, NOW)
    assert "regressed" not in {result.check for result in found}


def ran(written: datetime | None, newest: object) -> bool:
    return "clocks" in run(look(newest=newest, files=written))


def test_files_that_arrive_with_old_data_are_a_finding() -> None:
    assert ran(NOW, NOW - 3 * HOUR - MICROSECOND)
    result = run(look(newest=NOW - 30 * HOUR, files=NOW))["clocks"]
    assert (result.severity, result.code) == (Severity.WARN, Code.CLOCKS_DISAGREE)
    assert "the data did not move" in result.reason


def test_files_that_were_fresh_when_they_arrived_are_none() -> None:
    assert not ran(NOW, NOW - 3 * HOUR)
    assert not ran(NOW - 30 * HOUR, NOW - 31 * HOUR)
    assert not ran(None, NOW - 30 * HOUR)
    assert not ran(NOW, NEVER)


def test_another_clock_than_the_contracts_is_left_alone() -> None:
    seen = look(newest=NOW - 9 * HOUR)
    ingested = rides(time={"event": "at", "ingested": "seen"}, freshness={"max_age": "1h"})
    on_ingestion = rides(
        time={"event": "at", "ingested": "seen", "clock": "ingested_at"}, freshness={"max_age": "1h"}
    )
    clocks = {**seen.clocks, "ingested_at": ClockReading(NOW, 0)}
    both = Observation("rides", NOW, clocks=clocks)
    assert run(both, ingested)["freshness"].status is Status.FAIL
    assert run(both, on_ingestion)["freshness"].status is Status.PASS
