from datetime import UTC, datetime
from typing import Any

import pytest

from featureguard.errors import SourceCorruptError
from featureguard.external.gx import validations
from featureguard.external.reported import Named, Reported, Skipped, Why
from featureguard.result import Code, Severity, Status
from tests.unit.external.files import expectation, validation


def reported(result: object, **meta: Any) -> Reported:
    (found,) = validations(validation(result, **meta), "gx.json")
    assert isinstance(found, Reported)
    return found


def configured(kind: str, severity: object = "critical", **arguments: Any) -> dict[str, Any]:
    return expectation(False, expectation_config={"type": kind, "kwargs": arguments, "severity": severity})


@pytest.mark.parametrize(
    ("success", "status", "code"),
    [
        (True, Status.PASS, None),
        (False, Status.FAIL, Code.NULL_LIMIT),
        (None, Status.UNKNOWN, Code.CHECK_CRASHED),
        (1, Status.UNKNOWN, Code.CHECK_CRASHED),
        ("true", Status.UNKNOWN, Code.CHECK_CRASHED),
    ],
)
def test_only_true_is_success(success: object, status: Status, code: Code | None) -> None:
    found = reported(expectation(success))
    assert (found.status, found.code) == (status, code)
    assert (found.check, found.column) == ("expect_column_values_to_not_be_null(id)", "id")
    assert found.about == (Named("shop.orders", "orders"),)
    assert found.observed_at == datetime(2013, 2, 9, 11, tzinfo=UTC)


@pytest.mark.parametrize("success", [True, False])
@pytest.mark.parametrize("nested", [True, False])
def test_an_exception_makes_it_unknown(success: bool, nested: bool) -> None:
    raised = {"raised_exception": True, "exception_message": "no column 'id'."}
    found = reported(expectation(success, exception_info={"a metric": raised} if nested else raised))
    assert (found.status, found.code) == (Status.UNKNOWN, Code.CHECK_CRASHED)
    assert found.reason.endswith("could not run: no column 'id'.")


@pytest.mark.parametrize(("rows", "status"), [(0, Status.UNKNOWN), (1, Status.PASS)])
def test_success_without_rows_says_nothing(rows: int, status: Status) -> None:
    assert reported(expectation(result={"element_count": rows, "unexpected_percent": 0})).status is status


@pytest.mark.parametrize(
    ("result", "observed", "said"),
    [
        ({"unexpected_percent": 12.4, "observed_value": 3}, 0.124, "12.40% of the values are unexpected"),
        ({"observed_value": 7}, 7, "observed 7"),
        ({"observed_value": "float64"}, "float64", "observed float64"),
        ({"observed_value": {"quantiles": []}}, None, "not met"),
        ({}, None, "not met"),
        (None, None, "not met"),
    ],
)
def test_what_was_observed_is_told(result: object, observed: object, said: str) -> None:
    found = reported(expectation(False, result=result))
    assert found.observed == observed
    assert found.reason == f"GX's 'expect_column_values_to_not_be_null(id)' failed: {said}."


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        ("critical", Severity.BLOCK),
        ("warning", Severity.WARN),
        ("info", Severity.WARN),
        (None, Severity.BLOCK),
    ],
)
def test_a_warning_only_warns(severity: object, expected: Severity) -> None:
    assert reported(configured("expect_x", severity)).severity is expected


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("expect_compound_columns_to_be_unique", Code.KEYS_DUPLICATED),
        ("expect_column_values_to_be_in_set", Code.VALUE_UNEXPECTED),
        ("expect_column_max_to_be_between", Code.RANGE_VIOLATED),
        ("expect_table_row_count_to_equal", Code.VOLUME_OUT_OF_RANGE),
        ("expect_column_to_exist", Code.SCHEMA_BREAKING),
        ("expect_my_own_rule", Code.EXTERNAL_FAILED),
    ],
)
def test_the_type_of_an_expectation_gives_the_code(kind: str, code: Code) -> None:
    assert reported(configured(kind)).code is code


