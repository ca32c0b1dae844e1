"""(k) one suite of Great Expectations on 1,000,000 rows × 10 columns: by our engine, and by GX itself.

python -m benchmarks.suites FOLDER ROWS   makes the file

Both read the file, and answer sixteen expectations; they must agree on each. GX is asked twice: for the bare
verdict, and for the figures that our engine always gives.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.answers import Answer, Tool, Work

KEY, TIME, KINDS = "driver_id", "event_timestamp", ("a", "b", "c", "d")
FLOATS = tuple(f"f{n}" for n in range(6))
_START = datetime(2026, 1, 1, tzinfo=UTC)
_VERSION = 1


def file(folder: Path, rows: int) -> Path:
    """The data: a key, six floats of which 2 % are null, two texts and a time; made once, and kept."""
    path = folder / f"suite-{rows}-v{_VERSION}.parquet"
    if not path.exists():
        _write(path, rows)
    return path


def suite() -> dict[str, Any]:
    """Sixteen expectations, as a suite's file holds them."""
    first, last = (time.isoformat() for time in (_START, _START + timedelta(days=60)))
    asked: list[tuple[str, dict[str, Any]]] = [
        ("table_row_count_to_be_between", {"min_value": 1, "max_value": 100_000_000}),
        ("table_columns_to_match_set", {"column_set": [KEY, *FLOATS, "cat", "text", TIME]}),
        ("column_values_to_be_unique", {"column": KEY}),
        *(("column_values_to_not_be_null", {"column": name, "mostly": 0.95}) for name in (KEY, "f0", "f1")),
        *(
            ("column_values_to_be_between", {"column": name, "min_value": 0, "max_value": 1})
            for name in ("f2", "f3")
        ),
        ("column_values_to_be_between", {"column": TIME, "min_value": first, "max_value": last}),
        ("column_values_to_be_in_set", {"column": "cat", "value_set": list(KINDS)}),
        ("column_values_to_match_regex", {"column": "text", "regex": "^[a-z]+-[0-9]+$"}),
        ("column_value_lengths_to_be_between", {"column": "text", "min_value": 3, "max_value": 12}),
        ("column_mean_to_be_between", {"column": "f4", "min_value": 0.4, "max_value": 0.6}),
        ("column_max_to_be_between", {"column": TIME, "min_value": first}),
        ("column_unique_value_count_to_be_between", {"column": "cat", "min_value": 4, "max_value": 4}),
        (
            "column_quantile_values_to_be_between",
            {"column": "f5", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[0.4, 0.6]]}},
        ),
    ]
    return {
        "name": "features",
        "expectations": [{"type": f"expect_{kind}", "kwargs": kwargs, "meta": {}} for kind, kwargs in asked],
        "meta": {},
    }


def featureguard() -> Work:
    """Our engine: one pass over the file's batches."""
    from featureguard.sources.parquet import ParquetSource
    from featureguard.suites.engine import run_suite
    from featureguard.suites.reading import suite_of

    asked = suite_of(suite(), "suite")

    def work(path: Path) -> Answer:
        result = run_suite(asked, ParquetSource(str(path)), now=datetime.now(UTC))
        return {f"{n} {one.check}": one.success for n, one in enumerate(result.results)}

    return work


def great_expectations(result_format: str) -> Work:
    """GX on pandas."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    import pandas as pd

    from featureguard.external.gx import check_name

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {  # type: ignore[assignment]
        "globally": False,
        "metric_calculations": False,
    }
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("features")
    whole = asset.add_batch_definition_whole_dataframe("all")
    document = suite()
    for number, entry in enumerate(document["expectations"]):
        entry["meta"] = {"number": number}
    asked = gx.ExpectationSuite(name=document["name"], expectations=document["expectations"])

    def validate(batch: Any, suite: Any) -> Any:
        return batch.validate(suite, result_format=result_format)

    def work(path: Path) -> Answer:
        batch = whole.get_batch(batch_parameters={"dataframe": pd.read_parquet(path)})
        found = {}
        for one in validate(batch, asked).results:
            config: Any = one.expectation_config
            found[config.meta["number"]] = (check_name(config.type, config.kwargs), bool(one.success))
        return {f"{n} {check}": success for n, (check, success) in sorted(found.items())}

    return work


def _write(path: Path, rows: int) -> None:
    import numpy as np
    import polars as pl

    drawn = np.random.default_rng(0)
    order = drawn.permutation(rows)
    frame = pl.DataFrame({KEY: order, **{name: drawn.random(rows) for name in FLOATS}})
    lacking = {name: pl.Series(drawn.random(rows) < 0.02) for name in FLOATS}
    frame = frame.with_columns(
        *(pl.when(~lacking[name]).then(pl.col(name)).alias(name) for name in FLOATS),
        cat=pl.Series(drawn.choice(KINDS, rows)),
        text=pl.lit("driver-") + pl.col(KEY).mod(5_000).cast(pl.String),
        **{TIME: pl.lit(_START) + pl.duration(microseconds=pl.col(KEY) * 1_000)},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, row_group_size=max(1, rows // 8))


TOOLS: dict[str, Tool] = {
    "featureguard": featureguard,
    "great expectations, BOOLEAN_ONLY": partial(great_expectations, "BOOLEAN_ONLY"),
    "great expectations, SUMMARY": partial(great_expectations, "SUMMARY"),
}

if __name__ == "__main__":
    file(Path(sys.argv[1]), int(sys.argv[2]))
