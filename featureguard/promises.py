"""What a contract promises about its data: columns, nulls, ranges, freshness, volume, keys and objectives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, model_validator

from featureguard.arrivals import Delivery
from featureguard.duration import Duration
from featureguard.promise import Promise
from featureguard.scalars import (
    ColumnName,
    Count,
    Flag,
    ListedValue,
    Model,
    Name,
    Number,
    Ratio,
    Text,
    TypeName,
    finite,
)
from featureguard.secret import no_secret

MAX_VALUES = 1_000
"""Longest list of allowed values or sentinels; profiles keep no larger set."""


class Spike(Promise):
    """A learned limit on the share of nulls, from the last comparable units (semantics, section 3).

    Attributes:
        alpha: One-sided error probability of the test.
        min_effect: Smallest rise that counts, as a difference of ratios.
        min_factor: Smallest rise that counts, as a factor.
        min_rows: Fewest rows of a unit that can be judged.
        min_units: Fewest earlier units to learn from.
        units: Most earlier units to learn from.
    """

    alpha: Annotated[float, Field(gt=0, lt=0.5), BeforeValidator(finite)] = 1e-4
    min_effect: Ratio = 0.02
    min_factor: Annotated[float, Field(ge=1, le=1_000), BeforeValidator(finite)] = 2.0
    min_rows: Annotated[Count, Field(ge=1)] = 200
    min_units: Annotated[Count, Field(ge=2, le=1_000)] = 8
    units: Annotated[Count, Field(ge=2, le=1_000)] = 28


def _spike(value: object) -> object:
    return {} if value is True else None if value is False else value


class Nulls(Promise):
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
    sentinels: Annotated[tuple[ListedValue, ...], Field(max_length=MAX_VALUES)] = ()
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


class Range(Promise):
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


class Values(Promise):
    """The closed set of values of a column; null is no value.

    Attributes:
        one_of: Every value that may occur.
    """

    one_of: Annotated[tuple[ListedValue, ...], Field(min_length=1, max_length=MAX_VALUES)]


def _values(value: object) -> object:
    return {"one_of": value} if isinstance(value, list | tuple) else value


class Column(Model):
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
        Values | None,
        BeforeValidator(_values, json_schema_input_type=Values | tuple[ListedValue, ...] | None),
    ] = None
    description: Text | None = None


def _column(value: object) -> object:
    return {} if value is None else {"type": value} if isinstance(value, str) else value


class Schema(Promise):
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


class Population(Promise):
    """The share of rows, or of entities by their newest row, that is young enough.

    Attributes:
        of: What is counted.
        entity: Columns that name an entity.
        within: Largest age of a row (of an entity's newest row) that counts as fresh.
        at_least: Smallest share that is fresh.
        seen_within: The expected entities are those with a row this young; older ones have retired.
        expected: Parquet file or folder whose rows name the expected entities, instead of `seen_within`;
            written like `source.path`. One that never had a row is as bad as one that vanished.
    """

    of: Literal["rows", "entities"] = "entities"
    entity: tuple[ColumnName, ...] = ()
    within: Duration
    at_least: Ratio
    seen_within: Duration = timedelta(days=28)
    expected: Annotated[Text, AfterValidator(no_secret)] | None = None

    @model_validator(mode="after")
    def _entities_have_a_name(self) -> Self:
        if self.of == "entities" and not self.entity:
            raise ValueError("a population of entities needs 'entity', the columns that name one.")
        if self.of == "rows" and self.expected:
            raise ValueError("a population of rows takes no 'expected': every row is.")
        if self.of == "rows" and self.entity:
            raise ValueError("a population of rows takes no 'entity'.")
        if self.of == "entities" and not self.expected and self.seen_within < self.within:
            raise ValueError("'seen_within' is shorter than 'within': every expected entity would be fresh.")
        return self


class Freshness(Promise):
    """How old the data may be.

    Attributes:
        max_age: Largest age of the newest event.
        warn_age: Age from which a warning is given.
        population: Freshness of all the data, not of its newest row alone.
        delivery: Fixed times at which data is due, where age alone says too little.
    """

    max_age: Duration | None = None
    warn_age: Duration | None = None
    population: Population | None = None
    delivery: Delivery | None = None

    @model_validator(mode="after")
    def _promises_something(self) -> Self:
        if self.max_age is None and self.population is None and self.delivery is None:
            raise ValueError("freshness needs 'max_age', 'population' or 'delivery'.")
        if self.warn_age is not None and (self.max_age is None or self.warn_age >= self.max_age):
            raise ValueError("'warn_age' must be shorter than 'max_age'.")
        if self.max_age is not None and self.delivery and self.delivery.calendar:
            raise ValueError(
                "an age grows on holidays too: 'max_age' would fail where the calendar of 'delivery' expects"
                " nothing. Keep one of the two; 'grace' says how late a delivery may be."
            )
        return self


class Volume(Promise):
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


class Keys(Promise):
    """Columns that together name a row, within a judged unit.

    Attributes:
        unique: The columns; no two rows of a unit have the same values in all of them.
    """

    unique: Annotated[tuple[ColumnName, ...], Field(min_length=1)]


class ExternalCheck(Promise):
    """A check of another tool that must have a result, e.g. a dbt test.

    Attributes:
        tool: Who judges: `dbt`, `gx`, `soda`, or a name of one's own.
        check: The tool's own name of the check.
    """

    tool: Name
    check: Text


class Maintenance(Model):
    """A declared stretch of time that no SLI counts. It stops the count, not the age of the data.

    Attributes:
        start: Its first instant, with a zone.
        end: Its end, which is outside.
        reason: What is done.
    """

    start: AwareDatetime
    end: AwareDatetime
    reason: Text

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.end <= self.start:
            raise ValueError("maintenance ends after it starts.")
        return self


def _open(ratio: float) -> float:
    if ratio in (0, 1):
        raise ValueError(f"an objective of {ratio:.0%} leaves nothing to measure. Write e.g. 99%.")
    return ratio


class Slo(Model):
    """The objective for an SLI over a rolling window.

    Attributes:
        sli: `time`: share of time in which the data was fresh; `population`: of rows or entities;
            `delivery`: of due deliveries that came in time.
        objective: The share to reach.
        window: Length of the rolling window.
    """

    sli: Literal["time", "population", "delivery"] = "time"
    objective: Annotated[Ratio, AfterValidator(_open)]
    window: Duration
