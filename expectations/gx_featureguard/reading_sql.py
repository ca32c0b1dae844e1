"""Look at rows in a database: it counts and finds the newest, and only what a verdict needs comes back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa

from featureguard.arrow_types import read_type
from featureguard.checks import words
from featureguard.contract import Contract, Population, Value
from featureguard.errors import SourceCorruptError, SourceError, SourceUnreadableError
from featureguard.guard import check
from featureguard.histogram import TimeHistogram
from featureguard.judging import Report, incomplete, judge
from featureguard.measures import covered, spelled
from featureguard.observation import (
    ALL,
    ClockReading,
    Failure,
    History,
    Observation,
    PopulationReading,
    Unit,
)
from featureguard.profile import ColumnProfile, Profile
from featureguard.result import Code
from gx_featureguard.sql_types import arrow_type_of

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in a database.

    Attributes:
        rows: What to select from.
        types: SQLAlchemy's type of each column; `None` where nobody tells it.
        dialect: SQLAlchemy's name of the database.
        execute: Runs a query.
    """

    rows: Any
    types: Mapping[str, Any]
    dialect: str
    execute: Callable[[Any], Any]

    def column(self, name: str) -> Any:
        """A column, with its type, so that values are written and read as the database keeps them."""
        kind = self.types[name]
        return sa.column(name, kind if isinstance(kind, sa.types.TypeEngine) else None)

    def arrow_type(self, name: str) -> str:
        """Its Arrow type as contracts spell it."""
        if self.types[name] is None:
            return "unknown"
        return arrow_type_of(self.types[name], self.dialect)

    def one(self, **measures: Any) -> Mapping[str, Any]:
        """One row of aggregates over all rows, by name."""
        query = sa.select(*[measure.label(name) for name, measure in measures.items()])
        return dict(self.execute(query.select_from(self.rows)).mappings().one())


def report_of(contract: Contract, batch: Batch, now: datetime) -> Report:
    """Look at a batch as a contract with one promise asks, and judge it.

    Args:
        contract: It promises a schema, one column's nulls, or freshness.
        batch: The rows.
        now: The instant of judgement, UTC.
    """
    try:
        if untold := [name for name in sorted(columns_of(contract)) if batch.types.get(name, "") is None]:
            raise SourceUnreadableError(
                f"The type of '{untold[0]}' is not told: a query's columns have none here. Use a table or a"
                " view."
            )
        seen = _freshness(contract, batch, now) if contract.freshness else _contents(contract, batch, now)
    except SourceError as error:
        return incomplete(contract, Failure(Code(error.code), str(error)), now, now)
    return Report(contract, seen, tuple(judge(contract, seen, History(), now)), now)


def columns_of(contract: Contract) -> frozenset[str]:
    """Every column that a contract names."""
    population = contract.freshness.population if contract.freshness else None
    named = {*contract.columns, contract.clock_column, *(population.entity if population else ())}
    return frozenset(name for name in named if name)


def types_of_query(rows: Any, names: Sequence[str], execute: Callable[[Any], Any]) -> dict[str, str]:
    """The types of a query's columns as PostgreSQL tells them, also of one without rows."""
    one = sa.select(sa.literal(1).label("one")).subquery()
    columns = [sa.cast(sa.func.pg_typeof(sa.column(name)), sa.Text).label(name) for name in names]
    query = sa.select(*columns).select_from(one.outerjoin(rows, sa.false()))
    return dict(execute(query).mappings().one())


def _contents(contract: Contract, batch: Batch, now: datetime) -> Observation:
    empty = {name: ColumnProfile(types=frozenset({batch.arrow_type(name)})) for name in batch.types}
    wanted = [name for name, column in contract.columns.items() if column.nulls or not column.nullable]
    if not wanted:
        return Observation(contract.dataset, now, profile=Profile(0, empty))
    profile = _nulls(contract, batch, wanted[0])
    unit = Unit(ALL, "", profile)
    return Observation(contract.dataset, now, profile=profile, units=(unit,))


