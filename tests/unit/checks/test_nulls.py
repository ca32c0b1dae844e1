import pytest

from featureguard.checks.nulls import NullCount, count_nulls, nulls
from featureguard.observation import History
from featureguard.profile import ColumnProfile
from featureguard.result import Code, Severity, Status
from tests.builders import NOW, column, look, only, rides, unit


def fares(rows: int = 100, nulls: int | None = 0, nans: int | None = 0, **more: object) -> ColumnProfile:
    return ColumnProfile(rows, nulls=nulls, nans=nans, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("null", "status"), [(5, Status.PASS), (6, Status.FAIL), (0, Status.PASS)])
def test_the_share_of_nulls_has_a_limit(null: int, status: Status) -> None:
    result = only(nulls, column(nulls="5%"), look(unit({"fare": fares(nulls=null)})))
    assert (result.status, result.observed, result.limit) == (status, null / 100, 0.05)
    assert result.code is (Code.NULL_LIMIT if status is Status.FAIL else None)


def test_the_reason_has_numbers_and_says_what_is_missing() -> None:
    seen = look(unit({"fare": fares(10_000, nulls=1_200, nans=40)}))
    assert only(nulls, column(nulls="1%"), seen).reason == (
        "12.40% of 'fare' is null or NaN; the contract allows 1.00%."
    )


@pytest.mark.parametrize(("null", "status"), [(0, Status.PASS), (1, Status.FAIL)])
def test_a_column_that_is_not_nullable_has_a_limit_of_zero(null: int, status: Status) -> None:
    result = only(nulls, column(nullable=False), look(unit({"fare": fares(nulls=null)})))
    assert (result.status, result.limit) == (status, 0.0)


@pytest.mark.parametrize(
    ("covers", "rate"),
    [
        (None, 0.12),
        (["null"], 0.1),
        (["nan"], 0.02),
        (["empty"], 0.03),
        (["sentinel"], 0.04),
        (["null", "nan", "empty", "sentinel"], 0.19),
    ],
)
def test_a_limit_covers_what_it_says(covers: list[str] | None, rate: float) -> None:
    sentinels = {"sentinels": [-9]} if covers and "sentinel" in covers else {}
    contract = column(nulls={"at_most": 0.5, "covers": covers, **sentinels})
    seen = look(unit({"fare": fares(nulls=10, nans=2, empties=3, tallies={"-9": 4})}))
    assert only(nulls, contract, seen).observed == pytest.approx(rate)


def test_sentinels_are_covered_where_some_are_declared() -> None:
    contract = column(nulls={"at_most": 0.5, "sentinels": [-9, "?"]})
    seen = look(unit({"fare": fares(tallies={"-9": 4, '"?"': 1})}))
    assert only(nulls, contract, seen).observed == 0.05


def test_a_float_limit_can_fail_from_a_footer_but_never_pass() -> None:
    unknown = only(nulls, column(nulls="5%"), look(unit({"fare": fares(nulls=5, nans=None)})))
    assert (unknown.status, unknown.code, unknown.not_measured) == (
        Status.UNKNOWN,
        Code.EVIDENCE_PARTIAL,
        True,
    )
    assert (
        only(nulls, column(nulls="5%"), look(unit({"fare": fares(nulls=6, nans=None)}))).status is Status.FAIL
    )


def test_no_rows_pass_nothing() -> None:
    result = only(nulls, column(nulls="100%"), look(unit({"fare": ColumnProfile()})))
    assert (result.status, result.code, result.not_measured) == (Status.UNKNOWN, Code.NO_EVIDENCE, False)


def test_no_closed_unit_is_no_evidence() -> None:
    result = only(nulls, column(nulls="5%"), look())
    assert (result.status, result.code) == (Status.UNKNOWN, Code.NO_EVIDENCE)


def test_a_missing_column_is_unknown_unless_it_is_optional() -> None:
    seen = look(unit({}, rows=10))
    result = only(nulls, column(nulls="5%"), seen)
    assert (result.status, result.reason, result.not_measured) == (
        Status.UNKNOWN,
        "'fare' is missing.",
        False,
    )
    optional = only(nulls, column(nulls="5%", optional=True), seen)
    assert (optional.status, optional.observed) == (Status.FAIL, 1.0)


def test_rows_of_files_without_the_column_count_as_null() -> None:
    fare, contract = fares(90), column(optional=True, nulls="50%")
    found = count_nulls("fare", contract.columns["fare"], unit({"fare": fare}, rows=100))
    assert found == NullCount(100, 10, exact=True)


def test_the_worst_unit_is_named_and_the_failing_ones_are_counted() -> None:
    days = [unit({"fare": fares(nulls=n)}, day=day) for day, n in enumerate((9, 0, 8, 1))]
    result = only(nulls, column(nulls="5%"), look(*days))
    assert (result.unit, result.units_judged, result.units_failed) == ("2013-01-03", 4, 2)
    assert result.reason.startswith("2013-01-03: 8.00% of 'fare' is null")
    assert result.reason.endswith("2 of 4 units fail.")


def test_a_unit_that_a_scan_could_still_answer_is_not_hidden_by_one_that_stays_unknown() -> None:
    """Day 0 needs a scan, day 1 has no rows: a NaN-only day 0 must not stay unseen."""
    days = [unit({"fare": fares(nans=None)}, day=0), unit({"fare": ColumnProfile()}, day=1)]
    assert only(nulls, column(nulls="5%"), look(*days)).not_measured


def test_severity_is_the_promises() -> None:
    contract = column(nulls={"at_most": 0, "severity": "warn"})
    assert only(nulls, contract, look(unit({"fare": fares(nulls=1)}))).severity is Severity.WARN


def test_each_column_has_its_own_result() -> None:
    contract = rides(schema={"columns": {"a": {"nulls": "1%"}, "b": {"nullable": False}, "c": {}}})
    assert [result.column for result in nulls(contract, look(), History(), NOW)] == ["a", "b"]
