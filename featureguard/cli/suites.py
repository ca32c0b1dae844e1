"""`featureguard suite`: judge data by suites of Great Expectations, or say what of them can run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import opened, parse_now
from featureguard.cli.tables import console, plain_table, verdict
from featureguard.errors import SourceError, UsageError
from featureguard.judging import worst_exit_code
from featureguard.result import CheckResult, Status
from featureguard.secret import without_secrets
from featureguard.suites.engine import Engine, run_suite
from featureguard.suites.evidence import to_external
from featureguard.suites.linting import Lint, lint_suite, schemas_are_installed
from featureguard.suites.outcome import ExpectationResult, SuiteResult
from featureguard.suites.reading import load_suites
from featureguard.suites.suite import Suite

BAD_FILE, CANNOT_RUN = 2, 3
_SAID = {0: "every critical expectation holds", 1: "a critical expectation fails", 3: "the answer is unknown"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for.

    Attributes:
        path: A suite, or a folder of them.
        engine: Who answers.
        parameters: Texts like `KEY=VALUE`.
        as_json: Whether to print for machines.
        details: Whether to show expectations that hold.
    """

    path: Path
    engine: Engine
    parameters: tuple[str, ...]
    as_json: bool
    details: bool


def judge_file(wish: Wish, data: str, now: str | None) -> int:
    """Judge a Parquet file or folder; nothing is recorded."""
    from featureguard.sources.parquet import ParquetSource

    at = parse_now(now) if now else datetime.now(UTC)
    return _judged(wish, lambda: ParquetSource(data), without_secrets(data), at)


def judge_dataset(
    wish: Wish, dataset: str, now: str | None, project: Path | None, environment: str | None, *, record: bool
) -> int:
    """Judge the data of a dataset, and keep the results if asked to."""
    with opened(project, environment, now) as found:
        contract = found.guard.contract(dataset)
        only_observes = found.project.enforcement == "dry_run" or contract.enforcement == "observe"

        def keep(results: Sequence[SuiteResult]) -> bool:
            if not record or not found.records:
                return False
            kept = to_external(dataset, *results)
            if kept:
                found.guard.store_in_use.record_external(kept)
            return bool(kept)

        raw = _judged(wish, lambda: found.guard.source(dataset), dataset, found.now, keep)
        return 0 if only_observes else raw


def lint_suites(path: Path, *, as_json: bool) -> int:
    """Say of every expectation whether it can run and what is wrong with it."""
    try:
        suites = load_suites(path)
    except SourceError as error:
        print(error, file=sys.stderr)
        return BAD_FILE
    found = [(suite, lint_suite(suite)) for suite in suites]
    clean = all(not lint.refusal and not lint.problems for _, lints in found for lint in lints)
    code = 0 if clean else CANNOT_RUN
    if as_json:
        documents = [_lint_dict(suite, lints) for suite, lints in found]
        print_json({"exit_code": code, "schemas": schemas_are_installed(), "suites": documents})
        return code
    for suite, lints in found:
        _print_lints(suite, lints)
    if not schemas_are_installed():
        console().print("Great Expectations is not installed: arguments are not checked by its schemas.")
    return code


def _judged(
    wish: Wish,
    source: Callable[[], object],
    name: str,
    now: datetime,
    keep: Callable[[Sequence[SuiteResult]], bool] = lambda _: False,
) -> int:
    parameters = _parameters(wish.parameters)
    try:
        suites = load_suites(wish.path)
    except SourceError as error:
        print(error, file=sys.stderr)
        return BAD_FILE
    results = [
        run_suite(suite, source, now=now, parameters=parameters, engine=wish.engine, name=name)
        for suite in suites
    ]
    recorded = keep(results)
    code = worst_exit_code(result.exit_code for result in results)
    if wish.as_json:
        print_json({"exit_code": code, "recorded": recorded, "suites": [one.to_dict() for one in results]})
        return code
    for result in results:
        _print(result, details=wish.details)
    end = f"{name}: {_SAID[code]} (exit {code}, {'recorded' if recorded else 'not recorded'})"
    console().print(end, soft_wrap=True)
    return code


def _parameters(given: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UsageError(f"--param {text!r} is not KEY=VALUE. Write e.g. --param least=5.")
        try:
            found[key] = json.loads(value, parse_constant=lambda one: one)
        except ValueError:
            found[key] = value
    return found


def _print(result: SuiteResult, *, details: bool) -> None:
    out = console()
    out.print(Text.assemble((result.suite, "bold"), f"  on {result.data}"))
    shown = [one for one in result.results if details or one.status is not Status.PASS]
    if shown:
        table = plain_table("", "expectation", "observed", "limit", "answered by")
        for one in sorted(shown, key=lambda one: (-one.rank[0], -one.rank[1])):
            table.add_row(_verdict(one), one.check, *_measured(one), one.answered_by)
        out.print(table)
    for one in shown:
        if one.status is not Status.PASS:
            out.print(Text.assemble("  ", _verdict(one), f"  {one.check}: {one.reason}"), soft_wrap=True)
    for line in result.summary():
        out.print(f"  {line}", soft_wrap=True)


def _verdict(result: ExpectationResult) -> Text:
    return verdict(CheckResult(result.check, result.status, result.severity))


def _measured(result: ExpectationResult) -> tuple[str, str]:
    """What was observed and what is allowed; shares of unexpected values as percentages."""
    if "unexpected_percent" in result.result:
        return tuple(  # type: ignore[return-value]
            words.percent(float(one)) if isinstance(one, int | float) else ""
            for one in (result.observed, result.limit)
        )
    return words.measured("", result.observed), words.measured("", result.limit)


def _print_lints(suite: Suite, lints: Sequence[Lint]) -> None:
    out = console()
    out.print(Text(suite.name, "bold"))
    for lint in lints:
        word = "cannot run" if lint.refusal else "wrong" if lint.problems else "runs"
        needs = f" (needs --param {', '.join(lint.parameters)})" if lint.parameters else ""
        out.print(f"  {word:10}  {lint.check}{needs}", soft_wrap=True)
        for said in (*([lint.refusal] if lint.refusal else []), *lint.problems):
            out.print(f"              {said}", soft_wrap=True)
    can = sum(not lint.refusal for lint in lints)
    out.print(f"  {can:,} of {words.count(len(lints), 'expectation')} can run.")


def _lint_dict(suite: Suite, lints: Sequence[Lint]) -> Mapping[str, Any]:
    return {
        "suite": suite.name,
        "file": suite.file,
        "expectations": [
            {
                "type": lint.expectation.type,
                "check": lint.check,
                "runs": not lint.refusal,
                "refusal": lint.refusal,
                "problems": list(lint.problems),
                "parameters": list(lint.parameters),
            }
            for lint in lints
        ],
    }