# ------------------------------------------------------------------------------------------------ nulls
def _nulls(contract: Contract, batch: Batch, name: str) -> Profile:
    if name not in batch.types:
        return Profile(batch.one(rows=sa.func.count())["rows"])
    column, kind = batch.column(name), read_type(batch.arrow_type(name)).name
    promise = contract.columns[name].nulls
    sentinels = promise.sentinels if promise and "sentinel" in covered(promise) else ()
    measures = {"rows": sa.func.count(), "nulls": _count(column.is_(None))}
    if kind.startswith("float") and batch.dialect == "postgresql":
        measures["nans"] = _count(column == sa.literal_column("'NaN'"))
    if kind == "string":
        measures["empties"] = _count(column == "")
    tallies = {f"tally_{index}": value for index, value in enumerate(sentinels) if _comparable(value, kind)}
    measures |= {key: _count(column == sa.literal(value)) for key, value in tallies.items()}
    found = batch.one(**measures)
    told = {spelled(value): 0 for value in sentinels}
    told |= {spelled(value): int(found[key] or 0) for key, value in tallies.items()}
    profile = ColumnProfile(
        rows=found["rows"],
        types=frozenset({batch.arrow_type(name)}),
        nulls=int(found["nulls"] or 0),
        nans=int(found.get("nans") or 0),
        empties=int(found.get("empties") or 0),
        tallies=told,
    )
    return Profile(found["rows"], {name: profile})


def _comparable(value: Value, kind: str) -> bool:
    """A value of another kind than the column's is in none of its rows."""
    if isinstance(value, bool):
        return kind == "bool"
    return (
        kind == "string" if isinstance(value, str) else kind.startswith(("int", "uint", "float", "decimal"))
    )


def _count(condition: Any) -> Any:
    return sa.func.sum(sa.case((condition, 1), else_=0))


# -------------------------------------------------------------------------------------------- freshness
def _freshness(contract: Contract, batch: Batch, now: datetime) -> Observation:
    column, promise = str(contract.clock_column), contract.freshness and contract.freshness.population
    entity = promise.entity if promise else ()
    if lacking := [name for name in (column, *entity) if name not in batch.types]:
        return _without(contract, batch, now, lacking)
    kind = read_type(batch.arrow_type(column))
    if not _is_clock(kind.name) or (len(kind.parameters) < 2 and not contract.time.timezone):
        return _without(contract, batch, now, [])
    time = _Time(batch.column(column), batch.arrow_type(column), contract.time.timezone)
    horizon = now + contract.time.skew_tolerance
    measures = {
        "rows": sa.func.count(),
        "dated": sa.func.count(time.column),
        "future": _count(time.after(horizon)),
        "newest": time.newest(horizon),
    }
    if promise and promise.of == "rows":
        measures["fresh"] = _count(time.between(now - promise.within, horizon))
    if batch.dialect == "sqlite":
        measures["strange"] = _count(time.is_strange())
    found = batch.one(**measures)
    if found.get("strange"):
        raise SourceCorruptError(
            f"{words.count(int(found['strange']), 'value')} of '{column}' cannot be compared: SQLite keeps"
            " times as text, and only '2013-02-09 12:00:00', with or without a fraction, is in their order."
        )
    reduced = _newest(batch, time, entity, horizon) if entity else [(found["newest"],)]
    names = [*entity, column]
    seen = check(contract, _table(batch, names, reduced if found["rows"] else []), now=now).observation
    clock = str(contract.clock)
    reading = ClockReading(seen.clocks[clock].newest, int(found["future"] or 0))
    population = seen.population
    if promise and promise.of == "rows":
        population = _rows(found, promise, now)
    return dataclasses.replace(seen, clocks={**seen.clocks, clock: reading}, population=population)


def _without(contract: Contract, batch: Batch, now: datetime, lacking: Sequence[str]) -> Observation:
    """A look that cannot tell the time: the checks say why from the columns' types."""
    columns = {
        name: ColumnProfile(types=frozenset({batch.arrow_type(name)}))
        for name in batch.types
        if name not in lacking
    }
    return Observation(contract.dataset, now, profile=Profile(None, columns))


