"""Which deliveries are due, what each covers, and what shows that it has arrived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from featureguard.arrivals import Delivery
from featureguard.profile import NEVER
from featureguard.schedule import due_windows, last_owed

NEW_YORK = "America/New_York"
HOUR, DAY, MICROSECOND = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)


def promise(**fields: Any) -> Delivery:
    return Delivery.model_validate({"cron": "0 1 * * *", "zone": NEW_YORK, **fields})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def keys(made: Delivery, first: str, days: int) -> list[str]:
    """The data that is due within some days; what is off in brackets."""
    windows = due_windows(made, at(first), at(first) + days * DAY)
    return [f"({w.key})" if w.is_off else w.key for w in windows]


def test_the_file_of_a_day_is_due_on_the_next() -> None:
    (window,) = due_windows(promise(grace="5h"), at("2013-12-31"), at("2014-01-01"))
    assert window.key == "2013-12-30"
    assert (window.due, window.deadline) == (at("2013-12-31T06:00"), at("2013-12-31T11:00"))
    assert (window.starts, window.ends) == (at("2013-12-30T05:00"), at("2013-12-31T05:00"))


@pytest.mark.parametrize(
    ("cron", "covers", "key"),
    [
        ("0 1 * * *", "day", "2013-03-04"),
        ("0 0 * * *", "day", "2013-03-04"),
        ("0 1 * * *", {"lag": 1}, "2013-03-03"),
        ("0 1 * * TUE", "week", "2013-W09"),
        ("0 1 5 * *", "month", "2013-02"),
        ("0 1 * * *", "hour", "2013-03-05T05Z"),
    ],
)
def test_a_delivery_covers_the_last_unit_that_is_over(cron: str, covers: object, key: str) -> None:
    assert keys(promise(cron=cron, covers=covers), "2013-03-05", 1) == [key]


def test_days_with_a_skipped_or_repeated_hour_are_covered_once() -> None:
    assert keys(promise(cron="30 2 * * *"), "2013-03-10", 3) == ["2013-03-09", "2013-03-10", "2013-03-11"]
    assert keys(promise(cron="30 1 * * *"), "2013-11-02", 3) == ["2013-11-01", "2013-11-02", "2013-11-03"]
    late = promise(cron="30 23 * * *", zone="America/Nuuk")
    assert keys(late, "2024-03-30", 3) == ["2024-03-28", "2024-03-29", "2024-03-30"]


def test_nothing_is_due_for_days_on_which_no_data_is_made() -> None:
    pytest.importorskip("holidays", reason="holidays (extra 'calendar') is not installed")
    assert keys(promise(calendar="US"), "2013-07-04", 3) == ["2013-07-03", "(2013-07-04)", "2013-07-05"]
    assert keys(promise(calendar="XNYS"), "2013-03-29", 2) == ["2013-03-28", "(2013-03-29)"]


def test_further_days_off_need_no_package() -> None:
    closed = promise(calendar={"also": ["2012-10-29", "2012-10-30"]})
    assert keys(closed, "2012-10-29", 4) == ["2012-10-28", "(2012-10-29)", "(2012-10-30)", "2012-10-31"]
    assert keys(promise(calendar={"also": ["2012-10-29"]}, covers="week"), "2012-11-05", 1) == ["2012-W44"]


@pytest.mark.parametrize(
    ("slack", "needed"),
    [
        (None, "2013-11-04T05:00"),
        ("2h", "2013-11-04T03:00"),
        ("23h", "2013-11-03T06:00"),
        ("1d", "2013-11-03T04:00"),  # The whole day, though it has 25 hours.
        ("2d", "2013-11-03T04:00"),
    ],
)
def test_slack_says_how_far_before_its_end_the_data_may_stop(slack: str | None, needed: str) -> None:
    (window,) = due_windows(promise(slack=slack), at("2013-11-04"), at("2013-11-05"))
    assert window.needed == at(needed)
    assert window.arrived(window.needed)
    assert not window.arrived(window.needed - MICROSECOND)
    assert not window.arrived(NEVER)


def test_a_delivery_is_owed_once_its_grace_has_ended() -> None:
    deadline = at("2013-12-31T11:00")
    made = promise(grace="5h")
    for now, key in [(deadline - MICROSECOND, "2013-12-29"), (deadline, "2013-12-30")]:
        found = last_owed(made, now)
        assert found is not None
        assert found.key == key


def test_what_is_seldom_due_is_owed_for_long() -> None:
    found = last_owed(promise(cron="0 1 29 2 *"), at("2015-02-28"))
    assert found is not None
    assert found.due == at("2012-02-29T06:00")


def test_on_days_off_what_is_owed_is_the_delivery_before() -> None:
    found = last_owed(promise(calendar={"also": ["2013-12-29", "2013-12-30"]}), at("2013-12-31T12:00"))
    assert found is not None
    assert found.key == "2013-12-28"