def test_an_expectation_over_several_columns_names_them_all() -> None:
    found = reported(configured("expect_compound_columns_to_be_unique", column_list=["a", "b", 3]))
    assert (found.check, found.column) == ("expect_compound_columns_to_be_unique(a, b)", None)
    assert reported(configured("expect_pair", column_A="a", column_B="b")).check == "expect_pair(a, b)"


def test_the_older_name_of_the_type_is_read() -> None:
    old = expectation(
        expectation_config={"expectation_type": "expect_table_columns_to_match_set", "kwargs": {}}
    )
    assert reported(old).check == "expect_table_columns_to_match_set"


@pytest.mark.parametrize("result", [None, 3, {}, {"success": True, "expectation_config": {"type": 5}}])
def test_a_result_without_a_type_is_listed(result: object) -> None:
    (found,) = validations(validation(result), "gx.json")
    assert isinstance(found, Skipped)
    assert (found.what, found.why) == ("results[0]", Why.MALFORMED)


def test_a_validation_without_an_asset_tells_no_dataset() -> None:
    (found,) = validations(validation(expectation(), active_batch_definition=None), "gx.json")
    assert isinstance(found, Skipped)
    assert found.why is Why.UNTOLD


def test_the_time_of_validation_stands_in_for_the_one_of_the_run() -> None:
    found = reported(expectation(), run_id={}, validation_time="2013-02-09T10:00:00+00:00")
    assert found.observed_at == datetime(2013, 2, 9, 10, tzinfo=UTC)
    assert reported(expectation(), run_id="now").observed_at is None


def test_a_checkpoint_has_several_validations() -> None:
    one = validation(expectation())
    for document in ([one, one], {"run_results": {"a": one, "b": {"validation_result": one}}}):
        assert len(list(validations(document, "gx.json"))) == 2


@pytest.mark.parametrize("document", [None, 3, {}, [{}], {"validation_results": [{"expectations": []}]}])
def test_what_is_no_validation_is_refused(document: object) -> None:
    with pytest.raises(SourceCorruptError, match="no validation result"):
        list(validations(document, "gx.json"))


def ours(success: object, **details: Any) -> dict[str, Any]:
    """A result of one of our own expectations, as GX writes it."""
    told = {"status": "fail", "code": "DATA_STALE", "reason": "The newest 'at' is 3h old.", **details}
    config = {"type": "expect_feature_to_be_fresh", "kwargs": {"column": "at"}, "severity": "critical"}
    return expectation(
        success, result={"observed_value": 10800.0, "details": told}, expectation_config=config
    )


def test_our_own_expectations_tell_their_code_and_reason() -> None:
    found = reported(ours(False))
    assert (found.status, found.code, found.observed) == (Status.FAIL, Code.DATA_STALE, 10800.0)
    assert found.reason == "The newest 'at' is 3h old."
    assert reported(ours(True, status="pass", code=None, reason="")).status is Status.PASS


def test_what_ours_could_not_measure_is_unknown_though_gx_calls_it_a_failure() -> None:
    found = reported(ours(False, status="unknown", code="EVIDENCE_PARTIAL", reason="'at' is missing."))
    assert (found.status, found.code, found.reason) == (
        *(Status.UNKNOWN, Code.EVIDENCE_PARTIAL),
        "'at' is missing.",
    )


@pytest.mark.parametrize(
    ("success", "details"),
    [
        (True, {"status": "fail"}),
        (True, {"status": "unknown"}),
        (False, {"status": "pass"}),
        (False, {"status": ["fail"]}),
        (False, {"code": "NO_SUCH_CODE"}),
        (False, {"code": None}),
    ],
)
def test_details_that_contradict_the_result_are_not_believed(success: bool, details: Any) -> None:
    found = reported(ours(success, **details))
    assert (found.status, found.code) == (Status.UNKNOWN, Code.CHECK_CRASHED)


def test_without_details_the_type_gives_the_code() -> None:
    config = {"type": "expect_schema_to_match_contract", "kwargs": {}, "severity": "critical"}
    found = reported(expectation(False, result={}, expectation_config=config))
    assert (found.status, found.code) == (Status.FAIL, Code.SCHEMA_BREAKING)
