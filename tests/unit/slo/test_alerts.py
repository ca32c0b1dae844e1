from datetime import UTC, datetime, timedelta

import pytest

from featureguard.slo.alerts import AlertWindow, firing, hold_time, pages_at, workbook_windows

NOON = datetime(2013, 2, 8, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_thirty_days_give_the_numbers_of_the_workbook() -> None:
    found = [(w.factor, w.long, w.short, w.severity) for w in workbook_windows(30 * DAY)]
    assert found == [
        (14.4, HOUR, 5 * MINUTE, "page"),
        (6, 6 * HOUR, 30 * MINUTE, "page"),
        (3, DAY, 2 * HOUR, "ticket"),
        (1, 3 * DAY, 6 * HOUR, "ticket"),
    ]


def test_another_window_has_other_factors_and_none_below_one() -> None:
    assert [w.factor for w in workbook_windows(28 * DAY)] == pytest.approx([13.44, 5.6, 2.8, 1])
    assert [w.factor for w in workbook_windows(7 * DAY)] == pytest.approx([3.36, 1.4, 1, 1])


def test_every_window_names_its_source() -> None:
    assert {w.source for w in workbook_windows(30 * DAY)} == {"SRE workbook, chapter 5, table 5-8"}


ALERT = AlertWindow(HOUR, 5 * MINUTE, 14.4, "page", "a test")


@pytest.mark.parametrize(
    ("long", "short", "fires"),
    [
        (14.5, 14.5, True),
        (14.4, 20, False),
        (20, 14.4, False),
        (None, 20, False),
        (20, None, False),
    ],
)
def test_an_alert_fires_only_while_both_windows_burn_faster_than_its_factor(
    long: float | None, short: float | None, fires: bool
) -> None:
    assert firing([ALERT], {HOUR: long, 5 * MINUTE: short}) == ((ALERT,) if fires else ())


def test_a_missing_burn_rate_is_no_silence() -> None:
    with pytest.raises(KeyError):
        firing([ALERT], {HOUR: 20.0})


@pytest.mark.parametrize(("tier", "after"), [(0, 43.2), (1, 108)])
def test_one_spell_pages_once_it_has_spent_its_share_of_the_budget(tier: int, after: float) -> None:
    # 99% of 30 days allow 432 minutes.
    assert pages_at(NOON, 0.99, 30 * DAY, tier=tier, hold=timedelta()) == NOON + after * MINUTE


def test_a_spell_must_hold_before_it_pages() -> None:
    assert pages_at(NOON, 0.99, 30 * DAY, tier=0, hold=HOUR) == NOON + 103.2 * MINUTE


@pytest.mark.parametrize("tier", [2, 3])
def test_lower_tiers_wake_nobody(tier: int) -> None:
    assert pages_at(NOON, 0.99, 30 * DAY, tier=tier, hold=HOUR) is None


@pytest.mark.parametrize(
    ("grace", "cadence", "hold"),
    [
        (5 * HOUR, DAY, 6 * HOUR),
        (7 * HOUR, DAY, 7 * HOUR),
        (HOUR, None, HOUR),
        (None, None, timedelta()),
    ],
)
def test_the_hold_is_the_larger_of_grace_and_a_quarter_of_the_cadence(
    grace: timedelta | None, cadence: timedelta | None, hold: timedelta
) -> None:
    assert hold_time(grace, cadence) == hold
