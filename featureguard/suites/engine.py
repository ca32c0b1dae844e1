"""Run a suite: compile → read once → judge; and if asked for, let GX answer what has no answer here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from featureguard.errors import SourceError
from featureguard.external.gx import CODES, check_name, check_severity, columns_of
from featureguard.external.strict_json import sentence
from featureguard.result import Code, Status
from featureguard.secret import without_secrets
from featureguard.suites.builtin import BUILTIN, Compiler
from featureguard.suites.check import Finding
from featureguard.suites.compiling import Compiled, compile_suite
from featureguard.suites.data import Data, as_data, hold
from featureguard.suites.outcome import ExpectationResult, SuiteResult
from featureguard.suites.running import run
from featureguard.suites.suite import Expectation, Suite
from featureguard.suites.values import MissingColumnError

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

    Returns:
        If the data cannot be read, every expectation is unknown and says so.

    Raises:
        UsageError: If the data is no table.
        MissingExtraError: If `engine` is `gx`, something is left for it, and it is not installed.
    """
    try:
        found = as_data(data, name)
        compiled = compile_suite(suite, found.schema, parameters, compilers)
        held = hold(found) if engine == "gx" else found
        results = _answered(compiled, held)
        if engine == "gx":
            results = _asked_gx(compiled, results, held)
    except SourceError as error:
        results, snapshot = [_unread(one, error) for one in suite.expectations], None
    else:
        snapshot = found.snapshot
    if len(results) != len(suite.expectations):
        raise AssertionError(f"{len(suite.expectations)} expectations, but {len(results)} results.")
    return SuiteResult(suite.name, name, tuple(results), now, snapshot)


def _answered(compiled: Sequence[Compiled], data: Data) -> list[ExpectationResult]:
    findings = run(compiled, data.schema, data.batches)
    return [_result(one, findings.get(n)) for n, one in enumerate(compiled)]


def _asked_gx(
    compiled: Sequence[Compiled], results: Sequence[ExpectationResult], data: Data
) -> list[ExpectationResult]:
    """The results, with what GX says in place of what nobody answered."""
    from featureguard.suites.by_gx import answer  # noqa: PLC0415  (imports Great Expectations)

    left = [n for n, one in enumerate(results) if one.answered_by == "nobody"]
    said = dict(zip(left, answer([compiled[n] for n in left], data), strict=True))
    return [_taken(one, said[n]) if n in said else one for n, one in enumerate(results)]


def _result(compiled: Compiled, finding: Finding | str | None) -> ExpectationResult:
    blank = _blank(compiled.expectation, compiled.kwargs)
    if isinstance(finding, Finding):
        return _judged(blank, finding)
    code = Code.SCHEMA_BREAKING if isinstance(compiled.refusal, MissingColumnError) else Code.CHECK_CRASHED
    said = str(compiled.refusal) if compiled.refusal else f"It could not run: {finding}."
    return dataclasses.replace(blank, code=code, reason=sentence(said), answered_by="nobody")


def _unread(expectation: Expectation, error: SourceError) -> ExpectationResult:
    blank = _blank(expectation, expectation.kwargs)
    said = sentence(without_secrets(str(error)))
    return dataclasses.replace(blank, code=Code(error.code), reason=said, answered_by="nobody")


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
