"""Run a suite: compile → read once → judge; and if asked for, let GX answer what has no answer here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from featureguard.external.gx import CODES, check_name, check_severity, columns_of
from featureguard.external.strict_json import sentence
from featureguard.result import Code, Status
from featureguard.suites.builtin import BUILTIN, Compiler
from featureguard.suites.check import Finding
from featureguard.suites.compiling import Compiled, compile_suite
from featureguard.suites.data import as_data
from featureguard.suites.outcome import ExpectationResult, SuiteResult
from featureguard.suites.running import run
from featureguard.suites.suite import Expectation, Suite

Engine = Literal["featureguard", "gx"]
ENGINES: tuple[Engine, ...] = ("featureguard", "gx")


def run_suite(
    suite: Suite,
    data: object,
    *,
    now: datetime,
    parameters: Mapping[str, Any] | None = None,
    engine: Engine = "featureguard",
    compilers: Mapping[str, Compiler] = BUILTIN,
    name: str = "data",
) -> SuiteResult:
    """Judge data by a suite: every expectation gets a result.

    Args:
        suite: The suite.
        data: See `as_data`.
        now: The instant of the look, aware.
        parameters: Values for `{"$PARAMETER": name}`; they come before those that the suite gives.
        engine: With `gx`, Great Expectations answers what has no answer here, and only that; the data is
            then read into memory.
        compilers: How to compile each type of expectation.
        name: What to call the data in messages.

    Raises:
        UsageError: If the data is no table.
        SourceError: If it cannot be read.
        MissingExtraError: If `engine` is `gx`, something is left for it, and it is not installed.
    """
    found = as_data(data, name)
    compiled = compile_suite(suite, found.schema, parameters, compilers)
    if engine == "gx":
        from featureguard.suites.by_gx import hold  # noqa: PLC0415  (imports Great Expectations)

        found = hold(found)
    findings = run(compiled, found.schema, found.batches)
    results = [_result(one, findings.get(one.expectation.position, one.refusal)) for one in compiled]
    if engine == "gx":
        from featureguard.suites.by_gx import answer  # noqa: PLC0415

        left = [n for n, one in enumerate(results) if one.answered_by == "nobody"]
        for n, taken in zip(left, answer([compiled[n] for n in left], found), strict=True):
            results[n] = _taken(results[n], taken)
    if len(results) != len(suite.expectations):
        raise AssertionError(f"{len(suite.expectations)} expectations, but {len(results)} results.")
    return SuiteResult(suite.name, found.name, tuple(results), now, found.snapshot)


def _result(compiled: Compiled, finding: Finding | str) -> ExpectationResult:
    blank = _blank(compiled.expectation, compiled.kwargs)
    if isinstance(finding, str):
        code = Code.SCHEMA_BREAKING if compiled.missing_column else Code.CHECK_CRASHED
        said = finding if compiled.check is None else f"It could not run: {finding}."
        return dataclasses.replace(blank, code=code, reason=sentence(said), answered_by="nobody")
    return _judged(blank, finding)


def _judged(blank: ExpectationResult, finding: Finding) -> ExpectationResult:
    result = dataclasses.replace(
        blank,
        status=Status.PASS if finding.success else Status.FAIL,
        observed=finding.observed,
        limit=finding.limit,
        success=finding.success,
        result=finding.result,
    )
    if finding.success is None:
        return dataclasses.replace(
            result, status=Status.UNKNOWN, code=Code.NO_EVIDENCE, reason=sentence(finding.said)
        )
    if finding.success and finding.result.get("element_count") == 0:
        said = "It saw no rows, so its success says nothing."
        return dataclasses.replace(result, status=Status.UNKNOWN, code=Code.NO_EVIDENCE, reason=said)
    if finding.success:
        return result
    code = CODES.get(blank.expectation.type, Code.EXTERNAL_FAILED)
    return dataclasses.replace(result, code=code, reason=sentence(finding.said))


def _taken(before: ExpectationResult, finding: Finding | str) -> ExpectationResult:
    """What GX says in place of an answer of ours; if it has none either, both reasons."""
    blank = _blank(before.expectation, before.expectation.kwargs)
    if isinstance(finding, str):
        said = f"{before.reason} GX has no answer either: {finding}"
        return dataclasses.replace(before, reason=sentence(said))
    return dataclasses.replace(_judged(blank, finding), check=before.check, answered_by="gx")


def _blank(expectation: Expectation, kwargs: Mapping[str, Any]) -> ExpectationResult:
    columns = columns_of(kwargs)
    return ExpectationResult(
        expectation,
        check_name(expectation.type, kwargs),
        Status.UNKNOWN,
        check_severity(expectation.severity),
        column=columns[0] if len(columns) == 1 else None,
    )
