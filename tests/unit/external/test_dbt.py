from datetime import UTC, datetime
from typing import Any

import pytest

from featureguard.errors import SourceCorruptError, SourceUnreadableError
from featureguard.external.dbt import run_results
from featureguard.external.dbt_nodes import Manifest
from featureguard.external.reported import Named, Reported, Skipped, Why
from featureguard.result import Code, Severity, Status
from tests.unit.external.files import MODEL, TEST, freshness, manifest, ran, run


def reported(result: dict[str, Any], known: Manifest | None = None, **more: Any) -> Reported:
    (found,) = run_results(run(result, **more), known or manifest(), "run_results.json")
    assert isinstance(found, Reported)
    return found


def skipped(result: object, known: Manifest | None = None) -> Skipped:
    (found,) = run_results(run(result), known, "run_results.json")
    assert isinstance(found, Skipped)
    return found


@pytest.mark.parametrize(
    ("word", "status", "severity", "code"),
    [
        ("pass", Status.PASS, Severity.BLOCK, None),
        ("warn", Status.FAIL, Severity.WARN, Code.NULL_LIMIT),
        ("fail", Status.FAIL, Severity.BLOCK, Code.NULL_LIMIT),
        ("error", Status.UNKNOWN, Severity.BLOCK, Code.CHECK_CRASHED),
        ("runtime error", Status.UNKNOWN, Severity.BLOCK, Code.CHECK_CRASHED),
        ("PASS", Status.UNKNOWN, Severity.BLOCK, Code.CHECK_CRASHED),
        (None, Status.UNKNOWN, Severity.BLOCK, Code.CHECK_CRASHED),
    ],
)
def test_each_status_of_a_test_has_its_meaning(
    word: object, status: Status, severity: Severity, code: Code | None
) -> None:
    found = reported(ran(word))
    assert (found.status, found.severity, found.code) == (status, severity, code)
    assert bool(found.reason) is (status is not Status.PASS)


@pytest.mark.parametrize(("severity", "expected"), [("warn", Severity.WARN), ("ERROR", Severity.BLOCK)])
def test_a_test_that_could_not_run_has_the_severity_of_its_configuration(
    severity: str, expected: Severity
) -> None:
    assert reported(ran("error"), manifest(config={"severity": severity})).severity is expected


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("not_null", Code.NULL_LIMIT),
        ("unique", Code.KEYS_DUPLICATED),
        ("accepted_values", Code.VALUE_UNEXPECTED),
        ("relationships", Code.VALUE_UNEXPECTED),
        ("row_count_is_positive", Code.EXTERNAL_FAILED),
        (None, Code.EXTERNAL_FAILED),
    ],
)
def test_the_kind_of_a_test_gives_the_code(kind: str | None, code: Code) -> None:
    assert reported(ran("fail"), manifest(kind=kind)).code is code


def test_a_test_of_a_package_that_only_shares_its_name_has_no_code_of_its_own() -> None:
    known = manifest(test_metadata={"name": "unique", "namespace": "acme"})
    assert reported(ran("fail"), known).code is Code.EXTERNAL_FAILED


def test_a_failure_is_told_with_its_number_column_and_limit() -> None:
    found = reported(ran("fail", failures=1_200, message="Got 1200 results, configured to fail if >9"))
    assert (found.check, found.column, found.observed) == ("not_null_orders_id", "id", 1_200)
    assert found.reason == (
        "dbt's test 'not_null_orders_id' found 1,200 failures: Got 1200 results, configured to fail if >9."
    )


def test_a_result_is_as_old_as_the_begin_of_its_query() -> None:
    assert reported(ran()).observed_at == datetime(2013, 2, 9, 11, tzinfo=UTC)
    assert reported(ran(timing=[])).observed_at == datetime(2013, 2, 9, 11, 30, tzinfo=UTC)
    assert reported(ran(timing="soon")).observed_at == datetime(2013, 2, 9, 11, 30, tzinfo=UTC)


def test_a_test_that_was_skipped_has_no_result() -> None:
    assert skipped(ran("skipped"), manifest()) == Skipped("not_null_orders_id", Why.NOT_RUN)


