"""A checkpoint that Great Expectations runs here and now."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from featureguard.contract import Contract
from featureguard.external import Imported, read_results
from featureguard.result import Code, Severity, Status

gx = pytest.importorskip("great_expectations")
pandas = pytest.importorskip("pandas")


def checkpoint(frame: Any) -> list[dict[str, Any]]:
    """The validation results of a small suite, as GX writes them."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("shop").add_dataframe_asset("orders")
    batch = asset.add_batch_definition_whole_dataframe("all")
    suite = context.suites.add(gx.ExpectationSuite(name="orders"))
    expect = gx.expectations
    for expectation in (
        expect.ExpectColumnValuesToNotBeNull(column="id"),
        expect.ExpectColumnValuesToBeInSet(column="status", value_set=["placed"], severity="warning"),
        expect.ExpectTableRowCountToBeBetween(min_value=0),
        expect.ExpectColumnValuesToBeUnique(column="nothing"),
    ):
        suite.add_expectation(expectation)
    definition = gx.ValidationDefinition(name="orders", data=batch, suite=suite)
    run = gx.Checkpoint(
        name="nightly", validation_definitions=[context.validation_definitions.add(definition)]
    )
    found = context.checkpoints.add(run).run(batch_parameters={"dataframe": frame})
    return [validation.to_json_dict() for validation in found.run_results.values()]


def imported(frame: Any, tmp_path: Path) -> Imported:
    file = tmp_path / "validations.json"
    file.write_text(json.dumps(checkpoint(frame)), encoding="utf-8")
    contract = Contract.model_validate(
        {"dataset": "rides", "owner": "me@example.org", "aliases": {"gx": "orders"}}
    )
    return read_results(file, "gx", [contract], datetime.now(UTC))


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GX_ANALYTICS_ENABLED", "false")
    monkeypatch.chdir(tmp_path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_results_of_a_checkpoint_are_read(tmp_path: Path) -> None:
    frame = pandas.DataFrame({"id": [1, 2, 3, None], "status": ["placed", "lost", "placed", "placed"]})
    found = imported(frame, tmp_path)
    assert {(r.check, r.status, r.severity, r.code, r.observed) for r in found.results} == {
        ("expect_column_values_to_not_be_null(id)", Status.FAIL, Severity.BLOCK, Code.NULL_LIMIT, 0.25),
        (
            "expect_column_values_to_be_in_set(status)",
            Status.FAIL,
            Severity.WARN,
            Code.VALUE_UNEXPECTED,
            0.25,
        ),
        ("expect_table_row_count_to_be_between", Status.PASS, Severity.BLOCK, None, 4),
        (
            *("expect_column_values_to_be_unique(nothing)", Status.UNKNOWN, Severity.BLOCK),
            *(Code.CHECK_CRASHED, None),
        ),
    }
    assert {result.dataset for result in found.results} == {"rides"}
    assert all(timedelta(0) <= datetime.now(UTC) - r.observed_at < timedelta(hours=1) for r in found.results)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_what_gx_calls_success_on_no_rows_is_unknown(tmp_path: Path) -> None:
    found = imported(pandas.DataFrame({"id": pandas.Series([], dtype="float"), "status": []}), tmp_path)
    by_check = {result.check: (result.status, result.code) for result in found.results}
    assert by_check["expect_column_values_to_not_be_null(id)"] == (Status.UNKNOWN, Code.NO_EVIDENCE)
    assert by_check["expect_table_row_count_to_be_between"] == (Status.PASS, None)
