"""What is known about a dataset: recorded looks, what they were judged by, and what other tools said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from featureguard.contract import Contract
from featureguard.observation import ClockReading, History, Observation
from featureguard.result import CheckResult, Code, Severity, Status


@dataclass(frozen=True, slots=True)
class Look:
    """One recorded look.

    Attributes:
        id: SHA-256 of all that was recorded with it.
        observation: What was seen; incomplete if it has a failure.
        results: What the checks said.
        now: The instant that they were judged for.
        recorder: Who recorded it.
        contract: Digest of the contract that they were judged by.
    """

    id: str
    observation: Observation
    results: tuple[CheckResult, ...]
    now: datetime
    recorder: str
    contract: str


@dataclass(frozen=True, slots=True)
class ContractVersion:
    """A stretch of time in which one contract was in force.

    Attributes:
        digest: Digest of its promises.
        in_force_since: The first look that was judged by it, after looks by another one.
        contract: The contract; texts that promise nothing may be those of another look with the same digest.
    """

    digest: str
    in_force_since: datetime
    contract: Contract


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look said about the snapshot it saw: enough to find looks that contradict each other.

    Attributes:
        look: The look's id.
        observed_at: When its snapshot was fixed.
        recorder: Who looked.
        complete: Whether the look was finished.
        snapshot: Identity of the snapshot; `None` where the source has none.
        clocks: Readings by clock name.
    """

    look: str
    observed_at: datetime
    recorder: str
    complete: bool
    snapshot: str | None = None
    clocks: Mapping[str, ClockReading] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExternalResult:
    """The verdict of another tool about a dataset, e.g. of a dbt test.

    Attributes:
        tool: Who judged: `dbt`, `gx`, `soda`, or a name of one's own.
        check: The tool's own name of the check.
        dataset: The dataset it is about.
        status: Outcome; a check that could not run is `unknown`, one that did not run has no result.
        observed_at: When it ran, UTC.
        severity: What a failure does.
        code: Why it is not a pass.
        column: Column judged, or `None`.
        observed: Measured value, e.g. failing rows; `None` if not told.
        reason: One sentence with numbers.
        snapshot: Identity of what was judged, where the tool knows it.
        url: Where the tool shows it.
    """

    tool: str
    check: str
    dataset: str
    status: Status
    observed_at: datetime
    severity: Severity = Severity.BLOCK
    code: Code | None = None
    column: str | None = None
    observed: int | float | str | None = None
    reason: str = ""
    snapshot: str | None = None
    url: str | None = None

    @property
    def name(self) -> str:
        """What tells it apart among the results of a dataset, e.g. `dbt:not_null_flights_dest`."""
        return f"{self.tool}:{self.check}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a decision may rest on for one dataset.

    Attributes:
        dataset: Its name.
        last: The latest look, finished or not; `None` if nobody ever looked.
        complete: The latest complete look.
        seen: Recent looks, latest first; the two above among them.
        history: What complete looks before `complete` saw.
        learned: (check, column) of learned limits that were ever judged: their cold start is over for good.
        external: The latest result of each check of other tools, by name.
    """

    dataset: str
    last: Look | None = None
    complete: Look | None = None
    seen: tuple[Sight, ...] = ()
    history: History = field(default_factory=History)
    learned: frozenset[tuple[str, str | None]] = frozenset()
    external: tuple[ExternalResult, ...] = ()
