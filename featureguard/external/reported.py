"""What a file of another tool says, before and after its datasets are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from featureguard.checks import words
from featureguard.evidence import ExternalResult
from featureguard.result import Code, Scalar, Severity, Status

MOST_NAMES = 10
"""How many names a line of the summary shows."""


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """What a tool calls a dataset.

    Attributes:
        id: Its full name, e.g. `model.shop.orders`.
        name: Its short name, e.g. `orders`.
    """

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Reported:
    """What a file says about one check.

    Attributes:
        check: The tool's own name of the check.
        about: What it judged; of several datasets, each gets the result. Empty if the file does not tell.
        status: Outcome.
        observed_at: When the tool began to look, aware; `None` if the file does not tell.
        severity: What a failure does.
        code: Why it is not a pass.
        column: Column judged, or `None`.
        observed: Measured value; `None` if not told.
        reason: One sentence with numbers; empty for a pass.
    """

    check: str
    about: tuple[Named, ...]
    status: Status
    observed_at: datetime | None
    severity: Severity = Severity.BLOCK
    code: Code | None = None
    column: str | None = None
    observed: Scalar | None = None
    reason: str = ""


class Why(StrEnum):
    """Why something in a file gives no result, in words that follow a number."""

    NOT_RUN = "did not run"
    NO_DATASET = "are about datasets that no contract describes"
    AMBIGUOUS = "fit several datasets"
    UNTOLD = "do not tell their dataset"
    NOT_DATA = "judge code, not data"
    NO_TIME = "do not tell when they ran"
    FUTURE = "lie in the future"
    MALFORMED = "cannot be read"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in a file that gives no result.

    Attributes:
        what: The tool's name of it.
        why: The kind of reason.
        hint: What was found and what to do, one sentence or two; may be empty.
    """

    what: str
    why: Why
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a run of another tool says about the datasets of a catalog.

    Attributes:
        results: One for each dataset and check, in this order.
        skipped: What gave no result, in the order of the file.
        files: The files that were read.
    """

    results: tuple[ExternalResult, ...]
    skipped: tuple[Skipped, ...]
    files: tuple[str, ...]

    def summary(self) -> Iterator[str]:
        """What was found and what was not, line by line, for people."""
        datasets = {result.dataset for result in self.results}
        counts = Counter(result.status for result in self.results)
        shown = ", ".join(f"{counts[status]:,} {status}" for status in Status if counts[status])
        head = f"{words.count(len(self.results), 'result')} for {words.count(len(datasets), 'dataset')}"
        yield f"{head}: {shown}." if shown else f"{head}."
        if self.skipped:
            yield f"{len(self.skipped):,} skipped:"
        for why in Why:
            if found := [entry for entry in self.skipped if entry.why is why]:
                names = [entry.what for entry in found[:MOST_NAMES]]
                more = f" and {len(found) - MOST_NAMES:,} more" if len(found) > MOST_NAMES else ""
                yield f"  {len(found):,} {why}: {', '.join(names)}{more}"
                yield from (f"    {hint}" for hint in _first_hints(found))


def _first_hints(skipped: list[Skipped]) -> list[str]:
    return list(dict.fromkeys(entry.hint for entry in skipped if entry.hint))[:MOST_NAMES]
