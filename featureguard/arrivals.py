"""What a contract promises about arrivals: which data is due when, and which partitions exist."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from featureguard.calendars import check_calendar
from featureguard.cron import parse_cron
from featureguard.duration import Duration
from featureguard.errors import MissingExtraError
from featureguard.promise import Promise
from featureguard.scalars import ColumnName, Count, Model, Text, ZoneName

Per = Literal["hour", "day", "week", "month"]


def _holidays(name: str) -> str:
    try:
        return check_calendar(name)
    except MissingExtraError as error:  # Told like any problem of the file, with its line.
        raise ValueError(str(error)) from None


def _day(value: object) -> object:
    try:
        return value if type(value) is date else date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"{value!r} is no day. Write it as in '2013-12-30'.") from None


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


class Calendar(Model):
    """Days on which no data is made.

    Attributes:
        holidays: Holidays of a country (`US`), of a part of it (`US-NY`) or of a market (`XNYS`).
        also: Further days.
    """

    holidays: Annotated[Text, AfterValidator(_holidays)] | None = None
    also: tuple[Day, ...] = ()

    @model_validator(mode="after")
    def _names_a_day(self) -> Self:
        if self.holidays is None and not self.also:
            raise ValueError("a calendar needs 'holidays', 'also' or both.")
        return self


def _calendar(value: object) -> object:
    return {"holidays": value} if isinstance(value, str) else value


_CalendarOrName = Annotated[
    Calendar | None, BeforeValidator(_calendar, json_schema_input_type=Calendar | Text | None)
]


class Covers(Model):
    """Which data a delivery brings: whole hours, days, weeks or months that are over.

    Attributes:
        per: Unit of the data.
        lag: Which of the units that are over when it is due: 0 the last one, 1 the one before it.
    """

    per: Per = "day"
    lag: Annotated[Count, Field(le=1_000)] = 0


def _covers(value: object) -> object:
    return {"per": value} if isinstance(value, str) else value


class Delivery(Promise):
    """Data is due at fixed times, and has arrived once the clock's newest value has reached its end.

    Attributes:
        cron: When a delivery is due: minute, hour, day of month, month, day of week.
        zone: Zone of `cron`, of the edges of the data, and of the calendar.
        calendar: Days on which no data is made, so that none is due for them.
        grace: How long after its due time a delivery still is on time; left out: not at all.
        covers: Which data it brings; `hour` is short for `{per: hour}`.
        slack: How long before the end of its data the newest value may lie; left out: not at all. A slack as
            long as the unit means that any row of it will do.
    """

    cron: Annotated[Text, AfterValidator(parse_cron)]
    zone: ZoneName = "UTC"
    calendar: _CalendarOrName = None
    grace: Duration | None = None
    covers: Annotated[Covers, BeforeValidator(_covers, json_schema_input_type=Covers | Per)] = Covers()
    slack: Duration | None = None


class Partitions(Promise):
    """No hour, day, week or month is missing between the first and the newest one.

    Attributes:
        by: Hive keys whose values name the partition; left out: rows are told apart by their event time.
        per: What one partition holds.
        zone: Zone of the partitions' edges; hours are always cut in UTC.
        since: First day that is expected; left out: the oldest partition there is.
        calendar: Days on which no data is made, so that none is expected.
        at_least_rows: Fewest rows of a partition that counts as filled.
    """

    by: tuple[ColumnName, ...] = ()
    per: Per = "day"
    zone: ZoneName = "UTC"
    since: Day | None = None
    calendar: _CalendarOrName = None
    at_least_rows: Annotated[Count, Field(ge=1)] = 1
