"""Volume, keys, ranges and value sets."""

from decimal import Decimal

import pytest

from featureguard.checks.keys import keys
from featureguard.checks.ranges import ranges
from featureguard.checks.values import values
from featureguard.checks.volume import volume
from featureguard.observation import NO_TIME, History, KeyCount
from featureguard.profile import NEVER, ColumnProfile, Extreme, Values
from featureguard.result import Code, Severity, Status
from tests.builders import NOW, column, look, only, rides, unit

BOTH_ENDS = rides(volume={"at_least": 10, "at_most": 20})


@pytest.mark.parametrize(
    ("rows", "status", "limit"),
    [
        (9, Status.FAIL, 10),
        (10, Status.PASS, 10),
        (20, Status.PASS, 10),
        (21, Status.FAIL, 20),
        (0, Status.FAIL, 10),
    ],
)
def test_a_unit_has_as_many_rows_as_promised(rows: int, status: Status, limit: int) -> None:
    result = only(volume, BOTH_ENDS, look(unit(rows=rows)))
    assert (result.status, result.observed, result.limit) == (status, rows, limit)
    assert result.code is (Code.VOLUME_OUT_OF_RANGE if status is Status.FAIL else None)


def test_one_end_of_a_volume_is_enough() -> None:
    at_most = rides(volume={"at_most": 1_000, "severity": "warn"})
    result = only(volume, at_most, look(unit(rows=1_200)))
    assert result.reason == "There are 1,200 rows; the contract allows at most 1,000."
    assert (result.severity, result.limit) == (Severity.WARN, 1_000)


def test_rows_that_nobody_counted_are_unknown() -> None:
    seen = look(unit(rows=5))
    object.__setattr__(seen.units[0].profile, "rows", None)
    assert only(volume, BOTH_ENDS, seen).not_measured


def test_rows_without_a_time_are_no_window_of_their_own() -> None:
    seen = look(unit(rows=15, day=0), unit(rows=1, key=NO_TIME))
    result = only(volume, BOTH_ENDS, seen)
    assert (result.status, result.units_judged) == (Status.PASS, 1)


def test_of_many_days_the_latest_bad_one_is_named() -> None:
    seen = look(*(unit(rows=rows, day=day) for day, rows in enumerate((1, 15, 2, 15))))
    result = only(volume, BOTH_ENDS, seen)
    assert (result.unit, result.observed, result.units_failed) == ("2013-01-03", 2, 2)


# ------------------------------------------------------------------------------------------------ keys
KEYED = rides(keys={"unique": ["id", "city"]})


@pytest.mark.parametrize(("distinct", "status"), [(10, Status.PASS), (9, Status.FAIL)])
def test_every_key_names_one_row(distinct: int, status: Status) -> None:
    result = only(keys, KEYED, look(unit(rows=10, keys=KeyCount(10, distinct, "id=7, city=b"))))
    assert (result.status, result.observed, result.column) == (status, 10 - distinct, "id, city")


def test_a_repeated_key_is_shown() -> None:
    result = only(keys, KEYED, look(unit(rows=10, keys=KeyCount(10, 9, "id=7, city=b"))))
    assert (result.code, result.reason) == (
        Code.KEYS_DUPLICATED,
        "1 row of 10 repeat the key (id, city) of another, e.g. id=7, city=b.",
    )


def test_keys_that_nobody_counted_and_no_rows_are_unknown() -> None:
    assert only(keys, KEYED, look(unit(rows=10))).not_measured
    empty = only(keys, KEYED, look(unit(rows=0, keys=KeyCount(0, 0))))
    assert (empty.status, empty.code, empty.not_measured) == (Status.UNKNOWN, Code.NO_EVIDENCE, False)


# ---------------------------------------------------------------------------------------------- ranges
def between(least: Extreme | None, greatest: Extreme | None, kind: str = "float64") -> ColumnProfile:
    return ColumnProfile(5, frozenset({kind}), least=least, greatest=greatest)


