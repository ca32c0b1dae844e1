"""Figures in words: what nobody knows is called unknown, what lies between two bounds shows both."""

from __future__ import annotations

from datetime import timedelta

import pytest

from featureguard.incident import Lapse
from featureguard.scorecard import phrases
from featureguard.slo.sli import Sli
from tests.builders import HOUR
from tests.scorecard_builders import MICROS, card

SLO = {"objective": 0.9, "window": "28d"}


@pytest.mark.parametrize(
    ("lapse", "text"),
    [
        (Lapse(HOUR, HOUR), "1h"),
        (Lapse(2 * HOUR, 3 * HOUR), "2h to 3h"),
        (Lapse(2 * HOUR, None), "at least 2h"),
        (Lapse(timedelta(), timedelta()), "0s"),
        (None, ""),
    ],
)
def test_a_lapse_shows_its_bounds(lapse: Lapse | None, text: str) -> None:
    assert phrases.lapse(lapse) == text


@pytest.mark.parametrize(("count", "text"), [(3, "3"), (2.8, "2.8"), (1200, "1,200")])
def test_deliveries_are_counted(count: float, text: str) -> None:
    assert phrases.amount(count, "delivery") == text


def test_no_figure_is_given_where_nothing_is_known() -> None:
    assert phrases.ratio(None) == "unknown"
    assert phrases.burn(None) == "unknown"
    assert phrases.interval(None) == phrases.interval(Sli()) == "unknown"


@pytest.mark.parametrize(
    ("bad", "text"), [(0, "100.00%"), (5, "50.00%"), (10, "0.00%"), (20, "overspent by 100.00%")]
)
def test_a_budget_says_what_is_left_or_overspent(bad: int, text: str) -> None:
    assert phrases.budget_left(card(hours=(100 - bad, bad, 0), slo=SLO).account) == text


def test_the_fastest_known_burn_is_told() -> None:
    assert phrases.fastest_burn(card(slo=SLO).account) == "2x over 6h"
    assert phrases.fastest_burn(None) == ""


def test_what_does_not_count_is_told_with_its_reason() -> None:
    sli = Sli(cold_start=3 * MICROS, maintenance=2)
    assert phrases.excluded(sli, "time") == "3h cold start, 0s maintenance"
    assert phrases.excluded(sli, "delivery") == "10,800,000,000 cold start, 2 maintenance"
    assert phrases.excluded(Sli(good=1), "time") == ""
