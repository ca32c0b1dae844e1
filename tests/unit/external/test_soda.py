from datetime import UTC, datetime
from typing import Any

import pytest

from featureguard.errors import SourceCorruptError
from featureguard.external.reported import Named, Reported, Skipped, Why
from featureguard.external.soda import scan
from featureguard.result import Code, Severity, Status
from tests.unit.external.files import soda_check, soda_scan


def reported(check: object, **more: Any) -> Reported:
    (found,) = scan(soda_scan(check, **more), "scan.json")
    assert isinstance(found, Reported)
    return found


@pytest.mark.parametrize(
    ("outcome", "status", "severity", "code"),
    [
        ("pass", Status.PASS, Severity.BLOCK, None),
        ("warn", Status.FAIL, Severity.WARN, Code.NULL_LIMIT),
        ("fail", Status.FAIL, Severity.BLOCK, Code.NULL_LIMIT),
        (None, Status.UNKNOWN, Severity.BLOCK, Code.CHECK_CRASHED),
        ("passed", Status.UNKNOWN, Severity.BLOCK, Code.CHECK_CRASHED),
        (True, Status.UNKNOWN, Severity.BLOCK, Code.CHECK_CRASHED),
    ],
)
def test_each_outcome_has_its_meaning(
    outcome: object, status: Status, severity: Severity, code: Code | None
) -> None:
    found = reported(soda_check(outcome))
    assert (found.status, found.severity, found.code) == (status, severity, code)
    assert (found.check, found.column) == ("missing_count(id) = 0", "id")
    assert found.about == (Named("shop.orders", "orders"),)


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        ("missing_percent(id) < 5%", Code.NULL_LIMIT),
        ("- duplicate_count(id) = 0:\n      name: ids", Code.KEYS_DUPLICATED),
        ("invalid_count(status) = 0", Code.VALUE_UNEXPECTED),
        ("values in (a) must exist in customers (id)", Code.VALUE_UNEXPECTED),
        ("row_count > 0", Code.VOLUME_OUT_OF_RANGE),
        ("freshness(placed_at) < 1h", Code.DATA_STALE),
        ("- schema:\n      fail:", Code.SCHEMA_BREAKING),
        ("- failed rows:\n      fail query: select 1", Code.EXTERNAL_FAILED),
        ("", Code.EXTERNAL_FAILED),
    ],
)
def test_the_definition_gives_the_code(definition: str, code: Code) -> None:
    assert reported(soda_check("fail", definition, name="a check")).code is code


def test_an_age_is_told_in_seconds_and_other_values_as_they_are() -> None:
    old = soda_check("fail", diagnostics={"value": 10_800_003, "measure": "time"})
    assert reported(old).observed == 10_800.003
    assert reported(soda_check("fail", diagnostics={"value": 7})).reason == (
        "Soda's 'missing_count(id) = 0' failed: observed 7."
    )
    assert reported(soda_check("warn", diagnostics=None)).reason == "Soda's 'missing_count(id) = 0' warns."


@pytest.mark.parametrize(("data", "hour"), [("2013-02-08T11:00:00Z", 8), ("2013-03-09T11:00:00Z", 9)])
def test_a_scan_for_an_earlier_time_is_evidence_of_that_time(data: str, hour: int) -> None:
    """`soda scan -t` judges as of another time: a pass as of last year does not say that data is fresh."""
    assert reported(soda_check(), dataTimestamp=data).observed_at == datetime(2013, 2, hour, 11, tzinfo=UTC)


def test_a_check_without_a_table_tells_no_dataset() -> None:
    (found,) = scan(soda_scan(soda_check(table=None)), "scan.json")
    assert isinstance(found, Skipped)
    assert found.why is Why.UNTOLD


@pytest.mark.parametrize("check", [None, 3, {}, soda_check(name=5), soda_check(name="")])
def test_a_check_without_a_name_is_listed(check: object) -> None:
    (found,) = scan(soda_scan(check), "scan.json")
    assert found == Skipped("checks[0]", Why.MALFORMED, "A check has no name.")


def test_checks_that_soda_left_out_are_hinted_at() -> None:
    (found,) = scan(soda_scan(hasErrors=True), "scan.json")
    assert isinstance(found, Skipped)
    assert found.why is Why.NOT_RUN


@pytest.mark.parametrize("document", [None, [], {}, {"checks": {}}])
def test_what_is_no_scan_is_refused(document: object) -> None:
    with pytest.raises(SourceCorruptError, match="has no list of results"):
        list(scan(document, "scan.json"))
