"""dbt's tests: `run_results.json` says how each ended, `manifest.json` what it was about."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from featureguard.checks import words
from featureguard.errors import SourceUnreadableError
from featureguard.external.dbt_nodes import Manifest
from featureguard.external.reported import Reported, Skipped, Why
from featureguard.external.strict_json import mapping, name, number, results_of, sentence
from featureguard.instant import parse_instant
from featureguard.result import Code, Severity, Status

RUN_RESULTS = frozenset({4, 5, 6})
"""Schema versions of `run_results.json` that are read: dbt 1.0 to 1.11."""

_CODES = {
    "not_null": Code.NULL_LIMIT,
    "unique": Code.KEYS_DUPLICATED,
    "accepted_values": Code.VALUE_UNEXPECTED,
    "relationships": Code.VALUE_UNEXPECTED,
}
_STATUSES = {"pass": Status.PASS, "warn": Status.FAIL, "fail": Status.FAIL}
_SCHEMA = re.compile(r"/dbt/([a-z-]+)/v([0-9]{1,4})\.json$")


def schema_of(document: Mapping[str, Any]) -> tuple[str, int] | None:
    """Kind and version of a file of dbt, e.g. `("run-results", 6)`; `None` for other files."""
    found = _SCHEMA.search(str(mapping(document.get("metadata")).get("dbt_schema_version"))[:200])
    return (found[1], int(found[2])) if found else None


def require_version(document: Mapping[str, Any], kind: str, versions: frozenset[int], file: str) -> None:
    """Refuse a file of another kind, or of a version that may mean something else.

    Raises:
        SourceUnreadableError: If it is one.
    """
    found = schema_of(document)
    if found is None or found[0] != kind:
        what = f"dbt's '{found[0]}'" if found else "no file of dbt"
        raise SourceUnreadableError(f"'{file}' is {what}; '{kind}' is expected. Mend the path.")
    if found[1] not in versions:
        known = f"version {min(versions)}" + (f" to {max(versions)}" if len(versions) > 1 else "")
        raise SourceUnreadableError(
            f"'{file}' has version {found[1]} of the schema '{kind}'; {known} can be read (dbt 1.0 to 1.11)."
        )


def run_results(
    document: Mapping[str, Any], manifest: Manifest | None, file: str
) -> Iterator[Reported | Skipped]:
    """What the tests of a run said; models, seeds and snapshots are no tests and are left out.

    Args:
        document: Content of `run_results.json`.
        manifest: Content of `manifest.json`, or `None` where it is not at hand.
        file: Path of the results, for messages.

    Raises:
        SourceUnreadableError: If it is another file, or of another version.
        SourceCorruptError: If it holds no results.
        ResourceLimitError: If it holds too many.
    """
    require_version(document, "run-results", RUN_RESULTS, file)
    generated_at = parse_instant(mapping(document["metadata"]).get("generated_at"))
    partial = _partial(mapping(document.get("args")))
    for position, found in enumerate(results_of(document.get("results"), file)):
        result = mapping(found)
        unique_id = name(result.get("unique_id"))
        if unique_id is None:
            yield Skipped(f"results[{position}]", Why.MALFORMED, "A result has no name ('unique_id').")
        elif unique_id.startswith("unit_test."):
            yield Skipped(unique_id, Why.NOT_DATA)
        elif unique_id.startswith("test."):
            test = _Test(unique_id, mapping(manifest.tests.get(unique_id)) if manifest else {})
            reported = _reported(test, result, generated_at, manifest)
            yield _doubted(reported, partial) if partial and isinstance(reported, Reported) else reported


@dataclass(frozen=True, slots=True)
class _Test:
    """A test as the manifest describes it; without one only its id is known."""

    unique_id: str
    node: Mapping[str, Any]

    @property
    def check(self) -> str:
        """The name people gave it: `not_null_orders_id` of `test.shop.not_null_orders_id.84ef11d8fe`."""
        parts = self.unique_id.split(".")
        return name(self.node.get("name")) or ".".join(parts[2:3]) or self.unique_id

    @property
    def kind(self) -> str | None:
        """`not_null`, `unique`, …; `None` for a test of its own, and where the manifest is not at hand."""
        metadata = mapping(self.node.get("test_metadata"))
        return name(metadata.get("name")) if metadata.get("namespace") in (None, "dbt") else None

    @property
    def column(self) -> str | None:
        arguments = mapping(mapping(self.node.get("test_metadata")).get("kwargs"))
        return name(self.node.get("column_name")) or name(arguments.get("column_name"))

    @property
    def severity(self) -> Severity:
        found = mapping(self.node.get("config")).get("severity")
        return Severity.WARN if isinstance(found, str) and found.lower() == "warn" else Severity.BLOCK

    def failed_code(self) -> Code:
        return _CODES.get(self.kind or "", Code.EXTERNAL_FAILED)


def _reported(
    test: _Test, result: Mapping[str, Any], generated_at: datetime | None, manifest: Manifest | None
) -> Reported | Skipped:
    word = result.get("status")
    if word == "skipped":
        return Skipped(test.check, Why.NOT_RUN)
    about = manifest.judged_by(test.unique_id) if manifest else ()
    if not about:
        hint = "" if manifest else "Put 'manifest.json' of the same run beside 'run_results.json'."
        return Skipped(test.check, Why.UNTOLD, hint)
    reported = Reported(
        test.check,
        about,
        _STATUSES.get(word, Status.UNKNOWN) if isinstance(word, str) else Status.UNKNOWN,
        _began_at(result) or generated_at,
        severity=Severity.WARN if word == "warn" else Severity.BLOCK if word == "fail" else test.severity,
        column=test.column,
        observed=number(result.get("failures")),
    )
    if reported.status is Status.PASS:
        return reported
    if reported.status is Status.FAIL:
        return dataclasses.replace(reported, code=test.failed_code(), reason=_failure(reported, result))
    said = f"its status is {word!r:.80}"
    if word in ("error", "runtime error"):
        said = sentence(result.get("message")) or "dbt does not say why"
    reason = sentence(f"dbt's test '{test.check}' could not run: {said}")
    return dataclasses.replace(reported, code=Code.CHECK_CRASHED, observed=None, reason=reason)


def _failure(reported: Reported, result: Mapping[str, Any]) -> str:
    found = reported.observed
    what = words.count(found, "failure") if isinstance(found, int) else "failures"
    said = sentence(result.get("message"))
    return f"dbt's test '{reported.check}' found {what}{f': {said}' if said else ''}."


def _began_at(result: Mapping[str, Any]) -> datetime | None:
    """When the test's query began: rows that came later may not have been seen."""
    timing = result.get("timing")
    steps = [mapping(step) for step in timing] if isinstance(timing, list) else []
    return next(
        (parse_instant(step.get("started_at")) for step in steps if step.get("name") == "execute"), None
    )


def _partial(arguments: Mapping[str, Any]) -> str:
    """The option that let the tests see only a part of the data, if any."""
    return next((f"--{option}" for option in ("empty", "sample") if arguments.get(option)), "")


def _doubted(reported: Reported, option: str) -> Reported:
    if reported.status is not Status.PASS:
        return reported
    reason = f"dbt ran with '{option}', so '{reported.check}' saw only a part of the data. Run it without."
    return dataclasses.replace(
        reported, status=Status.UNKNOWN, code=Code.EVIDENCE_PARTIAL, observed=None, reason=reason
    )
