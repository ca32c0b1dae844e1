from datetime import UTC, datetime
from typing import Any

import pytest

from featureguard.errors import SourceUnreadableError
from featureguard.external.dbt_freshness import sources
from featureguard.external.reported import Named, Reported, Skipped, Why
from featureguard.result import Code, Severity, Status
from tests.unit.external.files import freshness, run, source_result


def reported(result: dict[str, Any]) -> Reported:
    (found,) = sources(freshness(result), "sources.json")
    assert isinstance(found, Reported)
    return found


@pytest.mark.parametrize(
    ("word", "status", "severity", "code"),
    [
        ("pass", Status.PASS, Severity.BLOCK, None),
        ("warn", Status.FAIL, Severity.WARN, Code.DATA_STALE),
        ("error", Status.FAIL, Severity.BLOCK, Code.DATA_STALE),
        ("runtime error", Status.UNKNOWN, Severity.BLOCK, Code.CHECK_CRASHED),
        ("success", Status.UNKNOWN, Severity.BLOCK, Code.CHECK_CRASHED),
    ],
)
def test_each_status_of_a_source_has_its_meaning(
    word: str, status: Status, severity: Severity, code: Code | None
) -> None:
    found = reported(source_result(word))
    assert (found.status, found.severity, found.code) == (status, severity, code)
    assert found.about == (Named("source.shop.raw.orders", "orders"),)
    assert found.observed_at == datetime(2013, 2, 9, 11, tzinfo=UTC)


def test_the_reason_has_the_age_and_the_limit() -> None:
    found = reported(source_result("error", 111_720.5))
    assert found.reason == "The newest row of 'orders' was 31h 2min old; dbt allows 1 day."
    assert found.observed == 111_720.5


def test_a_query_that_failed_has_only_its_error_and_the_time_of_the_file() -> None:
    found = reported({"unique_id": "source.shop.raw.orders", "status": "runtime error", "error": "no table"})
    assert found.reason == "dbt could not tell the freshness of 'orders': no table"
    assert found.observed_at == datetime(2013, 2, 9, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(("age", "status"), [(-300, Status.PASS), (-301, Status.UNKNOWN)])
def test_a_newest_row_in_the_future_proves_nothing(age: float, status: Status) -> None:
    found = reported(source_result("pass", age))
    assert found.status is status
    assert found.code is (Code.DATA_FROM_FUTURE if status is Status.UNKNOWN else None)


def test_an_empty_table_has_no_age() -> None:
    found = reported(source_result("error", 63_931_039_107.0, max_loaded_at="0001-01-01T00:00:00+00:00"))
    assert (found.status, found.code, found.observed) == (Status.FAIL, Code.NEVER_ARRIVED, None)


@pytest.mark.parametrize("criteria", [None, {}, {"error_after": {"count": None, "period": None}}])
def test_a_limit_that_is_not_told_is_left_out(criteria: object) -> None:
    assert (
        reported(source_result("error", criteria=criteria)).reason
        == "The newest row of 'orders' was 1min old."
    )


def test_a_result_without_a_name_is_listed() -> None:
    (found,) = sources(freshness({"status": "pass"}), "sources.json")
    assert isinstance(found, Skipped)
    assert found.why is Why.MALFORMED


@pytest.mark.parametrize("document", [run(), freshness(version=2), freshness(version=4)])
def test_another_file_or_version_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(SourceUnreadableError):
        list(sources(document, "sources.json"))