def _is_clock(kind: str) -> bool:
    return kind in ("timestamp", "date32", "date64")


def _newest(batch: Batch, time: _Time, entity: Sequence[str], horizon: datetime) -> list[tuple[Any, ...]]:
    """The newest valid time of each entity; rows whose entity holds a null name nobody."""
    keys = [batch.column(name) for name in entity]
    query = sa.select(*keys, time.newest(horizon).label("newest")).select_from(batch.rows)
    query = query.where(*[key.is_not(None) for key in keys]).group_by(*keys)
    return [tuple(row) for row in batch.execute(query)]


def _table(batch: Batch, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """Rows as Arrow: times in their own type, keys as Python holds them."""
    *_, time = names
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays = [pa.array([_plain(value) for value in column]) for column in columns[:-1]]
    zone = "UTC" if "tz=" in batch.arrow_type(time) else None
    kind = pa.date32() if batch.arrow_type(time).startswith("date") else pa.timestamp("us", zone)
    return pa.table([*arrays, pa.array(columns[-1], kind)], names=list(names))


def _plain(value: object) -> object:
    """A part of a key; what Arrow has no type for, such as a UUID, as its text."""
    return value if isinstance(value, str | int | float | bytes | date | Decimal) else str(value)


def _rows(found: Mapping[str, Any], promise: Population, now: datetime) -> PopulationReading:
    rows, dated, fresh = (int(found[name] or 0) for name in ("rows", "dated", "fresh"))
    return PopulationReading("rows", TimeHistogram(), rows - dated, at=now, fresh=fresh, expected=rows)


class _Time:
    """A time column: how instants compare with what it keeps.

    Rows are compared by `>` and `<=` with instants of whole microseconds, which is right also in SQLite,
    where times are text and some lack the fraction.
    """

    def __init__(self, column: Any, arrow_type: str, zone: str | None) -> None:
        self.column = column
        self._is_date = arrow_type.startswith("date")
        self._zone = None if "tz=" in arrow_type else ZoneInfo(zone or "UTC")

    def newest(self, horizon: datetime) -> Any:
        return sa.func.max(sa.case((self.column <= self._last(horizon), self.column)))

    def after(self, instant: datetime) -> Any:
        return self.column > self._last(instant)

    def between(self, first: datetime, last: datetime) -> Any:
        return (self.column > self._last(first - _MICROSECOND)) & (self.column <= self._last(last))

    def is_strange(self) -> Any:
        """Whether SQLite's text for a time is not written so that texts are in the order of times."""
        text, two = sa.type_coerce(self.column, sa.String), "[0-9][0-9]"
        day = f"{two}{two}-{two}-{two}"
        written = text.op("GLOB")(day) if self._is_date else text.op("GLOB")(f"{day} {two}:{two}:{two}*")
        return self.column.is_not(None) & (~written | text.op("GLOB")("*[^0-9:. -]*"))

    def _last(self, instant: datetime) -> Any:
        """The last value of the column that is not after an instant, as a literal."""
        if self._zone is None:
            return sa.literal(instant, self.column.type)
        wall = last_wall_time(instant, self._zone)
        return sa.literal(wall.date() if self._is_date else wall, self.column.type)


def last_wall_time(instant: datetime, zone: ZoneInfo) -> datetime:
    """The last wall time that is read as an instant not after this one.

    A wall time that a clock shows twice is read as the earlier one, so all of the hour that is shown again
    has passed once it begins anew.
    """
    local = instant.astimezone(zone)
    if not local.fold:
        return local.replace(tzinfo=None)
    minute = local.replace(second=0, microsecond=0, fold=0)
    while minute.utcoffset() != minute.replace(fold=1).utcoffset():
        minute = (minute.replace(tzinfo=None) + timedelta(minutes=1)).replace(tzinfo=zone)
    return minute.replace(tzinfo=None) - _MICROSECOND
