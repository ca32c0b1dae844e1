"""What a check says: a status, the observed value, the limit and why it matters."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Outcome of one check; ordered `pass < unknown < fail`.

    `UNKNOWN` is neither good nor bad: it was not measured. A gate decides what that means for its tier.
    """

    PASS = "pass"
    UNKNOWN = "unknown"
    FAIL = "fail"

    @property
    def rank(self) -> int:
        """0 for pass, 1 for unknown, 2 for fail."""
        return ("pass", "unknown", "fail").index(self.value)


class Severity(StrEnum):
    """What a failure of a promise does: `block` stops what depends on it, `warn` only says so."""

    WARN = "warn"
    BLOCK = "block"


class Code(StrEnum):
    """Stable reason codes; `docs/codes.md` has one entry for each."""

    NO_EVIDENCE = "NO_EVIDENCE"
    NO_REQUIREMENTS = "NO_REQUIREMENTS"
    EVIDENCE_EXPIRED = "EVIDENCE_EXPIRED"
    EVIDENCE_PARTIAL = "EVIDENCE_PARTIAL"
    EVIDENCE_SUPERSEDED = "EVIDENCE_SUPERSEDED"
    EVIDENCE_CONTRADICTORY = "EVIDENCE_CONTRADICTORY"
    EVIDENCE_FROM_FUTURE = "EVIDENCE_FROM_FUTURE"
    DATA_STALE = "DATA_STALE"
    POPULATION_STALE = "POPULATION_STALE"
    DATA_FROM_FUTURE = "DATA_FROM_FUTURE"
    NEVER_ARRIVED = "NEVER_ARRIVED"
    WINDOW_LATE = "WINDOW_LATE"
    WINDOW_MISSING = "WINDOW_MISSING"
    PARTITION_MISSING = "PARTITION_MISSING"
    VALUE_REGRESSED = "VALUE_REGRESSED"
    CLOCKS_DISAGREE = "CLOCKS_DISAGREE"
    VOLUME_OUT_OF_RANGE = "VOLUME_OUT_OF_RANGE"
    SCHEMA_BREAKING = "SCHEMA_BREAKING"
    NULL_LIMIT = "NULL_LIMIT"
    NULL_SPIKE = "NULL_SPIKE"
    KEYS_DUPLICATED = "KEYS_DUPLICATED"
    RANGE_VIOLATED = "RANGE_VIOLATED"
    VALUE_UNEXPECTED = "VALUE_UNEXPECTED"
    DRIFT = "DRIFT"
    EXTERNAL_FAILED = "EXTERNAL_FAILED"
    ONLINE_SKEW = "ONLINE_SKEW"
    TTL_EXCEEDED = "TTL_EXCEEDED"
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED"
    CHECK_CRASHED = "CHECK_CRASHED"
    CHECK_TIMEOUT = "CHECK_TIMEOUT"
    RESOURCE_LIMIT = "RESOURCE_LIMIT"
    SOURCE_UNREADABLE = "SOURCE_UNREADABLE"
    SOURCE_CORRUPT = "SOURCE_CORRUPT"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    GATE_UNREACHABLE = "GATE_UNREACHABLE"
    CONTRACT_MISSING = "CONTRACT_MISSING"
    CONTRACT_INVALID = "CONTRACT_INVALID"
    CONTRACT_CHANGED = "CONTRACT_CHANGED"
    COLD_START = "COLD_START"
    CLOCK_SKEW = "CLOCK_SKEW"
    WAIVER_APPLIED = "WAIVER_APPLIED"
    WAIVER_EXPIRED = "WAIVER_EXPIRED"


class AnsweredBy(StrEnum):
    """Where an answer came from, cheapest first; an earlier look that is judged again is `evidence`."""

    METADATA = "metadata"
    CACHE = "cache"
    SCAN = "scan"
    EVIDENCE = "evidence"


Scalar = int | float | str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One verdict about one dataset, one of its columns, or one unit of it.

    Attributes:
        check: Name of the check, e.g. `nulls`; `check` and `column` name one promise.
        status: Outcome.
        severity: What a failure does.
        code: Why it is not a pass; `None` on a pass.
        column: Column judged, or `None` for the whole dataset.
        unit: The judged unit that decided, e.g. `2013-02-08`, or `None` for the whole dataset.
        units_judged: How many units were judged; 0 if the check is about the whole dataset.
        units_failed: How many of them failed.
        observed: Measured value, in the unit that the check documents; `None` if not measured or `never`.
        limit: Value the contract allows, in the same unit.
        reason: One sentence for the person on call, with numbers.
        not_measured: True if the status is `unknown` only because the profile lacks a measure.
        answered_by: Metadata, cache or scan; the dearest that this result needed.
        rows_read: Rows read to answer, 0 for metadata and cache.
        bytes_read: Bytes read to answer, as stored (compressed), 0 for metadata and cache.
    """

    check: str
    status: Status
    severity: Severity = Severity.BLOCK
    code: Code | None = None
    column: str | None = None
    unit: str | None = None
    units_judged: int = 0
    units_failed: int = 0
    observed: Scalar | None = None
    limit: Scalar | None = None
    reason: str = ""
    not_measured: bool = False
    answered_by: AnsweredBy = AnsweredBy.METADATA
    rows_read: int = 0
    bytes_read: int = 0

    @property
    def rank(self) -> tuple[int, int]:
        """Worse is greater: what blocks before what warns, then by status; a pass is least."""
        if self.status is Status.PASS:
            return 0, 0
        return (2 if self.severity is Severity.BLOCK else 1), self.status.rank

    def answered(self, by: AnsweredBy, rows_read: int, bytes_read: int) -> CheckResult:
        """The same result with the account of how it was answered."""
        return dataclasses.replace(self, answered_by=by, rows_read=rows_read, bytes_read=bytes_read)


def exit_code(results: Iterable[CheckResult]) -> int:
    """The exit code of `check`: 1 if a blocking promise failed, else 3 if one is unknown, else 0."""
    blocking = {result.status for result in results if result.severity is Severity.BLOCK}
    return 1 if Status.FAIL in blocking else 3 if Status.UNKNOWN in blocking else 0
