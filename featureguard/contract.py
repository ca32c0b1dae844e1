"""What people write: contracts of datasets and subjects that a gate protects.

The models are strict and frozen; `catalog.py` reads them from YAML. Ratios are in [0, 1] (YAML takes
`0.05` or `5%`), durations are `timedelta` (YAML takes `26h`, never a bare number).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from featureguard.arrivals import Calendar, Covers, Delivery, Partitions
from featureguard.arrow_types import parse_type
from featureguard.duration import Duration
from featureguard.promises import (
    MAX_VALUES,
    Column,
    ExternalCheck,
    Freshness,
    Keys,
    Maintenance,
    Nulls,
    Population,
    Range,
    Schema,
    Slo,
    Spike,
    Values,
    Volume,
)
from featureguard.result import Severity
from featureguard.scalars import ColumnName, Model, Name, Number, Ratio, Text, Tier, TypeName, Value, ZoneName
from featureguard.secret import inline_secret, no_secret

__all__ = [
    "MAX_VALUES",
    "Calendar",
    "Column",
    "Contract",
    "Covers",
    "Delivery",
    "External",
    "ExternalCheck",
    "FeastConfig",
    "Freshness",
    "Judge",
    "Keys",
    "Maintenance",
    "MemoryConfig",
    "Name",
    "Nulls",
    "Number",
    "ParquetConfig",
    "Partitions",
    "Population",
    "Range",
    "Ratio",
    "Schema",
    "Slo",
    "SourceConfig",
    "Spike",
    "Subject",
    "Tier",
    "Time",
    "TypeName",
    "Upstream",
    "Value",
    "Values",
    "Volume",
    "canonical_json",
]


def _no_address(name: str) -> str:
    if "://" in name or "@" in name:
        raise ValueError("an address stands here. Write the name of a connection of the project file.")
    return name


def _no_secret_in_link(link: str) -> str:
    if found := inline_secret(link):
        raise ValueError(f"{found} stands in this link, which everybody sees. Write it without.")
    return link


_Link = Annotated[Text, Field(pattern=r"^https?://"), AfterValidator(_no_secret_in_link)]


class ParquetConfig(Model):
    """Parquet files: one file, a glob, or a folder (hive-partitioned where its folders are `key=value`).

    Attributes:
        kind: Says that the files are Parquet.
        path: Relative to the project, absolute, or any URI that `pyarrow.fs` opens; may hold `${variable}`.
        connection: Name of a connection of the project that gives the file system its options.
    """

    kind: Literal["parquet"] = "parquet"
    path: Annotated[Text, AfterValidator(no_secret)]
    connection: Annotated[Text, AfterValidator(_no_address)] | None = None


class MemoryConfig(Model):
    """A table that a host hands in; the contract names no place to read it from.

    Attributes:
        kind: Says that the data is handed in.
    """

    kind: Literal["memory"] = "memory"


class FeastConfig(Model):
    """A Feast feature view, read where its rows are; through Feast only what cannot be read otherwise.

    Attributes:
        kind: Says that Feast's registry knows where the rows are.
        repo: Folder of the feature repository, relative to the project or absolute; may hold `${variable}`.
        view: Name of the feature view.
        read: `offline`: the rows of its batch source. `online`: one row for each entity that the online
            store holds, with the columns `event_timestamp` and, where the store keeps it, `created`.
        connection: Name of a connection of the project that gives the file system its options.
    """

    kind: Literal["feast"]
    repo: Annotated[Text, AfterValidator(no_secret)]
    view: Text
    read: Literal["offline", "online"] = "offline"
    connection: Annotated[Text, AfterValidator(_no_address)] | None = None


SourceConfig = Annotated[ParquetConfig | MemoryConfig | FeastConfig, Field(discriminator="kind")]


class Time(Model):
    """Which clocks the dataset has.

    Attributes:
        event: Column with the time of the event, a timestamp or a date.
        ingested: Column that the producer fills with the time of writing.
        timezone: Zone of timestamps without one and of dates; without it they are refused.
        clock: The clock that freshness uses.
        skew_tolerance: How far ahead of the look a time may lie before it counts as from the future.
        future: What rows from the future do.
    """

    event: ColumnName | None = None
    ingested: ColumnName | None = None
    timezone: ZoneName | None = None
    clock: Literal["event_time", "ingested_at", "file_mtime"] | None = None
    skew_tolerance: Duration = timedelta(minutes=5)
    future: Severity = Severity.WARN

    @model_validator(mode="after")
    def _clock_has_its_column(self) -> Self:
        if self.clock == "event_time" and not self.event:
            raise ValueError("clock 'event_time' needs 'event', the name of its column.")
        if self.clock == "ingested_at" and not self.ingested:
            raise ValueError("clock 'ingested_at' needs 'ingested', the name of its column.")
        return self


class Judge(Model):
    """What content checks judge: each closed window of the event time, each partition, or all rows.

    Attributes:
        per: Kind of unit. Left out: `partition` where the source is partitioned, else `all`.
        zone: Zone of the windows' edges.
    """

    per: Literal["hour", "day", "week", "month", "partition", "all"] | None = None
    zone: ZoneName = "UTC"


class External(Model):
    """An upstream that no contract of this catalog describes.

    Attributes:
        external: What people call it.
    """

    external: Text


def _kind_of_upstream(value: object) -> str | None:
    return "name" if isinstance(value, str) else "external" if isinstance(value, dict | External) else None


Upstream = Annotated[
    Annotated[Name, Tag("name")] | Annotated[External, Tag("external")],
    Discriminator(
        _kind_of_upstream,
        custom_error_type="upstream",
        custom_error_message="write the name of a dataset, or '{external: name}' where no contract exists.",
    ),
]


class Contract(Model):
    """What the producer of a dataset promises; the top level of a contract file.

    Attributes:
        dataset: Name, `name` or `team.name`.
        owner: Who mends it: a team or an address.
        tier: 0 customer-critical … 3.
        description: What it holds.
        runbook: Link to what to do when a promise is broken.
        tags: Words to find it by.
        aliases: The dataset's key in a host, e.g. `{dagster: raw/flights}`.
        source: Where the data is read from; left out, a host hands it in.
        time: Which clocks it has.
        judge: What content checks judge.
        upstream: Datasets it is made from; `{external: name}` where no contract describes one.
        schema: Promised columns.
        freshness: How old the data may be.
        volume: How many rows a judged unit has.
        keys: Columns that name a row.
        partitions: Which hours, days, weeks or months there are.
        external_checks: Checks of other tools that must have a result.
        maintenance: Declared stretches of time that no SLI counts.
        slo: The objective over a rolling window.
        enforcement: `observe` reports, and never does worse than warn.
        evidence_max_age: How old a look may be before a gate stops trusting it; left out: by tier.
    """

    dataset: Name
    owner: Text
    tier: Tier = 2
    description: Text | None = None
    runbook: _Link | None = None
    tags: tuple[Text, ...] = ()
    aliases: Mapping[str, Text] = Field(default_factory=dict)
    source: SourceConfig = Field(default_factory=MemoryConfig)
    time: Time = Field(default_factory=Time)
    judge: Judge = Field(default_factory=Judge)
    upstream: tuple[Upstream, ...] = ()
    schema_: Schema | None = Field(default=None, alias="schema")
    freshness: Freshness | None = None
    volume: Volume | None = None
    keys: Keys | None = None
    partitions: Partitions | None = None
    external_checks: tuple[ExternalCheck, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    slo: Slo | None = None
    enforcement: Literal["enforce", "observe"] = "enforce"
    evidence_max_age: Duration | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if found := [*_clock_problems(self), *_partition_problems(self), *_column_problems(self)]:
            text = "\n".join(message for _, message in found)
            raise PydanticCustomError("contradictions", "{text}", {"text": text, "found": found})
        return self

    @property
    def columns(self) -> Mapping[str, Column]:
        """Promised columns by name."""
        return self.schema_.columns if self.schema_ else {}

    @property
    def clock(self) -> str | None:
        """The clock that freshness uses: the declared one, else event time where it has a column."""
        return self.time.clock or ("event_time" if self.time.event else None)

    @property
    def clock_column(self) -> str | None:
        """The column behind `clock`, or `None` where the clock is no column."""
        return {"event_time": self.time.event, "ingested_at": self.time.ingested}.get(self.clock or "")

    @property
    def digest(self) -> str:
        """SHA-256 of the promises in canonical form; owner, texts and maintenance do not change it."""
        words = {"owner", "runbook", "description", "tags", "aliases", "maintenance"}
        body = self.model_dump(mode="json", by_alias=True, exclude=words)
        return hashlib.sha256(canonical_json(body)).hexdigest()


class Subject(Model):
    """What a gate protects: a model, a feature service, a job.

    Attributes:
        subject: Name, `name` or `team.name`.
        owner: Who answers for it: a team or an address.
        tier: 0 customer-critical … 3; a dataset under it counts as at least as critical.
        description: What it does.
        runbook: Link to what to do when the gate is shut.
        tags: Words to find it by.
        aliases: The subject's key in a host.
        requires: Datasets that it cannot do without.
        policy: Name of the policy that decides about it; left out, the one called `default`.
    """

    subject: Name
    owner: Text
    tier: Tier = 2
    description: Text | None = None
    runbook: _Link | None = None
    tags: tuple[Text, ...] = ()
    aliases: Mapping[str, Text] = Field(default_factory=dict)
    requires: tuple[Upstream, ...] = ()
    policy: Name | None = None


def canonical_json(value: Any) -> bytes:
    """The one spelling of a JSON value: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


