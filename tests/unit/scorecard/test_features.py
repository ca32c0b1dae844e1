"""A feature is within its threshold only if it was seen to be: the unknown is never counted as compliant."""

from __future__ import annotations

import pytest

from featureguard.judging import Report
from featureguard.result import CheckResult, Status
from featureguard.scorecard import Features, features
from tests.builders import NOW, look, rides

COLUMNS = {"columns": {"id": "int64", "fare": "float64", "tip": "float64"}}


def result(check: str, status: str = "pass", column: str | None = None) -> CheckResult:
    return CheckResult(check, Status(status), column=column)


def judged(*results: CheckResult) -> Features:
    """The features of rides, whose key is `id`."""
    contract = rides(schema=COLUMNS, keys={"unique": ["id"]})
    return features(Report(contract, look(), results, NOW))


def fares(*own: CheckResult, fresh: str = "pass") -> Features:
    """With these results about `fare`, and a pass about `tip`."""
    return judged(result("freshness", fresh, "at"), *own, result("nulls", column="tip"))


def test_a_feature_is_a_promised_column_that_names_no_row() -> None:
    assert judged(result("freshness")) == Features(within=2)


@pytest.mark.parametrize(
    ("status", "found"),
    [("pass", Features(within=2)), ("unknown", Features(1, 1, 0)), ("fail", Features(1, 0, 1))],
)
def test_a_feature_needs_its_own_checks_to_pass(status: str, found: Features) -> None:
    assert fares(result("nulls", status, "fare"), result("range", "pass", "fare")) == found


@pytest.mark.parametrize(("status", "found"), [("unknown", Features(0, 2, 0)), ("fail", Features(0, 0, 2))])
def test_no_feature_of_stale_data_is_within(status: str, found: Features) -> None:
    assert fares(result("nulls", "pass", "fare"), fresh=status) == found


@pytest.mark.parametrize("check", ["population", "delivery"])
def test_a_stale_population_or_a_late_delivery_is_not_fresh(check: str) -> None:
    assert fares(result(check, "fail", "at")).out == 2


def test_an_early_warning_is_no_breach() -> None:
    assert fares(result("freshness_warn", "fail", "fare")) == Features(within=2)


def test_what_nothing_judges_is_unknown() -> None:
    assert judged() == Features(unknown=2)


def test_the_unknown_counts_against_compliance() -> None:
    found = Features(within=7, unknown=2, out=1)
    assert (found.total, found.compliance) == (10, 0.7)
    assert Features().compliance is None


@pytest.mark.parametrize(
    ("within", "unknown", "out", "exceeds"),
    [
        (100, 0, 0, True),
        (99, 0, 1, False),
        (99, 1, 0, None),
        (199, 0, 1, True),
        (98, 1, 1, False),
        (0, 0, 0, None),
    ],
)
def test_a_target_is_exceeded_met_by_nobody_or_cannot_be_told(
    within: int, unknown: int, out: int, exceeds: bool | None
) -> None:
    assert Features(within, unknown, out).exceeds(0.99) is exceeds
