"""A look that is sent: what a worker saw of a dataset, without any verdict about it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from featureguard.observation import ClockReading, Failure, KeyCount, Observation, PopulationReading, Unit
from featureguard.profile import NEVER, Never, times_to_json
from featureguard.result import Code
from featureguard.wire.profiles import HistogramDocument, ProfileDocument, histogram_of
from featureguard.wire.scalars import (
    Count,
    DataText,
    Document,
    Instant,
    Line,
    Name,
    NeverWord,
)

ClockName = Literal["event_time", "ingested_at", "file_mtime"]
Key = Annotated[DataText, Field(min_length=1, max_length=2_000)]
Quantile = Annotated[Line, Field(max_length=10)]
Age = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]


class ClockDocument(Document):
    """What one clock showed; as `ClockReading`.

    Attributes:
        newest: Newest value that is not from the future; `never` if there is none; `None` if not measured.
        future_rows: Rows from the future, which `newest` leaves out; `None` if not counted.
    """

    newest: Instant | NeverWord | None = None
    future_rows: Count | None = None

    def to_reading(self) -> ClockReading:
        """The reading."""
        return ClockReading(newest_of(self.newest), self.future_rows)


class KeysDocument(Document):
    """How often keys repeat; as `KeyCount`.

    Attributes:
        rows: Rows, each with a key.
        distinct: Different keys among them.
        example: A repeated key as text, or an empty string.
    """

    rows: Count
    distinct: Count
    example: DataText = ""


class UnitDocument(Document):
    """A closed window, a partition, or all rows; as `Unit`.

    Attributes:
        key: Its name: `2013-02-08`, `day=2013-02-08`, `all`; `no time` for rows without an event time.
        content: Digest of what it is made of; another content is another version of the unit.
        profile: Summary of its rows.
        start: Begin of a window; `None` for other units.
        end: End of a window; `None` for other units.
        keys: Uniqueness of its keys; `None` if not measured.
    """

    key: Key
    content: Key
    profile: ProfileDocument
    start: Instant | None = None
    end: Instant | None = None
    keys: KeysDocument | None = None

    @model_validator(mode="after")
    def _lies_in_time(self) -> Self:
        if (self.start is None) is not (self.end is None) or (
            self.start and self.end and self.start >= self.end
        ):
            raise ValueError("a window has a start and, after it, an end.")
        return self

    def to_unit(self) -> Unit:
        """The unit."""
        keys = KeyCount(self.keys.rows, self.keys.distinct, self.keys.example) if self.keys else None
        return Unit(self.key, self.content, self.profile.to_profile(), self.start, self.end, keys)


class PopulationDocument(HistogramDocument):
    """Event times of the whole population; as `PopulationReading`.

    Attributes:
        of: What is counted: every row, or every entity's newest row.
        missing: Members without a valid time, which are never fresh.
        at: The instant at which the exact numbers below hold; `None` if only the histogram is known.
        fresh: Members within the promised age.
        expected: Members that count: all rows, or the entities seen recently enough.
        age_seconds: Ages of the expected members by quantile, e.g. `p50`, `max`.
        worst: Oldest expected members with their age in seconds, oldest first.
    """

    of: Literal["rows", "entities"]
    missing: Count = 0
    at: Instant | None = None
    fresh: Count | None = None
    expected: Count | None = None
    age_seconds: Annotated[dict[Annotated[Line, Field(max_length=10)], Age], Field(max_length=20)] = Field(
        default_factory=dict
    )
    worst: Annotated[list[tuple[DataText, Age]], Field(max_length=100)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _can_be_true(self) -> Self:
        if self.times is None:
            raise ValueError("a population has 'times'.")
        if (self.fresh or 0) > (self.expected if self.expected is not None else self.fresh or 0):
            raise ValueError("more members are fresh than are expected.")
        return self

    def to_reading(self) -> PopulationReading:
        """The reading."""
        return PopulationReading(
            of=self.of,
            times=histogram_of(self.times or [0]),
            missing=self.missing,
            at=self.at,
            fresh=self.fresh,
            expected=self.expected,
            age_seconds=self.age_seconds,
            worst=tuple(self.worst),
        )


class FailureDocument(Document):
    """Why a look could not be finished; as `Failure`.

    Attributes:
        code: Reason code, e.g. `SOURCE_UNREADABLE`.
        reason: One sentence for the person on call.
    """

    code: Code
    reason: Line


class LookDocument(Document):
    """One look at a dataset; as `Observation`. The service judges it by its own contract.

    Attributes:
        dataset: A dataset of the catalog.
        observed_at: When the snapshot was fixed, by the clock of whoever looked.
        snapshot: Identity of what was seen; equal ones mean equal data. `None` where the source has none.
        profile: Summary of all rows; what is left out was not measured.
        clocks: Readings by clock.
        units: The units to judge: closed, and new or changed; oldest first.
        population: The population that the contract promises; `None` if not measured.
        partitions: Rows of the newest partitions by key, `None` where nobody counted; `None` as a whole if
            not measured.
        failure: Why the look could not be finished; then it saw nothing, and nothing else is sent.
    """

    dataset: Name
    observed_at: Instant
    snapshot: Key | None = None
    profile: ProfileDocument = ProfileDocument()
    clocks: dict[ClockName, ClockDocument] = Field(default_factory=dict)
    units: Annotated[list[UnitDocument], Field(max_length=10_000)] = Field(default_factory=list)
    population: PopulationDocument | None = None
    partitions: Annotated[dict[Key, Count | None], Field(max_length=100_000)] | None = None
    failure: FailureDocument | None = None

    model_config = ConfigDict(
        title="Look",
        json_schema_extra={
            "examples": [
                {
                    "dataset": "flights",
                    "observed_at": "2013-02-09T12:00:00Z",
                    "snapshot": "v42",
                    "profile": {"rows": 34_017, "columns": {"dep_delay": {"rows": 34_017, "nulls": 1_520}}},
                    "clocks": {"event_time": {"newest": "2013-02-09T10:30:00Z", "future_rows": 0}},
                }
            ]
        },
    )

    @model_validator(mode="after")
    def _is_one_look(self) -> Self:
        if self.failure and (
            self.clocks or self.units or self.population or self.partitions or self.snapshot
        ):
            raise ValueError("a look that could not be finished saw nothing: send 'failure' alone.")
        if len({(unit.key, unit.content) for unit in self.units}) < len(self.units):
            raise ValueError("a unit stands twice.")
        return self

    def to_observation(self) -> Observation:
        """What was seen."""
        failure = self.failure
        return Observation(
            dataset=self.dataset,
            observed_at=self.observed_at,
            snapshot=self.snapshot,
            profile=self.profile.to_profile(),
            clocks={name: clock.to_reading() for name, clock in self.clocks.items()},
            units=tuple(unit.to_unit() for unit in self.units),
            population=self.population.to_reading() if self.population else None,
            partitions=self.partitions,
            failure=Failure(failure.code, failure.reason) if failure else None,
        )


def newest_of(told: datetime | NeverWord | None) -> datetime | Never | None:
    """An instant, `NEVER` or `None`, as it was sent."""
    return told if isinstance(told, datetime) or told is None else NEVER


def look_to_dict(look: Observation) -> dict[str, Any]:
    """A look as `POST /v1/observations` takes it.

    What only the guard of a store knows (`judged_bad`) is left out: whoever records it judges it.
    """
    profile, population, failure = look.profile, look.population, look.failure
    if failure is not None:
        told = {"code": failure.code.value, "reason": _one_line(failure.reason)}
        return {"dataset": look.dataset, "observed_at": look.observed_at.isoformat(), "failure": told}
    return {
        "dataset": look.dataset,
        "observed_at": look.observed_at.isoformat(),
        "snapshot": look.snapshot,
        "profile": json.loads(profile.to_json()),
        "clocks": {
            name: {"newest": _instant(clock.newest), "future_rows": clock.future_rows}
            for name, clock in look.clocks.items()
        },
        "units": [_unit_to_dict(unit) for unit in look.units],
        "population": _population_to_dict(population) if population else None,
        "partitions": dict(look.partitions) if look.partitions is not None else None,
    }


def _unit_to_dict(unit: Unit) -> dict[str, Any]:
    keys = unit.keys
    return {
        "key": unit.key,
        "content": unit.content,
        "profile": json.loads(unit.profile.to_json()),
        "start": _instant(unit.start),
        "end": _instant(unit.end),
        "keys": {"rows": keys.rows, "distinct": keys.distinct, "example": keys.example} if keys else None,
    }


def _population_to_dict(population: PopulationReading) -> dict[str, Any]:
    return {
        "of": population.of,
        "times": times_to_json(population.times),
        "missing": population.missing,
        "at": _instant(population.at),
        "fresh": population.fresh,
        "expected": population.expected,
        "age_seconds": dict(population.age_seconds),
        "worst": [list(pair) for pair in population.worst],
    }


def _instant(at: datetime | Never | None) -> str | None:
    return at.isoformat() if isinstance(at, datetime) else at.value if at is not None else None


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)[:500]
