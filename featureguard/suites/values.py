"""Columns and what they may be compared with: a comparison that has no answer is refused, never guessed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, TypeGuard

import polars as pl

from featureguard.arrow_types import type_name

_LARGEST = 1 << 127  # Of a whole number of 128 bits, with a sign.


class UnansweredError(Exception):
    """This engine has no answer to an expectation; the message is a sentence about why."""


class MissingColumnError(UnansweredError):
    """The data has no column of this name."""


class WrongTypeError(UnansweredError):
    """A column is of a type to which the question has no answer."""


class Kind(StrEnum):
    """Values that can be compared with each other."""

    NUMBER = "number"
    FLAG = "boolean"
    TEXT = "text"
    INSTANT = "time"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the data.

    Attributes:
        name: Its name.
        dtype: Its type in polars, dictionaries decoded.
    """

    name: str
    dtype: pl.DataType

    @property
    def kind(self) -> Kind:
        """What its values can be compared with."""
        return kind_of(self.dtype)

    @property
    def values(self) -> pl.Expr:
        """Its values; NaN is null, as everywhere here (GX on pandas takes both for missing)."""
        return pl.col(self.name)

    @property
    def missing(self) -> pl.Expr:
        """Where it has no value."""
        return pl.col(self.name).is_null()

    def of(self, *kinds: Kind) -> Column:
        """Itself, if its values are of one of these kinds.

        Raises:
            UnansweredError: If they are not.
        """
        if self.kind not in kinds:
            found, wanted = shown_type(self.dtype), " or ".join(kinds)
            raise WrongTypeError(f"'{self.name}' is of type {found}, and the expectation needs {wanted}.")
        return self


def kind_of(dtype: pl.DataType) -> Kind:
    """The kind of values of a type."""
    if dtype.is_numeric():
        return Kind.NUMBER
    if dtype == pl.Boolean:
        return Kind.FLAG
    if dtype == pl.String:
        return Kind.TEXT
    return Kind.INSTANT if dtype in (pl.Date, pl.Datetime) else Kind.OTHER


def shown_type(dtype: pl.DataType) -> str:
    """A type as contracts spell it, e.g. `float64`."""
    if dtype == pl.Unknown:
        return "unknown"
    return type_name(pl.DataFrame(schema={"c": dtype}).to_arrow().schema.field("c").type)


def plain(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column of a batch as expressions see it: NaN as null, categories as text."""
    if dtype.is_float():
        return pl.col(name).fill_nan(None)
    return pl.col(name).cast(pl.String) if isinstance(dtype, pl.Categorical | pl.Enum) else pl.col(name)


def plain_dtype(dtype: pl.DataType) -> pl.DataType:
    """The type of a column after `plain`."""
    return pl.String() if isinstance(dtype, pl.Categorical | pl.Enum) else dtype


def compared(column: Column, value: object) -> tuple[pl.Expr, pl.Expr]:
    """A column and a value of a suite, as two expressions that can be compared.

    Raises:
        UnansweredError: If they cannot be.
    """
    dtype = column.dtype
    literal = as_value(column, value)
    if isinstance(dtype, pl.Datetime):
        # The coarser unit would win, and cut what is finer.
        unit: Literal["ns", "us"] = "ns" if dtype.time_unit == "ns" else "us"
        left = column.values if dtype.time_unit == unit else column.values.dt.cast_time_unit(unit)
        return left, pl.lit(literal).cast(pl.Datetime(unit, dtype.time_zone))
    if column.kind is Kind.FLAG:
        return column.values.cast(pl.UInt8), pl.lit(literal)
    return column.values, pl.lit(literal)


def members(column: Column, values: Iterable[object]) -> pl.Series:
    """Those of the values that a column can hold, as a series of its type; others never match.

    Raises:
        UnansweredError: If a text for a time is none, or the column's type has no members.
    """
    column.of(Kind.NUMBER, Kind.TEXT, Kind.INSTANT, Kind.FLAG)
    found = [held for value in values if value is not None and (held := _held(column, value)) is not None]
    if column.dtype.is_integer():  # Through a wider type, in which those that do not fit become null.
        wide = pl.Series(column.name, found, dtype=pl.Int128)
        return wide.cast(column.dtype, strict=False).drop_nulls()
    return pl.Series(column.name, found, dtype=column.dtype)


def as_value(column: Column, value: object) -> Any:
    """A value of a suite as one that the column's values can be compared with.

    Raises:
        UnansweredError: If it is of another kind, or no value at all.
    """
    kind = column.of(Kind.NUMBER, Kind.TEXT, Kind.INSTANT, Kind.FLAG).kind
    if kind in (Kind.NUMBER, Kind.FLAG) and is_number(value):
        return Decimal(repr(value)) if isinstance(column.dtype, pl.Decimal) else value
    if kind is Kind.FLAG and isinstance(value, bool):
        return int(value)
    if kind is Kind.TEXT and isinstance(value, str):
        return value
    if kind is Kind.INSTANT and isinstance(value, str):
        return _instant(column, value)
    raise WrongTypeError(
        f"{value!r:.100} cannot be compared with '{column.name}' of type {shown_type(column.dtype)}."
    )


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a finite number that is no boolean, and no whole number beyond 128 bits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < _LARGEST if isinstance(value, int) else math.isfinite(value)


def _instant(column: Column, text: str) -> date | datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise WrongTypeError(
            f"{text!r:.100} is no time for '{column.name}'. Write ISO 8601, as in 2026-11-28T06:00:00Z."
        ) from None
    zone = getattr(column.dtype, "time_zone", None)
    if zone and found.tzinfo is None:
        raise WrongTypeError(
            f"{text!r:.100} has no zone, and '{column.name}' has {zone}. Write e.g. {text[:100]}Z."
        )
    if not zone and found.tzinfo is not None:
        raise WrongTypeError(f"{text!r:.100} has a zone, and '{column.name}' has none. Leave it out.")
    return found.astimezone(UTC) if zone else found


def _held(column: Column, value: object) -> Any:
    """The value as the column would hold it, or `None` if it cannot."""
    if column.kind is Kind.INSTANT:
        found = as_value(column, value)
        if column.dtype == pl.Date:
            return found.date() if found == datetime.combine(found, datetime.min.time()) else None
        return found
    if column.kind is Kind.FLAG:
        return bool(value) if isinstance(value, bool | int | float) and value in (0, 1) else None
    if column.kind is Kind.TEXT:
        return value if isinstance(value, str) else None
    return _held_number(column.dtype, value)


def _held_number(dtype: pl.DataType, value: object) -> int | float | Decimal | None:
    if not is_number(value):
        return None
    if isinstance(dtype, pl.Decimal):
        exact = Decimal(repr(value))
        fits = exact == round(exact, dtype.scale) and abs(exact) < Decimal(10) ** (
            (dtype.precision or 38) - dtype.scale
        )
        return round(exact, dtype.scale) if fits else None
    if dtype.is_float():
        return float(value)
    return int(value) if value == int(value) and abs(value) < _LARGEST else None
