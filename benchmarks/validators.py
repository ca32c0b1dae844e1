"""(b) for validators: each reads the file into the frame that it works on, and runs the checks it has.

They say whether the promises hold and tell some of the figures. What pandera has no check for is bare polars.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.answers import Answer, Tool, Work, by_column
from benchmarks.data import COLUMNS, END, ENTITY, FLOATS, INTEGERS, NUMBERS, TIME
from benchmarks.promises import FRESH_SHARE, NULL_SHARE, RANGES, fresh_from


def great_expectations() -> Work:
    """Great Expectations on pandas, where NaN and null are one."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    import pandas as pd

    gxe: Any = importlib.import_module("great_expectations.expectations")  # Its names are made at import.
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("features")
    whole = asset.add_batch_definition_whole_dataframe("all")
    suite = gx.ExpectationSuite(name="contents")
    for name in COLUMNS:
        suite.add_expectation(gxe.ExpectColumnValuesToNotBeNull(column=name, mostly=1 - NULL_SHARE))
    for name in NUMBERS:
        low, high = RANGES[name]
        suite.add_expectation(gxe.ExpectColumnMinToBeBetween(column=name, min_value=low, max_value=high))
        suite.add_expectation(gxe.ExpectColumnMaxToBeBetween(column=name, min_value=low, max_value=high))
    suite.add_expectation(
        gxe.ExpectColumnValuesToBeBetween(
            column=TIME, min_value=fresh_from(), max_value=END, mostly=FRESH_SHARE
        )
    )

    def work(path: Path) -> Answer:
        batch = whole.get_batch(batch_parameters={"dataframe": pd.read_parquet(path)})
        result = batch.validate(suite, result_format="SUMMARY")
        observed = {_key(found): found.result for found in result.results}
        rows = observed["values_to_be_between", TIME]["element_count"]

        def values(what: str, field: str, columns: Sequence[str]) -> dict[str, Any]:
            return {name: float(observed[what, name][field]) for name in columns}

        return {
            "rows": rows,
            **by_column("nulls and nans", values("values_to_not_be_null", "unexpected_count", FLOATS)),
            **by_column("least", values("min_to_be_between", "observed_value", NUMBERS)),
            **by_column("greatest", values("max_to_be_between", "observed_value", NUMBERS)),
            "fresh": rows - observed["values_to_be_between", TIME]["unexpected_count"],
            "passed": bool(result.success),
        }

    return work


def pandera() -> Work:
    """Pandera on polars: says whether the frame passes, not what it measured."""
    import pandera.polars as pa
    import polars as pl

    def check(name: str, holds: Any) -> Any:
        return pa.Check(lambda data: data.lazyframe.select(holds(pl.col(data.key))), name=name)

    nulls = check("nulls", lambda column: column.null_count() <= NULL_SHARE * pl.len())
    missing = check("missing", lambda column: column.fill_nan(None).null_count() <= NULL_SHARE * pl.len())
    fresh = check("fresh", lambda column: column.is_between(fresh_from(), END).mean() >= FRESH_SHARE)
    low, high = RANGES[FLOATS[0]]
    # The built-in `in_range` takes NaN for a value out of range.
    floats = check("range", lambda column: (column.min() >= low) & (column.max() <= high))
    columns = {name: [missing, floats] if name in FLOATS else [nulls] for name in COLUMNS}
    for name in (ENTITY, *INTEGERS):
        columns[name].append(pa.Check.in_range(*RANGES[name]))
    columns[TIME].append(fresh)
    schema = pa.DataFrameSchema({n: pa.Column(nullable=True, checks=checks) for n, checks in columns.items()})

    def work(path: Path) -> Answer:
        frame = pl.read_parquet(path)
        try:
            schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors:
            return {"passed": False}
        return {"passed": True}

    return work


def pointblank() -> Work:
    """Pointblank on polars: counts rows that fail, and says whether too many do; it takes NaN for a value."""
    import pointblank as pb
    import polars as pl

    def work(path: Path) -> Answer:
        plan = pb.Validate(data=pl.read_parquet(path))
        plan = plan.col_vals_not_null(columns=list(COLUMNS), thresholds=pb.Thresholds(error=NULL_SHARE))
        for name in FLOATS:
            plan = plan.col_vals_expr(
                expr=pl.col(name).is_not_nan(), thresholds=pb.Thresholds(error=NULL_SHARE)
            )
        for name in NUMBERS:
            low, high = RANGES[name]
            values = pl.col(name).fill_nan(None) if name in FLOATS else pl.col(name)
            inside = values.is_between(low, high).fill_null(value=True)
            plan = plan.col_vals_expr(expr=inside, thresholds=pb.Thresholds(error=1))
        plan = plan.col_vals_between(
            columns=TIME, left=fresh_from(), right=END, thresholds=pb.Thresholds(error=1 - FRESH_SHARE)
        )
        done = plan.interrogate(collect_extracts=False)
        failed, count = done.n_failed(), len(COLUMNS)
        return {
            "rows": done.n(i=1, scalar=True),
            **by_column("nulls", {name: failed[n] for n, name in enumerate(COLUMNS, start=1)}),
            **by_column(
                "nulls and nans", {name: failed[n] for n, name in enumerate(FLOATS, start=count + 1)}
            ),
            "fresh": done.n_passed(i=max(failed), scalar=True),
            "passed": not any(done.error().values()),
        }

    return work


def _key(found: Any) -> tuple[str, str]:
    return found.expectation_config.type.removeprefix("expect_column_"), found.expectation_config.kwargs[
        "column"
    ]


TOOLS: dict[str, Tool] = {
    "great expectations, pandas": great_expectations,
    "pandera, polars": pandera,
    "pointblank, polars": pointblank,
}
