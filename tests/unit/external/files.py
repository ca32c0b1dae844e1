"""Small files of other tools, for the tests: what is left out is as those tools write it."""

from typing import Any

from featureguard.external.dbt_nodes import Manifest

AT = "2013-02-09T11:00:00.000000Z"
TEST, MODEL = "test.shop.not_null_orders_id.84ef11d8fe", "model.shop.orders"


def schema(kind: str, version: int) -> dict[str, Any]:
    address = f"https://schemas.getdbt.com/dbt/{kind}/v{version}.json"
    return {"dbt_schema_version": address, "generated_at": "2013-02-09T11:30:00Z"}


def ran(status: object = "pass", unique_id: object = TEST, **more: Any) -> dict[str, Any]:
    timing = [
        {"name": "compile", "started_at": "2013-02-09T10:00:00Z"},
        {"name": "execute", "started_at": AT},
    ]
    return {
        "unique_id": unique_id,
        "status": status,
        "timing": timing,
        "failures": 0,
        "message": None,
        **more,
    }


def run(*results: object, version: int = 6, **more: Any) -> dict[str, Any]:
    return {"metadata": schema("run-results", version), "results": list(results), "args": {}, **more}


def freshness(*results: object, version: int = 3) -> dict[str, Any]:
    return {"metadata": schema("sources", version), "results": list(results)}


def source_result(status: object = "pass", age: object = 60.0, **more: Any) -> dict[str, Any]:
    criteria = {"warn_after": {"count": 12, "period": "hour"}, "error_after": {"count": 1, "period": "day"}}
    found = {"unique_id": "source.shop.raw.orders", "status": status, "max_loaded_at_time_ago_in_s": age}
    return {**found, "max_loaded_at": AT, "snapshotted_at": AT, "criteria": criteria, **more}


def manifest(*parents: str, kind: str | None = "not_null", **test: Any) -> Manifest:
    """A manifest with one test; `parents` are what it depends on."""
    parents = parents or (MODEL,)
    metadata = {"name": kind, "kwargs": {"column_name": "id"}, "namespace": None} if kind else None
    node = {"test_metadata": metadata, "depends_on": {"nodes": list(parents)}, **test}
    tables = {parent: {"name": parent.split(".")[-1]} for parent in parents}
    return Manifest({"nodes": {TEST: node, **tables}})


def expectation(success: object = True, **more: Any) -> dict[str, Any]:
    config = {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "id"},
        "severity": "critical",
    }
    exception = {"raised_exception": False, "exception_message": None, "exception_traceback": None}
    return {
        "success": success,
        "expectation_config": config,
        "result": {},
        "exception_info": exception,
        **more,
    }


def validation(*results: object, **meta: Any) -> dict[str, Any]:
    batch = {"datasource_name": "shop", "data_asset_name": "orders"}
    told = {"run_id": {"run_time": "2013-02-09T11:00:00+00:00"}, "active_batch_definition": batch, **meta}
    return {"success": False, "results": list(results), "meta": told}


def soda_check(
    outcome: object = "pass", definition: str = "missing_count(id) = 0", **more: Any
) -> dict[str, Any]:
    found = {"name": definition, "definition": f"checks for orders:\n  {definition}", "outcome": outcome}
    return {
        **found,
        "table": "orders",
        "dataSource": "shop",
        "column": "id",
        "diagnostics": {"value": 0},
        **more,
    }


def soda_scan(*checks: object, **more: Any) -> dict[str, Any]:
    times = {"scanStartTimestamp": AT, "scanEndTimestamp": "2013-02-09T11:05:00Z", "dataTimestamp": AT}
    return {**times, "hasErrors": False, "checks": list(checks), **more}
