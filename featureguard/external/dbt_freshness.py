"""dbt's source freshness: `sources.json` says how old the newest row of each source was."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from featureguard.checks import words
from featureguard.external.dbt import require_version
from featureguard.external.dbt_nodes import named
from featureguard.external.reported import Reported, Skipped, Why
from featureguard.external.strict_json import mapping, name, number, results_of, sentence
from featureguard.instant import parse_instant
from featureguard.result import Code, Severity, Status

SOURCES = frozenset({3})
"""Schema versions of `sources.json` that are read: dbt 1.0 to 1.11."""
CHECK = "source_freshness"
"""What the check is called; dbt has no name for it."""

_STATUSES = {"pass": Status.PASS, "warn": Status.FAIL, "error": Status.FAIL}
_CLOCKS_DIFFER_SECONDS = 300


def sources(document: Mapping[str, Any], file: str) -> Iterator[Reported | Skipped]:
    """What dbt said about the freshness of sources; `observed` is the age of the newest row in seconds.

    Args:
        document: Content of `sources.json`.
        file: Its path, for messages.

    Raises:
        SourceUnreadableError: If it is another file, or of another version.
        SourceCorruptError: If it holds no results.
        ResourceLimitError: If it holds too many.
    """
    require_version(document, "sources", SOURCES, file)
    generated_at = parse_instant(mapping(document["metadata"]).get("generated_at"))
    for position, found in enumerate(results_of(document.get("results"), file)):
        result = mapping(found)
        unique_id = name(result.get("unique_id"))
        if unique_id is None:
            yield Skipped(f"results[{position}]", Why.MALFORMED, "A result has no name ('unique_id').")
            continue
        word, age = result.get("status"), number(result.get("max_loaded_at_time_ago_in_s"))
        reported = Reported(
            CHECK,
            (named(unique_id, {}),),
            _STATUSES.get(word, Status.UNKNOWN) if isinstance(word, str) else Status.UNKNOWN,
            parse_instant(result.get("snapshotted_at")) or generated_at,
            severity=Severity.WARN if word == "warn" else Severity.BLOCK,
            observed=age,
        )
        yield _explained(reported, result)


def _explained(reported: Reported, result: Mapping[str, Any]) -> Reported:
    word, age, source = result.get("status"), reported.observed, reported.about[0].name
    if reported.status is Status.UNKNOWN:
        said = sentence(result.get("error")) if word == "runtime error" else f"the status is {word!r:.80}"
        reason = sentence(f"dbt could not tell the freshness of '{source}': {said or 'dbt does not say why'}")
        return dataclasses.replace(reported, code=Code.CHECK_CRASHED, observed=None, reason=reason)
    if isinstance(age, int | float) and age < -_CLOCKS_DIFFER_SECONDS:  # dbt passes any time in the future
        reason = f"The newest row of '{source}' lies {words.duration(-age)} in the future and says nothing."
        unknown = Status.UNKNOWN if reported.status is Status.PASS else reported.status
        return dataclasses.replace(reported, status=unknown, code=Code.DATA_FROM_FUTURE, reason=reason)
    if reported.status is Status.PASS:
        return reported
    if str(result.get("max_loaded_at")).startswith("0001-01-01"):  # what dbt writes where there is no row
        reason = f"'{source}' has no row with a time."
        return dataclasses.replace(reported, code=Code.NEVER_ARRIVED, observed=None, reason=reason)
    limit = _limit(mapping(mapping(result.get("criteria")).get(f"{word}_after")))
    old = f"{words.duration(age)} old" if isinstance(age, int | float) else "too old"
    reason = f"The newest row of '{source}' was {old}{f'; dbt allows {limit}' if limit else ''}."
    return dataclasses.replace(reported, code=Code.DATA_STALE, reason=reason)


def _limit(criterion: Mapping[str, Any]) -> str:
    """`26 hours`, or nothing where dbt does not say."""
    count, period = criterion.get("count"), name(criterion.get("period"))
    return words.count(count, period) if isinstance(count, int) and period else ""
