"""Files that the tools themselves wrote.

`fixtures/dbt` was written by `dbt build` and `dbt source freshness` of dbt-core 1.11.16 on DuckDB, over a
project whose tests pass, warn, fail, crash and are skipped; compiled code and most options were removed.
`fixtures/soda` was written by Soda Core 3.5.6 on DuckDB; queries, logs and sampled rows were removed.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from featureguard.contract import Contract
from featureguard.external import Imported, Why, read_results
from featureguard.result import Code, Severity, Status

FIXTURES = Path(__file__).parents[1] / "fixtures"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
PASS, FAIL, UNKNOWN = Status.PASS, Status.FAIL, Status.UNKNOWN
BLOCK, WARN = Severity.BLOCK, Severity.WARN


def contract(dataset: str, **aliases: str) -> Contract:
    return Contract.model_validate({"dataset": dataset, "owner": "me@example.org", "aliases": aliases})


def told(imported: Imported, dataset: str) -> dict[str, tuple[object, ...]]:
    return {
        result.check: (result.status, result.severity, result.code, result.column, result.observed)
        for result in imported.results
        if result.dataset == dataset
    }


@pytest.fixture(scope="module")
def dbt() -> Imported:
    sources = contract("raw.orders", dbt="source.shop.main.raw_orders")
    contracts = [contract("shop.orders"), contract("late_orders"), contract("fresh_orders"), sources]
    return read_results(FIXTURES / "dbt", "dbt", [*contracts, contract("clients", dbt="customers")], NOW)


def test_the_tests_of_a_model_are_told_with_column_number_and_code(dbt: Imported) -> None:
    assert told(dbt, "shop.orders") == {
        "not_null_orders_id": (PASS, BLOCK, None, "id", 0),
        "unique_orders_id": (FAIL, BLOCK, Code.KEYS_DUPLICATED, "id", 1),
        "not_null_orders_customer_id": (FAIL, WARN, Code.NULL_LIMIT, "customer_id", 1),
        "relationships_orders_customer_id__id__ref_customers_": (
            *(FAIL, BLOCK, Code.VALUE_UNEXPECTED),
            *("customer_id", 1),
        ),
        "accepted_values_orders_status__placed__shipped": (
            *(FAIL, BLOCK, Code.VALUE_UNEXPECTED),
            *("status", 1),
        ),
        "status_is_number": (UNKNOWN, BLOCK, Code.CHECK_CRASHED, "status", None),
        "orders_are_few": (PASS, BLOCK, None, None, 0),
        "every_customer_ordered": (PASS, BLOCK, None, None, 0),
    }


def test_a_test_of_two_models_is_told_of_both(dbt: Imported) -> None:
    assert "every_customer_ordered" in told(dbt, "clients")


def test_sources_have_their_freshness_and_their_tests(dbt: Imported) -> None:
    assert told(dbt, "raw.orders")["source_freshness"][:3] == (FAIL, BLOCK, Code.DATA_STALE)
    assert told(dbt, "fresh_orders")["source_freshness"][:3] == (PASS, BLOCK, None)
    late = told(dbt, "late_orders")
    assert late["source_freshness"] == (FAIL, WARN, Code.DATA_STALE, None, 72_050.836264)
    assert late["source_not_null_main_late_orders_id"][:1] == (PASS,)


def test_what_gave_no_result_is_listed(dbt: Imported) -> None:
    assert {(entry.what, entry.why) for entry in dbt.skipped} == {
        ("not_null_skipped_id", Why.NOT_RUN),
        ("not_null_broken_id", Why.NO_DATASET),
        ("nothing_at_all", Why.UNTOLD),
        ("unit_test.shop.orders.orders_keep_their_ids", Why.NOT_DATA),
    }


def test_every_result_is_from_the_run(dbt: Imported) -> None:
    assert {result.observed_at.replace(minute=0, second=0, microsecond=0) for result in dbt.results} == {
        datetime(2026, 11, 23, 23, tzinfo=UTC)
    }


def test_a_scan_of_soda_is_read() -> None:
    found = read_results(FIXTURES / "soda/scan.json", "soda", [contract("orders")], NOW)
    percent = "missing_percent(customer_id) warn when > 5% fail when > 50%"
    assert told(found, "orders") == {
        "row_count > 0": (PASS, BLOCK, None, None, 4),
        "missing_count(id) = 0": (PASS, BLOCK, None, "id", 0),
        "ids are unique": (FAIL, BLOCK, Code.KEYS_DUPLICATED, "id", 1),
        percent: (FAIL, WARN, Code.NULL_LIMIT, "customer_id", 25.0),
        "invalid_count(status) = 0": (FAIL, BLOCK, Code.VALUE_UNEXPECTED, "status", 1),
        "freshness(placed_at) < 1h": (FAIL, BLOCK, Code.DATA_STALE, "placed_at", 10_800.003),
        "few orders": (FAIL, BLOCK, Code.EXTERNAL_FAILED, None, 1),
        "Schema Check": (FAIL, BLOCK, Code.SCHEMA_BREAKING, None, None),
        "values in (customer_id) must exist in customers (id)": (
            *(FAIL, BLOCK, Code.VALUE_UNEXPECTED),
            *("customer_id", 2),
        ),
    }
    whys = [entry.why for entry in found.skipped]
    assert sorted(whys) == sorted([Why.UNTOLD, Why.NO_DATASET, Why.NO_DATASET, Why.NOT_RUN])