def test_without_a_manifest_a_test_is_listed_with_what_to_do() -> None:
    found = skipped(ran("fail"))
    assert (found.what, found.why) == ("not_null_orders_id", Why.UNTOLD)
    assert "'manifest.json'" in found.hint


def test_a_test_that_the_manifest_does_not_know_is_listed() -> None:
    assert skipped(ran(unique_id="test.shop.other.1"), manifest()).why is Why.UNTOLD


def test_unit_tests_judge_code_and_models_are_no_tests() -> None:
    assert skipped(ran(unique_id="unit_test.shop.orders.sums"), manifest()).why is Why.NOT_DATA
    assert list(run_results(run(ran(unique_id=MODEL)), None, "file")) == []


@pytest.mark.parametrize("result", [None, 3, [], {}, ran(unique_id=7), ran(unique_id="a\nb")])
def test_a_result_without_a_name_is_listed(result: object) -> None:
    assert skipped(result, manifest()) == Skipped(
        "results[0]", Why.MALFORMED, "A result has no name ('unique_id')."
    )


@pytest.mark.parametrize("option", ["empty", "sample"])
def test_a_pass_over_a_part_of_the_data_is_unknown_but_a_failure_stays(option: str) -> None:
    found = reported(ran(), args={option: True})
    assert (found.status, found.code) == (Status.UNKNOWN, Code.EVIDENCE_PARTIAL)
    assert f"'--{option}'" in found.reason
    assert reported(ran("fail"), args={option: True}).status is Status.FAIL
    assert reported(ran(), args={option: False}).status is Status.PASS


@pytest.mark.parametrize(("version", "read"), [(3, False), (4, True), (6, True), (7, False)])
def test_only_known_versions_of_the_schema_are_read(version: int, read: bool) -> None:
    document = run(ran(), version=version)
    if read:
        assert list(run_results(document, manifest(), "file"))
        return
    with pytest.raises(SourceUnreadableError, match=f"has version {version} .* version 4 to 6 can be read"):
        list(run_results(document, manifest(), "file"))


@pytest.mark.parametrize("document", [{}, {"metadata": 3}, {"results": []}, freshness()])
def test_another_file_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(SourceUnreadableError, match="'run-results' is expected"):
        list(run_results(document, None, "file"))


def test_a_file_without_results_is_refused() -> None:
    with pytest.raises(SourceCorruptError, match="has no list of results"):
        list(run_results({**run(), "results": {}}, None, "file"))


# ------------------------------------------------------------------------------------------- the manifest
RAW, OTHER = "source.shop.raw.events", "model.shop.customers"


def judged(*parents: str, **test: Any) -> list[str]:
    return [one.id for one in manifest(*parents, **test).judged_by(TEST)]


def test_a_test_belongs_to_the_node_it_is_attached_to() -> None:
    assert judged(OTHER, MODEL, attached_node=MODEL) == [MODEL]


def test_a_test_of_a_source_belongs_to_the_table_it_was_written_at() -> None:
    written = {
        "name": "relationships",
        "kwargs": {"model": "{{ get_where_subquery(source('raw', 'events')) }}"},
    }
    assert judged(OTHER, RAW, test_metadata=written) == [RAW]


def test_a_test_of_ones_own_belongs_to_all_that_it_selects_from() -> None:
    assert judged(OTHER, MODEL, kind=None) == [OTHER, MODEL]


@pytest.mark.parametrize("parents", [None, 3, [], ["macro.dbt.statement"], [["model.shop.orders"]]])
def test_a_test_over_nothing_that_holds_data_tells_no_dataset(parents: object) -> None:
    assert judged(MODEL, depends_on={"nodes": parents}, kind=None) == []


def test_a_versioned_model_has_its_short_name() -> None:
    known = Manifest({"nodes": {"model.shop.orders.v2": {}}, "sources": {RAW: {"name": "events"}}})
    assert known.named == (Named("model.shop.orders.v2", "orders"), Named(RAW, "events"))


@pytest.mark.parametrize("document", [{}, {"nodes": []}, {"nodes": {TEST: 3, MODEL: None}, "sources": "no"}])
def test_a_manifest_of_any_shape_is_read(document: dict[str, Any]) -> None:
    assert Manifest(document).judged_by(TEST) == ()
