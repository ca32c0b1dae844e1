"""What a contract needs to be measured, column by column, and what a profile still lacks of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from featureguard.contract import Column, Contract, Nulls, Value
from featureguard.profile import ColumnProfile, Profile


@dataclass(frozen=True, slots=True)
class Measures:
    """Statistics of one column; each flag names the field of `ColumnProfile` that it fills.

    Attributes:
        extremes: Fills `least` and `greatest`.
        sentinels: Values to tally, as canonical JSON.
    """

    nulls: bool = False
    nans: bool = False
    empties: bool = False
    extremes: bool = False
    times: bool = False
    values: bool = False
    sentinels: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self != Measures()

    def __or__(self, other: Measures) -> Measures:
        return Measures(
            self.nulls or other.nulls,
            self.nans or other.nans,
            self.empties or other.empties,
            self.extremes or other.extremes,
            self.times or other.times,
            self.values or other.values,
            self.sentinels | other.sentinels,
        )

    def lacking_in(self, column: ColumnProfile) -> Measures:
        """What of this the profile of a column has not measured."""
        return Measures(
            nulls=self.nulls and column.nulls is None,
            nans=self.nans and column.nans is None,
            empties=self.empties and column.empties is None,
            extremes=self.extremes and (column.least is None or column.greatest is None),
            times=self.times and column.times is None,
            values=self.values and column.values is None,
            sentinels=frozenset(s for s in self.sentinels if column.tally(s) is None),
        )


def contents_measures(contract: Contract) -> dict[str, Measures]:
    """What the content checks need, by column; columns without a promise about content are left out."""
    found = {name: _of_column(column) for name, column in contract.columns.items()}
    return {name: measures for name, measures in found.items() if measures}


def clock_measures(contract: Contract) -> dict[str, Measures]:
    """What the clocks of the whole dataset need, by column."""
    population = contract.freshness.population if contract.freshness else None
    found = {
        column: Measures(extremes=True) for column in (contract.time.event, contract.time.ingested) if column
    }
    if population and population.of == "rows" and contract.clock_column:
        found[contract.clock_column] |= Measures(times=True)
    return found


def lacking(profile: Profile, wanted: Mapping[str, Measures]) -> dict[str, Measures]:
    """The part of `wanted` that the profile has not measured; columns that it does not have are left out."""
    found = {
        name: measures.lacking_in(profile.columns[name])
        for name, measures in wanted.items()
        if name in profile.columns
    }
    return {name: measures for name, measures in found.items() if measures}


def covered(nulls: Nulls | None) -> frozenset[str]:
    """What counts as a row without a value: of `null`, `nan`, `empty` and `sentinel`."""
    if nulls is None or nulls.covers is None:
        sentinel = {"sentinel"} if nulls and nulls.sentinels else set()
        return frozenset({"null", "nan"} | sentinel)
    return frozenset(nulls.covers)


def spelled(value: Value) -> str:
    """The canonical JSON of a value, as profiles key it."""
    return json.dumps(value, ensure_ascii=False)


def _of_column(column: Column) -> Measures:
    promised, found = column.nulls, Measures()
    if not column.nullable or (promised and (promised.at_most is not None or promised.spike)):
        covers = covered(promised)
        sentinels = frozenset(map(spelled, promised.sentinels)) if promised else frozenset()
        found = Measures(
            nulls="null" in covers,
            nans="nan" in covers,
            empties="empty" in covers,
            sentinels=sentinels if "sentinel" in covers else frozenset(),
        )
    return found | Measures(extremes=column.range is not None, values=column.values is not None)
