"""What people write: contracts of datasets and subjects that a gate protects.

The models are strict and frozen; `catalog.py` reads them from YAML. Ratios are in [0, 1] (YAML takes
`0.05` or `5%`), durations are `timedelta` (YAML takes `26h`, never a bare number).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Strict,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from featureguard.arrow_types import parse_type
from featureguard.duration import Duration
from featureguard.result import Severity

MAX_VALUES = 1_000
"""Longest list of allowed values or sentinels; profiles keep no larger set."""

_PART = "[A-Za-z_][A-Za-z0-9_-]*"
_NAME = re.compile(rf"{_PART}(\.{_PART})?")
_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%")


def _ratio(value: object) -> object:
    """Read `5%` as 0.05; refuse a bare number above 1, which may mean either."""
    if isinstance(value, str) and (found := _PERCENT.fullmatch(value.strip())):
        value = float(found[1]) / 100
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a ratio. Write e.g. 5% or 0.05.")
    if not 0 <= value <= 1:
        raise ValueError(f"{value!r} is not a ratio in [0, 1]. A ratio is written 5% or 0.05.")
    return float(value)


def _finite(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number.")
    return value


def _whole(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is not a whole number.")
    return value


def _value(value: object) -> object:
    if not isinstance(value, str | bool | int) and not (isinstance(value, float) and math.isfinite(value)):
        raise ValueError(f"{value!r} is no value. Write text, a finite number, true or false.")
    return value


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"{text!r} is no name. Write 'name' or 'team.name', of letters, digits, '_' and '-'."
        )
    return text


@lru_cache(maxsize=1_024)
def _zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no IANA time zone. Write e.g. 'UTC' or 'America/New_York'.") from None
    return name


@lru_cache(maxsize=4_096)
def _arrow_type(text: str) -> str:
    parse_type(text)
    return text


Ratio = Annotated[
    float,
    BeforeValidator(_ratio),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                {"type": "string", "pattern": _PERCENT.pattern},
            ]
        }
    ),
]
Number = Annotated[int | float, BeforeValidator(_finite)]
Count = Annotated[int, Strict(), Field(ge=0)]
Flag = Annotated[bool, Strict()]
Name = Annotated[
    str,
    Field(max_length=200),
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "pattern": f"^{_NAME.pattern}$", "maxLength": 200}),
]
ColumnName = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(min_length=1, max_length=2_000)]
ZoneName = Annotated[str, AfterValidator(_zone)]
TypeName = Annotated[str, Field(max_length=10_000), AfterValidator(_arrow_type)]
Tier = Annotated[Literal[0, 1, 2, 3], BeforeValidator(_whole)]
Value = str | bool | int | float
_Listed = Annotated[Value, BeforeValidator(_value)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, populate_by_name=True)


class _Promise(_Model):
    """What every promise says.

    Attributes:
        severity: What breaking it does: `block` stops what depends on the data, `warn` only says so.
    """

    severity: Severity = Severity.BLOCK


class ParquetConfig(_Model):
    """Parquet files: one file, a glob, or a folder (hive-partitioned where its folders are `key=value`).

    Attributes:
        kind: Says that the files are Parquet.
        path: Relative to the project, absolute, or any URI that `pyarrow.fs` opens; may hold `${variable}`.
        connection: Name of a connection of the project that gives the file system its options.
    """

    kind: Literal["parquet"] = "parquet"
    path: Text
    connection: Text | None = None


class MemoryConfig(_Model):
    """A table that a host hands in; the contract names no place to read it from.

    Attributes:
        kind: Says that the data is handed in.
    """

    kind: Literal["memory"] = "memory"


SourceConfig = Annotated[ParquetConfig | MemoryConfig, Field(discriminator="kind")]


class Time(_Model):
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


class Judge(_Model):
    """What content checks judge: each closed window of the event time, each partition, or all rows.

    Attributes:
        per: Kind of unit. Left out: `partition` where the source is partitioned, else `all`.
        zone: Zone of the windows' edges.
    """

    per: Literal["hour", "day", "week", "month", "partition", "all"] | None = None
    zone: ZoneName = "UTC"


class External(_Model):
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
        custom_error_message="an upstream is the name of a dataset, or '{external: name}' where no contract exists.",
    ),
]


class Spike(_Promise):
    """A learned limit on the share of nulls, from the last comparable units (semantics, section 3).

    Attributes:
        alpha: One-sided error probability of the test.
        min_effect: Smallest rise that counts, as a difference of ratios.
        min_factor: Smallest rise that counts, as a factor.
        min_rows: Fewest rows of a unit that can be judged.
        min_units: Fewest earlier units to learn from.
        units: Most earlier units to learn from.
    """

    alpha: Annotated[float, Field(gt=0, lt=0.5), BeforeValidator(_finite)] = 1e-4
    min_effect: Ratio = 0.02
    min_factor: Annotated[float, Field(ge=1, le=1_000), BeforeValidator(_finite)] = 2.0
    min_rows: Annotated[Count, Field(ge=1)] = 200
    min_units: Annotated[Count, Field(ge=2, le=1_000)] = 8
    units: Annotated[Count, Field(ge=2, le=1_000)] = 28


def _spike(value: object) -> object:
    return {} if value is True else None if value is False else value


class Nulls(_Promise):
    """How complete a column is.

    Attributes:
        at_most: Largest share of rows without a value, per judged unit.
        covers: What counts as without a value: null, NaN, the empty string, a declared sentinel.
            Left out: null, and NaN for floats, and sentinels where some are declared.
        sentinels: Values that stand for nothing, e.g. -999.
        spike: A learned limit besides the fixed one.
    """

    at_most: Ratio | None = None
    covers: tuple[Literal["null", "nan", "empty", "sentinel"], ...] | None = None
    sentinels: Annotated[tuple[_Listed, ...], Field(max_length=MAX_VALUES)] = ()
    spike: Annotated[Spike | None, BeforeValidator(_spike, json_schema_input_type=Spike | bool | None)] = None

    @model_validator(mode="after")
    def _covers_what_is_declared(self) -> Self:
        if "sentinel" in (self.covers or ()) and not self.sentinels:
            raise ValueError("'covers' names sentinels but 'sentinels' declares none.")
        if self.covers == ():
            raise ValueError("'covers' is empty; leave it out for null (and NaN for floats).")
        return self


def _nulls(value: object) -> object:
    return {"at_most": value} if isinstance(value, str | int | float) else value


class Range(_Promise):
    """Smallest and largest value of a column, both allowed.

    Attributes:
        at_least: Smallest value.
        at_most: Largest value.
    """

    at_least: Number | None = None
    at_most: Number | None = None

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a range needs 'at_least', 'at_most' or both.")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"the range [{self.at_least}, {self.at_most}] is empty.")
        return self


def _range(value: object) -> object:
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise ValueError("a range is written [smallest, largest].")
        return {"at_least": value[0], "at_most": value[1]}
    return value


class Values(_Promise):
    """The closed set of values of a column; null is no value.

    Attributes:
        one_of: Every value that may occur.
    """

    one_of: Annotated[tuple[_Listed, ...], Field(min_length=1, max_length=MAX_VALUES)]


def _values(value: object) -> object:
    return {"one_of": value} if isinstance(value, list | tuple) else value


class Column(_Model):
    """A promised column.

    Attributes:
        type: Arrow type, e.g. `float64`, `timestamp[us, tz=UTC]`, `list<struct<id: int64>>`.
        nullable: False promises that no row is null.
        optional: True allows files without this column; its rows then count as null.
        nulls: How many rows may lack a value; `5%` is short for `{at_most: 5%}`.
        range: Smallest and largest value; `[0, 10]` is short for `{at_least: 0, at_most: 10}`.
        values: Every value that may occur; `[a, b]` is short for `{one_of: [a, b]}`.
        description: What the column means.
    """

    type: TypeName | None = None
    nullable: Flag = True
    optional: Flag = False
    nulls: Annotated[Nulls | None, BeforeValidator(_nulls, json_schema_input_type=Nulls | Ratio | None)] = (
        None
    )
    range: Annotated[
        Range | None, BeforeValidator(_range, json_schema_input_type=Range | tuple[Number, Number] | None)
    ] = None
    values: Annotated[
        Values | None, BeforeValidator(_values, json_schema_input_type=Values | tuple[_Listed, ...] | None)
    ] = None
    description: Text | None = None


def _column(value: object) -> object:
    return {} if value is None else {"type": value} if isinstance(value, str) else value


class Schema(_Promise):
    """Promised columns and how strictly their types are held.

    Attributes:
        mode: `exact`: these columns with these types. `compatible`: a reader of these types can read the
            data (more columns, lossless narrower types). `ignore`: only the content is judged.
        columns: Promised columns by name; a type alone is short for `{type: …}`.
    """

    mode: Literal["exact", "compatible", "ignore"] = "compatible"
    columns: Mapping[
        ColumnName,
        Annotated[Column, BeforeValidator(_column, json_schema_input_type=Column | TypeName | None)],
    ] = Field(default_factory=dict)


class Population(_Promise):
    """The share of rows, or of entities by their newest row, that is young enough.

    Attributes:
        of: What is counted.
        entity: Columns that name an entity.
        within: Largest age of a row (of an entity's newest row) that counts as fresh.
        at_least: Smallest share that is fresh.
        seen_within: The expected entities are those with a row this young; older ones have retired.
    """

    of: Literal["rows", "entities"] = "entities"
    entity: tuple[ColumnName, ...] = ()
    within: Duration
    at_least: Ratio
    seen_within: Duration = timedelta(days=28)

    @model_validator(mode="after")
    def _entities_have_a_name(self) -> Self:
        if self.of == "entities" and not self.entity:
            raise ValueError("a population of entities needs 'entity', the columns that name one.")
        if self.of == "rows" and self.entity:
            raise ValueError("a population of rows takes no 'entity'.")
        if self.of == "entities" and self.seen_within < self.within:
            raise ValueError("'seen_within' is shorter than 'within': every expected entity would be fresh.")
        return self


class Freshness(_Promise):
    """How old the data may be.

    Attributes:
        max_age: Largest age of the newest event.
        warn_age: Age from which a warning is given.
        population: Freshness of all the data, not of its newest row alone.
    """

    max_age: Duration | None = None
    warn_age: Duration | None = None
    population: Population | None = None

    @model_validator(mode="after")
    def _promises_something(self) -> Self:
        if self.max_age is None and self.population is None:
            raise ValueError("freshness needs 'max_age', 'population' or both.")
        if self.warn_age is not None and (self.max_age is None or self.warn_age >= self.max_age):
            raise ValueError("'warn_age' must be shorter than 'max_age'.")
        return self


class Volume(_Promise):
    """How many rows a judged unit has.

    Attributes:
        at_least: Fewest rows.
        at_most: Most rows.
    """

    at_least: Count | None = None
    at_most: Count | None = None

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("volume needs 'at_least', 'at_most' or both.")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("'at_least' is larger than 'at_most'.")
        return self


class Keys(_Promise):
    """Columns that together name a row, within a judged unit.

    Attributes:
        unique: The columns; no two rows of a unit have the same values in all of them.
    """

    unique: Annotated[tuple[ColumnName, ...], Field(min_length=1)]


def _open(ratio: float) -> float:
    if ratio in (0, 1):
        raise ValueError(f"an objective of {ratio:.0%} leaves nothing to measure. Write e.g. 99%.")
    return ratio


class Slo(_Model):
    """The objective for an SLI over a rolling window.

    Attributes:
        sli: `time`: share of time in which the data was fresh; `population`: of rows or entities; `delivery`:
            of due windows.
        objective: The share to reach.
        window: Length of the rolling window.
    """

    sli: Literal["time", "population", "delivery"] = "time"
    objective: Annotated[Ratio, AfterValidator(_open)]
    window: Duration


class Contract(_Model):
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
        slo: The objective over a rolling window.
        enforcement: `observe` reports, and never does worse than warn.
        evidence_max_age: How old a look may be before a gate stops trusting it; left out: by tier.
    """

    dataset: Name
    owner: Text
    tier: Tier = 2
    description: Text | None = None
    runbook: Annotated[Text, Field(pattern=r"^https?://")] | None = None
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
    slo: Slo | None = None
    enforcement: Literal["enforce", "observe"] = "enforce"
    evidence_max_age: Duration | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if found := [*_clock_problems(self), *_column_problems(self)]:
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
        """SHA-256 of the promises in canonical form; owner, runbook and texts do not change it."""
        words = {"owner", "runbook", "description", "tags", "aliases"}
        body = self.model_dump(mode="json", by_alias=True, exclude=words)
        return hashlib.sha256(canonical_json(body)).hexdigest()


class Subject(_Model):
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
    """

    subject: Name
    owner: Text
    tier: Tier = 2
    description: Text | None = None
    runbook: Annotated[Text, Field(pattern=r"^https?://")] | None = None
    tags: tuple[Text, ...] = ()
    aliases: Mapping[str, Text] = Field(default_factory=dict)
    requires: tuple[Upstream, ...] = ()


def canonical_json(value: Any) -> bytes:
    """The one spelling of a JSON value: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


_Found = tuple[tuple[str, ...], str]  # the path in the file, and what is wrong there


def _clock_problems(contract: Contract) -> Iterator[_Found]:
    freshness, judge, slo = contract.freshness, contract.judge, contract.slo
    if freshness and contract.clock is None:
        hint = "Write 'time: {event: <column>}', or 'time: {clock: file_mtime}'."
        yield ("freshness",), f"freshness needs a clock. {hint}"
    elif freshness and freshness.population and not contract.clock_column:
        yield ("freshness", "population"), "a population needs a time column; files have only one time each."
    if judge.per not in (None, "partition", "all") and not contract.time.event:
        yield ("judge",), f"'judge: {{per: {judge.per}}}' needs 'time: {{event: <column>}}'."
    if slo and slo.sli == "time" and not (freshness and freshness.max_age):
        yield ("slo",), "an objective for the time SLI needs 'freshness: {max_age: …}', the limit it counts."
    if slo and slo.sli == "population" and not (freshness and freshness.population):
        yield ("slo",), "an objective for the population SLI needs 'freshness: {population: …}'."


def _column_problems(contract: Contract) -> Iterator[_Found]:
    for field in ("event", "ingested"):
        column = contract.columns.get(getattr(contract.time, field) or "")
        if column and column.type and (message := _clock_type_problem(contract, column.type)):
            yield ("time", field), message
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
        return f"a clock is a timestamp or a date, but the column is promised as {type_name}."
    if contract.time.timezone or not (is_date or is_naive):
        return ""
    return f"the column is promised as {type_name}, which has no time zone. Write e.g. 'timezone: UTC' beside it."
