"""A profile that is sent, in the form of `Profile.to_json`, and what of it cannot be true."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from featureguard.arrow_types import parse_type
from featureguard.histogram import MAX_BUCKETS, TimeHistogram
from featureguard.profile import MAX_DISTINCT, Profile, times_from_json
from featureguard.scalars import ColumnName
from featureguard.wire.scalars import Count, DataText, Document, NeverWord

_MOST_COLUMNS = 20_000
_MOST_K = 62
_MOST_DECIMAL_DIGITS = 100
_Whole = Annotated[int, Field(strict=True, ge=-(2**63), le=2**64)]


def _parsed(text: str) -> str:
    parse_type(text)
    return text


def _canonical(text: str) -> str:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ValueError("a value stands here as JSON, e.g. '\"EWR\"' or '3'.") from None
    return text if not isinstance(value, dict | list) else _refuse("a value is text, a number or a boolean.")


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def _refuse(why: str) -> Any:
    raise ValueError(why)


JsonText = Annotated[DataText, AfterValidator(_canonical)]
"""A value as JSON."""
TypeText = Annotated[DataText, AfterValidator(_parsed)]
"""An Arrow type as text."""


def _finite_hex(text: str) -> str:
    try:
        found = float.fromhex(text)
    except (ValueError, OverflowError):
        raise ValueError("write a float as `float.hex` does.") from None
    return text if not math.isnan(found) else _refuse("NaN is no extreme.")


class FloatDocument(Document):
    """A float as `float.hex` writes it, so that no bit is lost.

    Attributes:
        float: E.g. `0x1.8p+1`.
    """

    float: Annotated[str, StringConstraints(max_length=40), AfterValidator(_finite_hex)]


class DecimalDocument(Document):
    """A decimal number by its digits.

    Attributes:
        decimal: E.g. `12.50`.
    """

    decimal: Annotated[
        str, StringConstraints(max_length=_MOST_DECIMAL_DIGITS, pattern=r"^-?[0-9]+(\.[0-9]+)?$")
    ]


Extreme = _Whole | NeverWord | FloatDocument | DecimalDocument
Run = Annotated[list[_Whole], Field(min_length=2, max_length=MAX_BUCKETS + 1)]


def histogram_of(body: list[Any]) -> TimeHistogram:
    """A histogram that was sent as `times_to_json` writes it.

    Raises:
        ValueError: If it is none.
    """
    found = times_from_json(body)
    if not 0 <= found.k <= _MOST_K or len(found.buckets) > MAX_BUCKETS:
        raise ValueError(
            f"a histogram has {MAX_BUCKETS:,} buckets at most, of 2^k seconds, k from 0 to {_MOST_K}."
        )
    if any(later <= earlier for earlier, later in pairwise(found.buckets)):
        raise ValueError("the buckets of a histogram ascend.")
    if any(count < 1 for count in found.counts):
        raise ValueError("the counts of a histogram are positive.")
    return found


class HistogramDocument(Document):
    """Base of what carries a histogram.

    Attributes:
        times: Histogram of instants: `[k, run, run, …]` with buckets of 2^k seconds; a run is
            `[first bucket, counts…]`.
    """

    times: Annotated[list[_Whole | Run], Field(min_length=1, max_length=MAX_BUCKETS + 1)] | None = None

    @model_validator(mode="after")
    def _is_a_histogram(self) -> Self:
        if self.times is not None:
            if not isinstance(self.times[0], int) or any(isinstance(run, int) for run in self.times[1:]):
                raise ValueError("'times' is [k, run, run, …]; a run is [first bucket, counts…].")
            histogram_of(self.times)
        return self


class ColumnDocument(HistogramDocument):
    """Summary of one column; what is left out was not measured. Fields as in `ColumnProfile`.

    Attributes:
        rows: Rows of the files that have the column.
        types: Arrow types met, as text; more than one means that files differ.
        nulls: Nulls among the rows.
        nans: NaN among them.
        empties: Empty strings among them.
        least: Smallest value: numbers as they are, instants and dates in microseconds since the epoch.
        greatest: Largest value, likewise.
        values: Distinct values as JSON text, with their rows.
        tallies: Rows equal to a declared sentinel, by the sentinel's JSON.
    """

    rows: Count
    types: Annotated[list[TypeText], Field(max_length=100)] = Field(default_factory=list)
    nulls: Count | None = None
    nans: Count | None = None
    empties: Count | None = None
    least: Extreme | None = None
    greatest: Extreme | None = None
    values: Annotated[list[tuple[JsonText, Count]], Field(max_length=MAX_DISTINCT)] | None = None
    tallies: Annotated[dict[JsonText, Count], Field(max_length=MAX_DISTINCT)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _can_be_true(self) -> Self:
        for why in self._contradictions():
            raise ValueError(why)
        return self

    def _contradictions(self) -> Iterator[str]:
        if sum(count or 0 for count in (self.nulls, self.nans, self.empties)) > self.rows:
            yield "there are more nulls, NaN and empty texts than rows."
        if (self.least is None) is not (self.greatest is None):
            yield "'least' and 'greatest' are measured together."
        elif not _in_order(self.least, self.greatest):
            yield "'least' is not above 'greatest', and is of its kind."
        if self.times is not None and histogram_of(self.times).total > self.rows:
            yield "the histogram counts more instants than there are rows."
        listed = [value for value, _ in self.values or ()]
        if any(later <= earlier for earlier, later in pairwise(listed)):
            yield "'values' ascend, each once."
        if any(count > self.rows for count in self.tallies.values()):
            yield "a tally is larger than the number of rows."
        if sum(count for _, count in self.values or ()) > self.rows:
            yield "'values' count more rows than there are."


def _in_order(least: Extreme | None, greatest: Extreme | None) -> bool:
    ends = [_number(one) for one in (least, greatest)]
    if None in ends:
        return least == greatest
    return bool(ends[0] <= ends[1])  # type: ignore[operator]


def _number(extreme: Extreme | None) -> int | float | Decimal | None:
    if isinstance(extreme, FloatDocument):
        return float.fromhex(extreme.float)
    return (
        Decimal(extreme.decimal)
        if isinstance(extreme, DecimalDocument)
        else extreme
        if isinstance(extreme, int)
        else None
    )


class ProfileDocument(Document):
    """Summary of rows, as `Profile.to_json` writes it.

    Attributes:
        rows: How many; `None` if not measured.
        columns: Summaries by column.
    """

    rows: Count | None = None
    columns: Annotated[dict[ColumnName, ColumnDocument], Field(max_length=_MOST_COLUMNS)] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _has_its_rows(self) -> Self:
        if self.rows is not None and any(column.rows > self.rows for column in self.columns.values()):
            raise ValueError("a column has more rows than the whole.")
        return self

    def to_profile(self) -> Profile:
        """The profile."""
        columns = {
            name: {"types": column.types, **column.model_dump(mode="json", exclude_unset=True)}
            for name, column in self.columns.items()
        }
        return Profile.from_json(json.dumps({"rows": self.rows, "columns": columns}))
