"""A mergeable summary of feature data.

A profile is a commutative monoid: `Profile()` is the identity and `+` merges two summaries of disjoint rows,
in any order and any grouping, to exactly the same value. Every statistic is a count, an extreme, a bounded
set or an integer histogram, so the law holds bit for bit and a stored profile can be compared and hashed.

`None` means "not measured" and absorbs: a count plus an unmeasured count is unmeasured. `NEVER` means
"measured, and there is no valid value". A column without rows has been measured whatever was asked.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache, reduce
from itertools import chain
from typing import Any, Final, Literal, TypeVar

from featureguard.histogram import TimeHistogram

MAX_DISTINCT = 1_024
"""Most distinct values that `Values` keeps."""


class Never(StrEnum):
    """The value of an extreme where there is no valid value."""

    NEVER = "never"


NEVER: Final = Never.NEVER
Extreme = int | float | Decimal | Literal[Never.NEVER]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Values:
    """Distinct values of a column with their counts, up to a bound.

    Attributes:
        counts: (value as canonical JSON, rows), ascending; empty once overflowed. Nulls are left out.
        overflowed: There are more than `MAX_DISTINCT` distinct values.
    """

    counts: tuple[tuple[str, int], ...] = ()
    overflowed: bool = False

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Values:
        """Keep the counts if they are few enough."""
        if len(counts) > MAX_DISTINCT:
            return cls((), overflowed=True)
        return cls(tuple(sorted(counts.items())))

    def __add__(self, other: Values) -> Values:
        if self.overflowed or other.overflowed:
            return Values((), overflowed=True)
        merged = dict(self.counts)
        for value, count in other.counts:
            merged[value] = merged.get(value, 0) + count
        return Values.of(merged)


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """Summary of one column.

    Attributes:
        rows: Rows of the files that have the column; the only number that is always measured.
        types: Arrow types met, as text (`arrow_types`); more than one means that files differ.
        nulls: Nulls among the rows.
        nans: NaN among them; 0 for types without NaN.
        empties: Empty strings; 0 for types without them.
        least: Smallest value: numbers as they are, instants and dates in microseconds since the epoch, UTC
            where a zone is known. NaN is no value. Always measured, or not, together with `greatest`.
        greatest: Largest value, likewise.
        times: Histogram of instants.
        values: Distinct values.
        tallies: Rows equal to a declared sentinel, by the sentinel's canonical JSON.
    """

    rows: int = 0
    types: frozenset[str] = frozenset()
    nulls: int | None = None
    nans: int | None = None
    empties: int | None = None
    least: Extreme | None = None
    greatest: Extreme | None = None
    times: TimeHistogram | None = None
    values: Values | None = None
    tallies: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.rows:  # Nothing to measure is measured: one spelling for every column without rows.
            for name, value in _NO_ROWS.items():
                object.__setattr__(self, name, value)

    def __add__(self, other: ColumnProfile) -> ColumnProfile:
        return ColumnProfile.sum([self, other])

    @classmethod
    def sum(cls, columns: Sequence[ColumnProfile]) -> ColumnProfile:
        """The sum of many, at least one."""
        types = columns[0].types.union(*[column.types for column in columns])
        filled = [column for column in columns if column.rows]
        if len(filled) < 2:
            return replace(filled[0] if filled else columns[0], types=types)
        tallied = set(filled[0].tallies).intersection(*[column.tallies for column in filled])
        return cls(
            rows=sum(column.rows for column in filled),
            types=types,
            nulls=_all([column.nulls for column in filled], sum),
            nans=_all([column.nans for column in filled], sum),
            empties=_all([column.empties for column in filled], sum),
            least=_all([column.least for column in filled], _least),
            greatest=_all([column.greatest for column in filled], _greatest),
            times=_all([column.times for column in filled], TimeHistogram.sum),
            values=_all([column.values for column in filled], _sum_values),
            tallies={key: sum(column.tallies[key] for column in filled) for key in sorted(tallied)},
        )

    def filled_by(self, other: ColumnProfile) -> ColumnProfile:
        """Two profiles of the *same* rows: what one has not measured, the other may have."""
        measured = {
            f.name: getattr(other, f.name) if getattr(self, f.name) is None else getattr(self, f.name)
            for f in fields(self)
        }
        types, tallies = self.types | other.types, {**other.tallies, **self.tallies}
        return ColumnProfile(**{**measured, "types": types, "tallies": tallies})

    def tally(self, sentinel: str) -> int | None:
        """Rows equal to a sentinel, given as canonical JSON; `None` if not measured."""
        return self.tallies.get(sentinel) if self.rows else 0


_NO_TALLIES: Final[Mapping[str, int]] = {}
_NO_ROWS: Final[Mapping[str, Any]] = {
    "nulls": 0,
    "nans": 0,
    "empties": 0,
    "least": NEVER,
    "greatest": NEVER,
    "times": TimeHistogram(),
    "values": Values(),
    "tallies": {},
}


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Summary of a dataset: its row count and one `ColumnProfile` per column met.

    Attributes:
        rows: Rows; `None` if not measured.
        columns: By name. A column that only some files have counts only their rows.
    """

    rows: int | None = 0
    columns: Mapping[str, ColumnProfile] = field(default_factory=dict)

    def __add__(self, other: Profile) -> Profile:
        return sum_profiles([self, other])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def filled_by(self, other: Profile) -> Profile:
        """Two profiles of the *same* rows: what one has not measured, the other may have."""
        merged = dict(other.columns)
        for name, column in self.columns.items():
            merged[name] = column.filled_by(merged[name]) if name in merged else column
        return Profile(self.rows if self.rows is not None else other.rows, merged)

    def without_nulls_of(self, columns: frozenset[str]) -> Profile:
        """The same where the nulls of some columns were not measured."""
        if not columns:
            return self
        hidden = {name: replace(self.columns[name], nulls=None) for name in columns if name in self.columns}
        return Profile(self.rows, {**self.columns, **hidden})

    def to_json(self) -> bytes:
        """Canonical bytes: equal profiles, and only they, give equal bytes."""
        body = {
            "rows": self.rows,
            "columns": {name: _column_to_json(column) for name, column in self.columns.items()},
        }
        return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()

    @classmethod
    def from_json(cls, text: bytes | str) -> Profile:
        """Read what `to_json` wrote."""
        body = json.loads(text)
        return cls(body["rows"], {n: _column_from_json(c) for n, c in body["columns"].items()})


