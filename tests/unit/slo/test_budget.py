from fractions import Fraction

import pytest

from featureguard.slo.budget import Budget, budget, burn_rate
from featureguard.slo.sli import Sli


def test_a_budget_is_what_the_objective_leaves_of_the_counted_time() -> None:
    found = budget(Sli(good=950, bad=10, unknown=40), 0.9, unknown_as_bad=False)
    assert (found.counted, found.spent, found.allowed) == (960, 10, Fraction(96))
    assert found.remaining_ratio == pytest.approx(86 / 96)


def test_unknown_time_spends_the_budget_where_policy_says_so() -> None:
    found = budget(Sli(good=950, bad=10, unknown=40), 0.9, unknown_as_bad=True)
    assert (found.counted, found.spent, found.allowed) == (1_000, 50, Fraction(100))
    assert found.remaining_ratio == 0.5


@pytest.mark.parametrize(
    ("bad", "met", "exhausted"), [(9_999, True, False), (10_000, True, True), (10_001, False, True)]
)
def test_a_budget_is_exhausted_once_nothing_is_left_and_broken_after_that(
    bad: int, met: bool, exhausted: bool
) -> None:
    found = budget(Sli(good=1_000_000 - bad, bad=bad), 0.99, unknown_as_bad=False)
    assert found.allowed == 10_000  # In floats 1 − 0.99 is a little more than 0.01.
    assert (found.met, found.exhausted) == (met, exhausted)


def test_an_overspent_budget_is_negative() -> None:
    assert Budget(0.99, counted=1_000, spent=30).remaining_ratio == -2


def test_without_counted_time_there_is_no_verdict() -> None:
    found = budget(Sli(unknown=10, cold_start=5), 0.99, unknown_as_bad=False)
    assert found.allowed == Fraction(0)
    assert found.remaining_ratio is found.met is found.exhausted is None
    assert burn_rate(Sli(unknown=10), 0.99, unknown_as_bad=False) is None


def test_a_burn_rate_of_one_spends_exactly_the_budget() -> None:
    assert burn_rate(Sli(good=99, bad=1), 0.99, unknown_as_bad=False) == 1
    assert burn_rate(Sli(bad=7), 0.99, unknown_as_bad=False) == 100
    assert burn_rate(Sli(good=7), 0.99, unknown_as_bad=False) == 0


def test_an_open_incident_keeps_burning_between_two_looks() -> None:
    silent = Sli(unknown=300, open=300)
    assert silent.bad_share(unknown_as_bad=False) is None
    assert burn_rate(silent, 0.99, unknown_as_bad=False) == 100
    assert budget(silent, 0.99, unknown_as_bad=False).counted == 0
