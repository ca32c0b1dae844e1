"""Files that GX itself wrote: all that stands in them is read, and GX would drop what it does not know."""

from __future__ import annotations

import importlib
import json
import logging
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from featureguard.result import Status
from featureguard.suites.engine import run_suite
from featureguard.suites.linting import lint_suite
from featureguard.suites.reading import load_suite, suite_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # GX's own, of the moment when it is imported
    gx = pytest.importorskip("great_expectations")
    gxe: Any = importlib.import_module("great_expectations.expectations")  # Its names are made at import.
    from great_expectations.expectations.row_conditions import Column

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

NOW = datetime(2026, 11, 28, tzinfo=UTC)
FRAME = pl.DataFrame({"fare": [1.0, 2.0, None, 50.0], "kind": ["a", "b", "a", "a"]})


def written(folder: Path) -> Path:
    """A suite as a file context of GX stores it."""
    context = gx.get_context(mode="file", project_root_dir=folder)
    condition = (Column("fare") > 1) & (Column("kind") != "b")
    context.suites.add(
        gx.ExpectationSuite(
            name="rides",
            expectations=[
                gxe.ExpectColumnValuesToNotBeNull(column="fare", mostly=0.75, notes="some are free"),
                gxe.ExpectColumnMaxToBeBetween(column="fare", max_value={"$PARAMETER": "most"}),
                gxe.ExpectColumnValuesToBeInSet(column="kind", value_set=["a"], row_condition=condition),
                gxe.ExpectTableRowCountToBeBetween(min_value=1, max_value=4, severity="warning"),
                gxe.ExpectColumnQuantileValuesToBeBetween(
                    column="fare", quantile_ranges={"quantiles": [0.5], "value_ranges": [[1, 3]]}
                ),
            ],
        )
    )
    (file,) = folder.glob("gx/expectations/*.json")
    return file


def test_a_suite_that_gx_stored_is_read_and_run(tmp_path: Path) -> None:
    suite = load_suite(written(tmp_path))
    assert (suite.name, len(suite.expectations)) == ("rides", 5)
    assert (suite.expectations[0].notes, suite.expectations[3].severity) == (("some are free",), "warning")
    found = run_suite(suite, FRAME, now=NOW, parameters={"most": 40})
    assert [one.status.value for one in found.results] == ["pass", "fail", "pass", "pass", "pass"]
    assert all(one.expectation.id for one in found.results)
    assert [(bool(one.refusal), one.problems) for one in lint_suite(suite)] == [(False, ())] * 5


def test_gx_drops_what_it_does_not_know_and_here_it_is_unknown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    entries: list[dict[str, Any]] = [
        {"type": "expect_fare_to_be_fair", "kwargs": {}, "meta": {}},
        {"type": "expect_column_to_exist", "kwargs": {"column": "fare"}, "meta": {}},
    ]
    assert (
        len(gx.ExpectationSuite(name="rides", expectations=json.loads(json.dumps(entries))).expectations) == 1
    )
    found = run_suite(suite_of({"name": "rides", "expectations": entries}, "rides.json"), FRAME, now=NOW)
    assert [one.status for one in found.results] == [Status.UNKNOWN, Status.PASS]
    assert found.exit_code == 3
