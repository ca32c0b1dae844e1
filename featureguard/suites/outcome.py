"""What a suite came to: a result for each of its expectations, whoever gave it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

from featureguard.checks import words
from featureguard.result import Code, Scalar, Severity, Status
from featureguard.suites.suite import Expectation

Answerer = Literal["featureguard", "gx", "nobody"]


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """The verdict about one expectation.

    Attributes:
        expectation: As it is written in the suite.
        check: Its name as evidence: the type, and the columns in parentheses.
        status: Outcome; `unknown` if nobody has an answer, or no row was seen.
        severity: What a failure does: `block` for what GX calls critical, else `warn`.
        code: Why it is not a pass.
        column: The column, if it is about one.
        observed: What was measured; the share of unexpected values is a ratio in [0, 1].
        limit: What the suite allows, in the same unit.
        reason: One sentence with numbers; empty for a pass.
        answered_by: Who gave the answer.
        success: GX's own word: it calls success what nothing contradicts, also where there are no rows.
        result: GX's own words: `element_count`, `unexpected_count`, `observed_value`, …
    """

    expectation: Expectation
    check: str
    status: Status
    severity: Severity
    code: Code | None = None
    column: str | None = None
    observed: Scalar | None = None
    limit: Scalar | None = None
    reason: str = ""
    answered_by: Answerer = "featureguard"
    success: bool | None = None
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[int, int]:
        """Worse is greater: what blocks before what warns, then by status; a pass is least."""
        if self.status is Status.PASS:
            return 0, 0
        return (2 if self.severity is Severity.BLOCK else 1), self.status.rank

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return {
            "type": self.expectation.type,
            "kwargs": plain_json(self.expectation.kwargs),
            "id": self.expectation.id,
            "check": self.check,
            "status": self.status.value,
            "severity": self.severity.value,
            "code": self.code.value if self.code else None,
            "column": self.column,
            "observed": plain_json(self.observed),
            "limit": plain_json(self.limit),
            "reason": self.reason,
            "answered_by": self.answered_by,
            "success": self.success,
            "result": plain_json(self.result),
        }


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """The verdict about data by a suite.

    Attributes:
        suite: Its name.
        data: What the data is called.
        results: One for each expectation, in the order of the suite.
        observed_at: When the data was looked at, UTC.
        snapshot: Identity of what was read, where the source knows it.
    """

    suite: str
    data: str
    results: tuple[ExpectationResult, ...]
    observed_at: datetime
    snapshot: str | None = None

    @property
    def status(self) -> Status:
        """Fail if a critical expectation failed, else unknown if one is; a suite of nothing is unknown."""
        blocking = {one.status for one in self.results if one.severity is Severity.BLOCK}
        if Status.FAIL in blocking:
            return Status.FAIL
        return Status.UNKNOWN if Status.UNKNOWN in blocking or not self.results else Status.PASS

    @property
    def exit_code(self) -> int:
        """1 if a critical expectation failed, else 3 if one is unknown, else 0."""
        return {Status.FAIL: 1, Status.UNKNOWN: 3, Status.PASS: 0}[self.status]

    def counts(self) -> dict[str, int]:
        """How many expectations there are, by status and by who answered."""
        statuses = Counter(one.status for one in self.results)
        answered = Counter(one.answered_by for one in self.results)
        return {
            "expectations": len(self.results),
            **{status.value: statuses[status] for status in Status},
            **{f"answered_by_{who}": answered[who] for who in ("featureguard", "gx", "nobody")},
        }

    def summary(self) -> Iterator[str]:
        """What was found, line by line, for people."""
        counts = self.counts()
        shown = ", ".join(f"{counts[status]:,} {status}" for status in Status if counts[status])
        yield f"{words.count(len(self.results), 'expectation')}: {shown or 'none, so nothing is judged'}."
        if unanswered := counts["answered_by_nobody"]:
            yield f"{unanswered:,} of them nobody answered; they are unknown."

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return {
            "suite": self.suite,
            "data": self.data,
            "status": self.status.value,
            "exit_code": self.exit_code,
            "observed_at": self.observed_at.isoformat(),
            "snapshot": self.snapshot,
            "counts": self.counts(),
            "results": [one.to_dict() for one in self.results],
        }


def plain_json(value: Any) -> Any:
    """A value as JSON can hold it: times as ISO 8601; decimals, NaN and infinity as text."""
    if isinstance(value, Mapping):
        return {str(key): plain_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_json(one) for one in value]
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, Decimal | timedelta) else f"<{type(value).__name__}>"
