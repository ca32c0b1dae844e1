import itertools

import pytest

from featureguard.result import AnsweredBy, CheckResult, Code, Severity, Status, exit_code

BLOCK, WARN = Severity.BLOCK, Severity.WARN


def result(status: Status, severity: Severity = BLOCK) -> CheckResult:
    return CheckResult("nulls", status, severity)


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([], 0),
        ([result(Status.PASS)], 0),
        ([result(Status.FAIL)], 1),
        ([result(Status.UNKNOWN)], 3),
        ([result(Status.FAIL), result(Status.UNKNOWN)], 1),
        ([result(Status.FAIL, WARN), result(Status.UNKNOWN, WARN), result(Status.PASS)], 0),
        ([result(Status.FAIL, WARN), result(Status.UNKNOWN)], 3),
    ],
)
def test_only_blocking_promises_decide_the_exit_code(results: list[CheckResult], code: int) -> None:
    assert {exit_code(order) for order in itertools.permutations(results)} == {code}


def test_pass_is_better_than_unknown_and_unknown_than_fail() -> None:
    assert sorted(Status, key=lambda status: status.rank) == [Status.PASS, Status.UNKNOWN, Status.FAIL]


def test_what_blocks_is_worse_than_what_warns_even_if_it_is_only_unknown() -> None:
    worst_first = [
        result(Status.FAIL),
        result(Status.UNKNOWN),
        result(Status.FAIL, WARN),
        result(Status.UNKNOWN, WARN),
        result(Status.PASS),
    ]
    assert sorted(worst_first, key=lambda found: found.rank) == worst_first[::-1]


def test_an_account_changes_nothing_else() -> None:
    found = result(Status.FAIL).answered(AnsweredBy.SCAN, 10, 80)
    assert (found.answered_by, found.rows_read, found.bytes_read) == (AnsweredBy.SCAN, 10, 80)
    assert found.answered(AnsweredBy.METADATA, 0, 0) == result(Status.FAIL)


def test_codes_are_spelled_as_they_are_named() -> None:
    assert all(code.value == code.name for code in Code)
