"""Small suites and tables, and one expectation judged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from featureguard.suites.engine import run_suite
from featureguard.suites.outcome import ExpectationResult, SuiteResult
from featureguard.suites.reading import suite_of
from featureguard.suites.suite import Suite

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def suite(*expectations: dict[str, Any], **more: Any) -> Suite:
    """A suite as its file would hold it."""
    return suite_of({"name": "rides", "expectations": list(expectations), **more}, "rides.json")


def expect(kind: str, /, *, severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    """An entry of a suite; `expect_` may be left out."""
    return {"type": f"expect_{kind}", "kwargs": kwargs, "severity": severity}


def judged(data: object, *expectations: dict[str, Any], **options: Any) -> SuiteResult:
    """Data judged by a suite of these expectations."""
    return run_suite(suite(*expectations), data, now=NOW, **options)


def one(values: list[Any], kind: str, /, dtype: Any = None, **kwargs: Any) -> ExpectationResult:
    """The verdict of one expectation about a column `x` of these values."""
    frame = pl.DataFrame({"x": pl.Series(values, dtype=dtype, strict=False)})
    return judged(frame, expect(kind, column="x", **kwargs)).results[0]
