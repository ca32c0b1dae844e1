from datetime import timedelta

import pytest

from featureguard.slo.alerts import AlertWindow, workbook_windows
from featureguard.slo.lints import alert_window, delivery_objective, time_objective

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_99_percent_of_30_daily_deliveries_allow_less_than_one_miss() -> None:
    assert delivery_objective(0.99, 30 * DAY, 30) == (
        "An objective of 99% over 30d allows 0.3 misses of 30 deliveries due: a single late one breaks it. "
        "Use a window of at least 100d, or an objective of at most 96.66%."
    )


@pytest.mark.parametrize(
    ("objective", "due", "works"), [(0.99, 99, False), (0.99, 100, True), (0.9, 10, True)]
)
def test_an_objective_works_from_one_allowed_miss_on(objective: float, due: int, works: bool) -> None:
    assert (delivery_objective(objective, 30 * DAY, due) is None) is works


def test_the_advice_of_a_delivery_objective_is_enough() -> None:
    assert delivery_objective(0.9666, 30 * DAY, 30) is None
    assert delivery_objective(0.99, 100 * DAY, 100) is None


def test_a_single_delivery_cannot_be_counted_by_share() -> None:
    message = delivery_objective(0.9, 7 * DAY, 1)
    assert message is not None
    assert message.endswith("a single late one breaks it. Use a window of at least 70d.")


def test_a_window_without_deliveries_measures_nothing() -> None:
    message = delivery_objective(0.9, HOUR, 0)
    assert message == "No delivery is due within 1h: there is nothing to measure. Choose a longer window."


def test_a_daily_file_with_grace_cannot_be_fresh_by_24_hours() -> None:
    message = time_objective(0.99, max_age=24 * HOUR, cadence=DAY, grace=5 * HOUR)
    assert message == (
        "On-time arrivals already break an objective of 99%: data that comes every 24h with 5h of grace is "
        "up to 29h old, 'max_age' is 24h, so it is fresh 79.16% of the time. Allow a 'max_age' of 29h, or "
        "promise delivery instead."
    )


@pytest.mark.parametrize(
    ("max_age", "grace", "delay", "works"),
    [(29, 5, 0, True), (28, 5, 0, False), (29, 5, 1, False), (24, 0, 0, True)],
)
def test_max_age_must_cover_cadence_grace_and_delay(
    max_age: int, grace: int, delay: int, works: bool
) -> None:
    assert (time_objective(0.99, max_age * HOUR, DAY, grace * HOUR, delay * HOUR) is None) is works


def test_a_little_stale_time_is_within_a_modest_objective() -> None:
    assert time_objective(0.75, max_age=24 * HOUR, cadence=DAY, grace=6 * HOUR) is None
    assert time_objective(0.7501, max_age=24 * HOUR, cadence=DAY, grace=6 * HOUR) is not None


def test_data_that_is_always_too_old_is_never_fresh() -> None:
    message = time_objective(0.5, max_age=HOUR, cadence=DAY, delay=DAY)
    assert message is not None
    assert "it is fresh 0% of the time" in message


@pytest.mark.parametrize(("objective", "reachable"), [(0.93, False), (0.9306, True), (0.99, True)])
def test_an_alert_must_be_able_to_fire(objective: float, reachable: bool) -> None:
    fast = workbook_windows(30 * DAY)[0]
    assert (alert_window(fast, objective) is None) is reachable


def test_the_message_says_how_fast_a_budget_can_burn_at_all() -> None:
    message = alert_window(workbook_windows(30 * DAY)[0], 0.9)
    assert message == (
        "The page alert over 1h can never fire: under an objective of 90% the burn rate is 10 at most, and "
        "the alert waits for more than 14.4. Use a smaller factor, or an objective of at least 93.06%."
    )


def test_a_factor_that_the_worst_burn_only_reaches_never_fires() -> None:
    assert alert_window(AlertWindow(HOUR, HOUR, 10, "page", ""), 0.9) is not None
    assert alert_window(AlertWindow(HOUR, HOUR, 9.99, "page", ""), 0.9) is None