_Found = tuple[tuple[str, ...], str]  # the path in the file, and what is wrong there


def _clock_problems(contract: Contract) -> Iterator[_Found]:
    freshness, judge, slo = contract.freshness, contract.judge, contract.slo
    if freshness and contract.clock is None:
        hint = "Write 'time: {event: <column>}', or 'time: {clock: file_mtime}'."
        yield ("freshness",), f"an age is measured by a clock, and none is named. {hint}"
    elif freshness and freshness.population and not contract.clock_column:
        yield ("freshness", "population"), "a population needs a time column; files have only one time each."
    if judge.per not in (None, "partition", "all") and not contract.time.event:
        yield ("judge",), f"'judge: {{per: {judge.per}}}' needs 'time: {{event: <column>}}'."
    if slo and slo.sli == "time" and not (freshness and freshness.max_age):
        yield ("slo",), "an objective for the time SLI needs 'freshness: {max_age: …}', the limit it counts."
    if slo and slo.sli == "population" and not (freshness and freshness.population):
        yield ("slo",), "an objective for the population SLI needs 'freshness: {population: …}'."
    if slo and slo.sli == "delivery" and not (freshness and freshness.delivery):
        yield ("slo",), "an objective for the delivery SLI needs 'freshness: {delivery: …}'."