def sum_profiles(profiles: Sequence[Profile]) -> Profile:
    """The sum of many, each column in one go."""
    if len(profiles) < 2:
        return profiles[0] if profiles else Profile()
    columns: dict[str, list[ColumnProfile]] = {}
    for profile in profiles:
        for name, column in profile.columns.items():
            columns.setdefault(name, []).append(column)
    rows = _all([profile.rows for profile in profiles], sum)
    return Profile(rows, {name: ColumnProfile.sum(parts) for name, parts in columns.items()})


def times_to_json(times: TimeHistogram) -> list[Any]:
    """A histogram as [k, run, run, …]; a run is [first bucket, counts…] of neighbouring buckets.

    That is a third of the text of pairs, since most buckets have neighbours.
    """
    runs: list[list[int]] = []
    for bucket, count in zip(times.buckets, times.counts, strict=True):
        if not runs or bucket != runs[-1][0] + len(runs[-1]) - 1:
            runs.append([bucket])
        runs[-1].append(count)
    return [times.k, *runs]


def times_from_json(body: Sequence[Any]) -> TimeHistogram:
    """Read what `times_to_json` wrote."""
    k, *runs = body
    buckets = chain.from_iterable(range(run[0], run[0] + len(run) - 1) for run in runs)
    return TimeHistogram(k, tuple(buckets), tuple(chain.from_iterable(run[1:] for run in runs)))


def _all(values: Sequence[T | None], merge: Callable[[list[T]], T]) -> T | None:
    """The values merged, or `None` if one of them was not measured."""
    measured = [value for value in values if value is not None]
    return merge(measured) if len(measured) == len(values) else None


def _sum_values(parts: list[Values]) -> Values:
    return reduce(operator.add, parts)


def _least(extremes: list[Extreme]) -> Extreme:
    return min((e for e in extremes if e is not NEVER), key=_total_order, default=NEVER)


def _greatest(extremes: list[Extreme]) -> Extreme:
    return max((e for e in extremes if e is not NEVER), key=_total_order, default=NEVER)


def _total_order(extreme: Extreme) -> tuple[Any, str]:
    return extreme, type(extreme).__name__  # 1 and 1.0 are equal: name one of them in any order of merging.


def _column_to_json(column: ColumnProfile) -> dict[str, Any]:
    body: dict[str, Any] = {"rows": column.rows, "types": sorted(column.types)}
    for name in ("nulls", "nans", "empties"):
        if (count := getattr(column, name)) is not None:
            body[name] = count
    for name in ("least", "greatest"):
        if (extreme := getattr(column, name)) is not None:
            body[name] = _extreme_to_json(extreme)
    if column.times is not None:
        body["times"] = times_to_json(column.times)
    if column.values is not None:
        body["values"] = None if column.values.overflowed else [list(pair) for pair in column.values.counts]
    if column.tallies:
        body["tallies"] = dict(column.tallies)
    return body


def _column_from_json(body: Mapping[str, Any]) -> ColumnProfile:
    times, values = body.get("times"), body.get("values")
    return ColumnProfile(
        rows=body["rows"],
        types=_types(tuple(body["types"])),
        nulls=body.get("nulls"),
        nans=body.get("nans"),
        empties=body.get("empties"),
        least=_extreme_from_json(body.get("least")),
        greatest=_extreme_from_json(body.get("greatest")),
        times=times_from_json(times) if times else None,
        values=Values(tuple((v, n) for v, n in values or ()), overflowed=values is None)
        if "values" in body
        else None,
        tallies=body.get("tallies", _NO_TALLIES),
    )


@lru_cache(maxsize=1_024)
def _types(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(texts)  # One for all columns alike: thousands of profiles are read at once.


def _extreme_to_json(extreme: Extreme) -> Any:
    if isinstance(extreme, Decimal):
        return {"decimal": _plain(extreme)}
    if isinstance(extreme, float):
        return {"float": (extreme + 0.0).hex()}  # -0.0 and 0.0 are one value; infinities have a spelling.
    return extreme


def _plain(number: Decimal) -> str:
    """Digits without superfluous zeros; `normalize` would round them to 28."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) if number else "0"


def _extreme_from_json(value: Any) -> Extreme | None:
    if value == "never":
        return NEVER
    if isinstance(value, dict):
        return Decimal(value["decimal"]) if "decimal" in value else float.fromhex(value["float"])
    return value  # type: ignore[no-any-return]
