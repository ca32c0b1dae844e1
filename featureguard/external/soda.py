"""Soda Core's scan results, as `soda scan -srf` and `Scan.get_scan_results()` write them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from featureguard.external.reported import Named, Reported, Skipped, Why
from featureguard.external.strict_json import mapping, name, number, results_of, sentence
from featureguard.instant import parse_instant
from featureguard.result import Code, Severity, Status

_CODES = {
    "missing_count": Code.NULL_LIMIT,
    "missing_percent": Code.NULL_LIMIT,
    "duplicate_count": Code.KEYS_DUPLICATED,
    "duplicate_percent": Code.KEYS_DUPLICATED,
    "invalid_count": Code.VALUE_UNEXPECTED,
    "invalid_percent": Code.VALUE_UNEXPECTED,
    "values": Code.VALUE_UNEXPECTED,
    "row_count": Code.VOLUME_OUT_OF_RANGE,
    "freshness": Code.DATA_STALE,
    "schema": Code.SCHEMA_BREAKING,
}
_STATUSES = {"pass": Status.PASS, "warn": Status.FAIL, "fail": Status.FAIL}
_KIND = re.compile(r"\n\s*(?:-\s*)?([a-z_]+)")  # the second line of a definition: '  - missing_count(id) = 0'


def scan(document: object, file: str) -> Iterator[Reported | Skipped]:
    """What the checks of a scan said.

    Args:
        document: Content of the scan's results.
        file: Its path, for messages.

    Raises:
        SourceCorruptError: If it holds no checks.
        ResourceLimitError: If it holds too many.
    """
    content = mapping(document)
    began_at = _began_at(content)
    for position, found in enumerate(results_of(content.get("checks"), file)):
        yield _reported(mapping(found), began_at, position)
    if content.get("hasErrors"):
        hint = "The scan had errors; Soda leaves out checks that it could not evaluate. Read its log."
        yield Skipped("checks with errors", Why.NOT_RUN, hint)


def _began_at(content: Mapping[str, Any]) -> datetime | None:
    """When the scan began, or the earlier time that it was told to judge for (`soda scan -t`)."""
    times = [
        parse_instant(content.get(key)) for key in ("scanStartTimestamp", "scanEndTimestamp", "dataTimestamp")
    ]
    return min(filter(None, times), default=None)


def _reported(check: Mapping[str, Any], began_at: datetime | None, position: int) -> Reported | Skipped:
    called = name(check.get("name"))
    if called is None:
        return Skipped(f"checks[{position}]", Why.MALFORMED, "A check has no name.")
    table, source = name(check.get("table")), name(check.get("dataSource"))
    if table is None:
        return Skipped(called, Why.UNTOLD, "A check outside of 'checks for <table>' has no table.")
    word = check.get("outcome")
    reported = Reported(
        called,
        (Named(f"{source}.{table}" if source else table, table),),
        _STATUSES.get(word, Status.UNKNOWN) if isinstance(word, str) else Status.UNKNOWN,
        began_at,
        severity=Severity.WARN if word == "warn" else Severity.BLOCK,
        column=name(check.get("column")),
        observed=_observed(mapping(check.get("diagnostics"))),
    )
    if reported.status is Status.PASS:
        return reported
    if reported.status is Status.UNKNOWN:
        said = "was not evaluated" if word is None else f"has the outcome {word!r:.80}"
        reason = sentence(f"Soda's '{called}' {said}") + "."
        return dataclasses.replace(reported, code=Code.CHECK_CRASHED, observed=None, reason=reason)
    said = "failed" if word == "fail" else "warns"
    value = f": observed {reported.observed}" if reported.observed is not None else ""
    return dataclasses.replace(reported, code=_code(check), reason=f"Soda's '{called}' {said}{value}.")


def _observed(diagnostics: Mapping[str, Any]) -> int | float | None:
    """The measured value; an age in seconds."""
    value = number(diagnostics.get("value"))
    return value / 1_000 if value is not None and diagnostics.get("measure") == "time" else value


def _code(check: Mapping[str, Any]) -> Code:
    definition = check.get("definition")
    found = _KIND.search(definition[:2_000]) if isinstance(definition, str) else None
    return _CODES.get(found[1], Code.EXTERNAL_FAILED) if found else Code.EXTERNAL_FAILED
