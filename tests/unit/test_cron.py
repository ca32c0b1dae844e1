"""What a cron expression means where clocks are put forward and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from featureguard.cron import due_between, first_instant, parse_cron

DAY = timedelta(days=1)
NEW_YORK = "America/New_York"


def due(cron: str, zone: str, first: str, days: int = 3) -> list[str]:
    """The due instants of some days from a day on (UTC)."""
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    return [f"{found.at:%d %H:%M}" for found in due_between(cron, zone, start, start + days * DAY)]


@pytest.mark.parametrize(
    ("cron", "zone", "first", "expected"),
    [
        ("0 1 * * *", "UTC", "2013-02-27", ["27 01:00", "28 01:00", "01 01:00"]),
        ("0 1 * * *", NEW_YORK, "2013-07-03", ["03 05:00", "04 05:00", "05 05:00"]),
        # 02:30 is skipped on the 10th: due when the clocks show 03:00.
        ("30 2 * * *", NEW_YORK, "2013-03-09", ["09 07:30", "10 07:00", "11 06:30"]),
        # 01:30 comes twice on the 3rd: due at the first.
        ("30 1 * * *", NEW_YORK, "2013-11-02", ["02 05:30", "03 05:30", "04 06:30"]),
        # 23:00 to 24:00 is skipped on the 30th: still due once for each day.
        ("30 23 * * *", "America/Nuuk", "2024-03-30", ["30 01:30", "31 01:00", "01 00:30"]),
        # The 30th does not exist: nothing is due on it.
        ("0 1 * * *", "Pacific/Apia", "2011-12-29", ["29 11:00", "30 11:00", "31 11:00"]),
        ("0 6 L * *", "UTC", "2012-02-28", ["29 06:00"]),
        ("0 6 * * MON-FRI", "UTC", "2013-02-08", ["08 06:00"]),
    ],
)
def test_what_is_due_once_a_day_is_due_once_on_every_day(
    cron: str, zone: str, first: str, expected: list[str]
) -> None:
    assert due(cron, zone, first) == expected


def test_what_is_due_every_hour_is_due_in_both_of_a_repeated_hour_and_in_none_that_is_skipped() -> None:
    assert len(due("0 * * * *", NEW_YORK, "2013-11-03", 1)) == 24
    assert due("*/30 * * * *", NEW_YORK, "2013-03-10", 1)[13:17] == [
        "10 06:30",
        "10 07:00",
        "10 07:30",
        "10 08:00",
    ]
    assert due("15,45 2,3 * * *", NEW_YORK, "2013-03-10", 1) == ["10 07:00", "10 07:15", "10 07:45"]


def test_the_end_is_outside_and_the_start_inside() -> None:
    start = datetime(2013, 2, 8, 1, tzinfo=UTC)
    found = due_between("0 1 * * *", "UTC", start, start + DAY)
    assert [one.at for one in found] == [start]


def test_a_jump_at_an_odd_second_is_found_exactly() -> None:
    """Manila went from 15:56:08 behind to 8:03:52 ahead, over a day that was never there."""
    found = first_instant(datetime(1844, 12, 31, 12), "Asia/Manila")  # noqa: DTZ001  (wall time)
    assert found == datetime(1844, 12, 31, 15, 56, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("@daily", "of five fields"),
        ("0 1 * *", "of five fields"),
        ("0 0 1 * * *", "of five fields"),
        ("61 1 * * *", "no valid minute"),
        ("0 1 * * XYZ", "no valid day-of-week"),
        ("0 1 30 2 *", "no valid day-of-month"),
    ],
)
def test_what_is_no_cron_expression_is_refused(written: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_cron(written)
    assert parse_cron("0 1 29 2 *") == "0 1 29 2 *"