def _partition_problems(contract: Contract) -> Iterator[_Found]:
    """Without names in folders, only the windows that are judged can be told apart."""
    promise, judge = contract.partitions, contract.judge
    if promise is None or promise.by or (promise.per, promise.zone) == (judge.per, judge.zone):
        return
    zone = f", zone: {promise.zone}" if promise.zone != "UTC" else ""
    yield (
        ("partitions",),
        "partitions are told apart by the hive keys of their folders ('by: [day]'), or are the windows that"
        f" are judged: then write 'judge: {{per: {promise.per}{zone}}}' too.",
    )


def _column_problems(contract: Contract) -> Iterator[_Found]:
    for field in ("event", "ingested"):
        column_name = getattr(contract.time, field) or ""
        column = contract.columns.get(column_name)
        if column and column.type and (message := _clock_type_problem(contract, column.type)):
            yield ("time", field), f"column '{column_name}' {message}"
    if not contract.columns or not contract.schema_ or contract.schema_.mode != "exact":
        return
    population = contract.freshness and contract.freshness.population
    named: dict[tuple[str, ...], Iterable[str | None]] = {
        ("time", "event"): [contract.time.event],
        ("time", "ingested"): [contract.time.ingested],
        ("freshness", "population", "entity"): population.entity if population else (),
        ("keys", "unique"): contract.keys.unique if contract.keys else (),
    }
    for path, columns in named.items():
        for name in columns:
            if name and name not in contract.columns:
                yield (
                    path,
                    f"column {name!r} is not among the promised ones, and the schema's mode is 'exact'.",
                )


def _clock_type_problem(contract: Contract, type_name: str) -> str:
    found = parse_type(type_name)
    is_date, is_naive = found.name in ("date32", "date64"), len(found.parameters) < 2
    if not is_date and found.name != "timestamp":
        return f"is promised as {type_name}, but a clock is a timestamp or a date."
    if contract.time.timezone or not (is_date or is_naive):
        return ""
    return f"is promised as {type_name}, without a time zone. Write e.g. 'timezone: UTC' beside it."
