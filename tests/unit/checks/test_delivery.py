"""Has the data arrived that was due? The file of a day is due at 01:00 of the next, in New York."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from featureguard.checks.delivery import delivery
from featureguard.contract import Contract
from featureguard.observation import History
from featureguard.profile import NEVER, ColumnProfile, Profile
from featureguard.result import CheckResult, Code, Severity, Status
from tests.builders import DAY, look, rides

MICROSECOND = timedelta(microseconds=1)
DEADLINE = datetime(2013, 12, 31, 11, tzinfo=UTC)  # 01:00 EST of the 31st and 5 hours of grace.
NEEDED = datetime(2013, 12, 31, 3, tzinfo=UTC)  # 22:00 EST of the 30th, 2 hours before its end.


def contract(**fields: Any) -> Contract:
    promise = {"cron": "0 1 * * *", "zone": "America/New_York", "grace": "5h", "slack": "2h", **fields}
    return rides(time={"event": "at"}, freshness={"delivery": promise})


def run(
    newest: object, now: datetime = DEADLINE, *, looked: datetime | None = None, **fields: Any
) -> CheckResult:
    seen = look(newest=newest, observed_at=looked or now)
    (result,) = delivery(contract(**fields), seen, History(), now)
    return result


@pytest.mark.parametrize(
    ("newest", "now", "status"),
    [
        (NEEDED, DEADLINE, Status.PASS),
        (NEEDED - MICROSECOND, DEADLINE, Status.FAIL),
        (NEEDED - MICROSECOND, DEADLINE - MICROSECOND, Status.PASS),
        (NEEDED - DAY, DEADLINE - MICROSECOND, Status.PASS),
        (NEEDED - DAY - MICROSECOND, DEADLINE - MICROSECOND, Status.FAIL),
    ],
)
def test_data_that_was_due_is_missing_once_its_grace_has_ended(
    newest: datetime, now: datetime, status: Status
) -> None:
    assert run(newest, now).status is status


def test_the_reason_says_what_was_due_when_and_what_is_there() -> None:
    result = run(datetime(2013, 12, 29, 23, tzinfo=UTC))
    assert (result.code, result.unit, result.column) == (Code.WINDOW_MISSING, "2013-12-30", "at")
    assert (result.observed, result.limit) == (5 * 3_600.0, 5 * 3_600.0)
    assert result.reason == (
        "The data of 2013-12-30 was due at 2013-12-31 01:00 EST, with 5h grace;"
        " the newest 'at' is 2013-12-29 18:00 EST, before that data begins."
    )


def test_data_that_stops_short_of_its_end_says_by_how_much() -> None:
    partial = datetime(2013, 12, 30, 23, tzinfo=UTC)
    assert run(partial).reason.endswith(
        "is 2013-12-30 18:00 EST, 6h before the end of that data, and the slack is 2h."
    )
    assert run(partial, slack=None).reason.endswith("and no 'slack' is allowed.")
    assert run(partial, slack="1d").status is Status.PASS


def test_what_never_arrived_fails_though_nothing_may_be_due() -> None:
    assert run(NEVER).code is Code.NEVER_ARRIVED


def test_a_clock_that_was_not_read_is_unknown() -> None:
    result = run(None)
    assert (result.status, result.code, result.not_measured) == (Status.UNKNOWN, Code.EVIDENCE_PARTIAL, True)
    typed = look(newest=None, profile=Profile(1, {"at": ColumnProfile(1, frozenset({"string"}))}))
    (result,) = delivery(contract(), typed, History(), DEADLINE)
    assert (result.reason, result.not_measured) == ("'at' is string, not a point in time.", False)


def test_a_delivery_that_was_due_after_the_look_is_unknown() -> None:
    before = run(NEEDED - DAY, looked=DEADLINE - MICROSECOND)
    assert (before.status, before.code) == (Status.UNKNOWN, Code.NO_EVIDENCE)
    assert before.reason.endswith("and nobody has looked since that ended. Check again.")
    assert run(NEEDED - DAY, looked=DEADLINE).status is Status.FAIL
    assert run(NEEDED, looked=DEADLINE - MICROSECOND).status is Status.PASS


def test_an_old_look_goes_on_failing_for_what_was_missing_then() -> None:
    result = run(NEEDED - 2 * DAY, looked=DEADLINE - MICROSECOND)
    assert (result.status, result.unit) == (Status.FAIL, "2013-12-29")


def test_on_days_without_data_nothing_is_missing() -> None:
    closed = {"also": ["2013-12-30"]}
    assert run(NEEDED - DAY, calendar=closed).status is Status.PASS
    assert run(NEEDED - DAY - MICROSECOND, calendar=closed).unit == "2013-12-29"


def test_files_deliver_by_when_they_were_written() -> None:
    of_files = rides(
        time={"clock": "file_mtime"},
        freshness={"delivery": {"cron": "0 1 * * *", "grace": "5h", "severity": "warn"}},
    )
    midnight = datetime(2013, 12, 31, tzinfo=UTC)
    for written, status in [(midnight, Status.PASS), (midnight - MICROSECOND, Status.FAIL)]:
        (result,) = delivery(of_files, look(files=written, observed_at=DEADLINE), History(), DEADLINE)
        assert (result.status, result.severity, result.column) == (status, Severity.WARN, None)


def test_a_contract_without_deliveries_promises_none() -> None:
    without = rides(time={"event": "at"}, freshness={"max_age": "1h"})
    assert list(delivery(without, look(newest=NEVER), History(), DEADLINE)) == []