@pytest.mark.parametrize(
    ("least", "greatest", "status", "observed"),
    [
        (-1, 10, Status.PASS, 10),
        (-1.0001, 10, Status.FAIL, -1.0001),
        (-1, 11, Status.FAIL, 11),
        (Decimal("-1.00"), Decimal("10.01"), Status.FAIL, 10.01),
        (0.0, float("inf"), Status.FAIL, float("inf")),
        (2**63, 2**63, Status.FAIL, 2**63),
    ],
)
def test_both_ends_of_a_range_are_allowed(
    least: Extreme, greatest: Extreme, status: Status, observed: float
) -> None:
    result = only(ranges, column(range=[-1, 10]), look(unit({"fare": between(least, greatest)})))
    assert (result.status, result.observed) == (status, observed)
    assert result.code is (Code.RANGE_VIOLATED if status is Status.FAIL else None)


def test_a_range_names_the_end_that_was_passed() -> None:
    seen = look(unit({"fare": between(-3, 4)}))
    assert only(ranges, column(range={"at_least": 0}), seen).reason == (
        "The smallest 'fare' is -3; the contract allows at least 0."
    )
    assert only(ranges, column(range={"at_most": 3}), seen).limit == 3


@pytest.mark.parametrize(
    ("profile", "code", "worth_a_scan"),
    [
        (between(None, None), Code.EVIDENCE_PARTIAL, True),
        (between(NEVER, NEVER), Code.NO_EVIDENCE, False),
        (between(None, None, "string"), Code.EVIDENCE_PARTIAL, False),
        (between(0, 1, "timestamp[us, tz=UTC]"), Code.EVIDENCE_PARTIAL, False),
        (None, Code.EVIDENCE_PARTIAL, False),
    ],
)
def test_a_range_that_cannot_be_judged_is_unknown(
    profile: ColumnProfile | None, code: Code, worth_a_scan: bool
) -> None:
    seen = look(unit({"fare": profile} if profile else {}, rows=5))
    result = only(ranges, column(range=[0, 1]), seen)
    assert (result.status, result.code, result.not_measured) == (Status.UNKNOWN, code, worth_a_scan)


# ---------------------------------------------------------------------------------------------- values
def holding(**counts: int) -> ColumnProfile:
    return ColumnProfile(9, values=Values.of(counts))


@pytest.mark.parametrize(
    ("allowed", "found", "status"),
    [
        (["a", "b"], {'"a"': 3}, Status.PASS),
        (["a", "b"], {'"a"': 3, '"c"': 1}, Status.FAIL),
        ([1, 2], {"1.0": 2, "2": 1}, Status.PASS),
        ([1.5], {"1.50": 2}, Status.PASS),
        ([2**53], {str(2**53 + 1): 1}, Status.FAIL),
        ([1], {"true": 1}, Status.FAIL),
        ([True], {"1": 1}, Status.FAIL),
        (["1"], {"1": 1}, Status.FAIL),
        (["2013-02-08"], {'"2013-02-08"': 1}, Status.PASS),
        ([10**400], {"1": 1}, Status.FAIL),
    ],
)
def test_only_agreed_values_pass(allowed: list[object], found: dict[str, int], status: Status) -> None:
    result = only(values, column(values=allowed), look(unit({"fare": holding(**found)})))
    assert (result.status, result.code) == (
        status,
        Code.VALUE_UNEXPECTED if status is Status.FAIL else None,
    )


def test_the_most_frequent_strangers_are_named() -> None:
    found = holding(**{'"a"': 5, '"x"': 1, '"y"': 7, '"z"': 2, '"w"': 1})
    result = only(values, column(values=["a"]), look(unit({"fare": found})))
    assert result.observed == 11
    assert result.reason == '11 rows of \'fare\' hold values that were not agreed: "y", "z", "w".'


def test_more_values_than_any_set_fail_without_a_count() -> None:
    many = ColumnProfile(9, values=Values((), overflowed=True))
    result = only(values, column(values=["a"]), look(unit({"fare": many})))
    assert (result.status, result.observed) == (Status.FAIL, None)


def test_values_that_cannot_be_judged_are_unknown() -> None:
    contract = column(values=["a"])
    assert only(values, contract, look(unit({"fare": ColumnProfile(9)}))).not_measured
    nothing = only(values, contract, look(unit({"fare": holding()})))
    assert (nothing.status, nothing.code) == (Status.UNKNOWN, Code.NO_EVIDENCE)
    assert only(values, contract, look(unit({}, rows=3))).reason == "'fare' is missing."


@pytest.mark.parametrize("check", [volume, keys, ranges, values])
def test_a_contract_without_the_promise_has_no_result(check: object) -> None:
    assert not list(check(rides(), look(), History(), NOW))  # type: ignore[operator]
