"""`featureguard import`: take over what another tool found, as evidence."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import opened
from featureguard.cli.tables import console, plain_table
from featureguard.errors import SourceError
from featureguard.evidence import ExternalResult
from featureguard.external import Imported, read_results
from featureguard.result import Status
from featureguard.scorecard import phrases

BAD_FILE, NOTHING = 2, 3


def import_results(
    tool: str,
    path: Path,
    now: str | None,
    project: Path | None,
    environment: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Read a tool's result files and record what they say; 3 if nothing of it is about our datasets."""
    with opened(project, environment, now) as found:
        try:
            imported = read_results(path, tool, found.catalog.contracts.values(), found.now)
        except SourceError as error:
            print(error, file=sys.stderr)
            return BAD_FILE
        recorded = bool(imported.results) and found.records and not dry_run
        if recorded:
            found.guard.store_in_use.record_external(imported.results)
    code = 0 if imported.results else NOTHING
    if as_json:
        print_json(_to_dict(imported, recorded=recorded, exit_code=code))
    else:
        _print(imported, f"exit {code}, {'recorded' if recorded else 'not recorded'}")
    return code


def _print(imported: Imported, end: str) -> None:
    out = console()
    if imported.results:
        table = plain_table("dataset", "passed", "failed", "unknown", "latest")
        for name in sorted({result.dataset for result in imported.results}):
            table.add_row(name, *_row([one for one in imported.results if one.dataset == name]))
        out.print(table)
    for result in imported.results:
        if result.status is not Status.PASS:
            out.print(
                f"  {result.status.value}  {result.dataset}: {phrases.one_line(result.reason)}",
                soft_wrap=True,
            )
    for line in imported.summary():
        out.print(line, soft_wrap=True)
    out.print(end)


def _row(results: list[ExternalResult]) -> tuple[str, ...]:
    counts = Counter(result.status for result in results)
    latest = max(result.observed_at for result in results)
    return (*(str(counts[one]) for one in (Status.PASS, Status.FAIL, Status.UNKNOWN)), words.instant(latest))


def _to_dict(imported: Imported, *, recorded: bool, exit_code: int) -> dict[str, Any]:
    return {
        "exit_code": exit_code,
        "recorded": recorded,
        "files": list(imported.files),
        "results": [_result(result) for result in imported.results],
        "skipped": [{"what": one.what, "why": one.why.name, "hint": one.hint} for one in imported.skipped],
    }


def _result(result: ExternalResult) -> dict[str, Any]:
    return {
        "dataset": result.dataset,
        "tool": result.tool,
        "check": result.check,
        "status": result.status,
        "severity": result.severity,
        "code": result.code,
        "column": result.column,
        "observed": result.observed,
        "reason": result.reason,
        "observed_at": result.observed_at,
    }
