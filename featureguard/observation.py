"""One look at a dataset: what was seen, when, and how complete it is; and what earlier looks saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from featureguard.contract import Contract, canonical_json
from featureguard.histogram import TimeHistogram
from featureguard.profile import Never, Profile
from featureguard.result import Code

ALL = "all"
"""The unit of a dataset that is judged as a whole."""

NO_TIME = "no time"
"""The unit of rows without an event time."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What one clock showed.

    Attributes:
        newest: Newest value that is not from the future; `NEVER` if there is none; `None` if not measured.
        future_rows: Rows later than `observed_at` plus the skew tolerance; `None` if not counted.
    """

    newest: datetime | Never | None = None
    future_rows: int | None = None


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How often key columns repeat in one unit.

    Attributes:
        rows: Rows, each with a key.
        distinct: Different keys among them.
        example: A repeated key as text, or an empty string.
    """

    rows: int
    distinct: int
    example: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """What content checks judge: a closed window, a partition, or all rows.

    Attributes:
        key: Its name: `2013-02-08`, `day=2013-02-08`, `all`; `no time` for rows without an event time.
        content: Digest of the fragments it is made of; another content is another version of the unit.
        profile: Summary of its rows.
        start, end: Edges of a window, UTC; `None` for other units.
        keys: Uniqueness of its keys; `None` if not measured.
        judged_bad: Columns that failed a null check in this unit; known for units of the past only.
    """

    key: str
    content: str
    profile: Profile
    start: datetime | None = None
    end: datetime | None = None
    keys: KeyCount | None = None
    judged_bad: frozenset[str] = frozenset()

    @property
    def identity(self) -> str:
        """What tells units apart; where all rows are one unit, each content is one of its own."""
        return f"{self.key} {self.content}" if self.key == ALL else self.key

    @property
    def seconds(self) -> float | None:
        """Length of a window in seconds, to compare only units of the same length; `None` for others."""
        return (self.end - self.start).total_seconds() if self.start and self.end else None


@dataclass(frozen=True, slots=True)
class PopulationReading:
    """Event times of the whole population: of every row, or of every entity's newest row.

    Attributes:
        of: What is counted.
        times: Histogram of those times; entities that retired long ago are in it too.
        missing: Members without a valid time, which are never fresh: rows whose time is null, and entities
            of a key table that never had a row.
        at: The instant at which the exact numbers below hold; `None` if only the histogram is known.
        fresh: Members within the promised age.
        expected: Members that count: all rows, or the entities seen recently enough.
        age_seconds: Ages of the expected members by quantile, e.g. `{"p50": 3600.0, "max": 90000.0}`.
        worst: Oldest expected members with their age in seconds, oldest first.
    """

    of: Literal["rows", "entities"]
    times: TimeHistogram
    missing: int = 0
    at: datetime | None = None
    fresh: int | None = None
    expected: int | None = None
    age_seconds: Mapping[str, float] = field(default_factory=dict)
    worst: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a look is incomplete: everything that it should have measured is unknown."""

    code: Code
    reason: str


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at a dataset.

    Attributes:
        dataset: Its name.
        observed_at: When the snapshot was fixed, by the clock of whoever looked, UTC.
        snapshot: Identity of what was seen; equal ids mean equal data. `None` where the source has none.
        profile: Summary of all rows. Content is measured where a check needed it, else `None`.
        clocks: Readings by clock name: `event_time`, `ingested_at`, `file_mtime`.
        units: The units to judge in this look: closed, and new or changed; oldest first.
        population: The population that the contract promises; `None` if not measured.
        partitions: Rows of the newest partitions by key, e.g. `2013-12-30`, if the contract promises some;
            rows that nobody counted are `None`, and so is the whole if not measured.
        failure: Why the look is incomplete, or `None` for a complete one. Only complete looks are recorded.
    """

    dataset: str
    observed_at: datetime
    snapshot: str | None = None
    profile: Profile = field(default_factory=lambda: Profile(rows=None))
    clocks: Mapping[str, ClockReading] = field(default_factory=dict)
    units: tuple[Unit, ...] = ()
    population: PopulationReading | None = None
    partitions: Mapping[str, int | None] | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What earlier looks saw.

    Attributes:
        last: The latest complete look before this one, or `None`.
        units: Judged units of the past in their order (by window, else by the look that first saw them), each
            in its latest version.
        time: Which clocks the last look read: `time` of its contract as canonical JSON; `None` where nobody
            kept it.
    """

    last: Observation | None = None
    units: tuple[Unit, ...] = ()
    time: str | None = None

    def last_by(self, contract: Contract) -> Observation | None:
        """The last look, if it read the same clocks as this contract: other clocks are not to be compared."""
        time = canonical_json(contract.time.model_dump(mode="json")).decode()
        return self.last if self.time in (None, time) else None
