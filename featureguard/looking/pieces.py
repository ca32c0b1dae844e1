"""Fragments cut into units: what is known of each, from memory, metadata or a scan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeGuard

from featureguard.arrow_types import read_type
from featureguard.contract import Contract
from featureguard.measures import Measures, lacking
from featureguard.observation import ALL, Unit
from featureguard.profile import ColumnProfile, Extreme, Never, Profile, sum_profiles
from featureguard.sources import Fragment
from featureguard.sources.hardening import hardened
from featureguard.windows import CALENDAR, Windows, from_micros, wall_to_utc

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

_TIMES = ("timestamp", "date32", "date64")


@dataclass(frozen=True, slots=True)
class Split:
    """How a contract cuts rows into units.

    Attributes:
        time: The event-time column, or `None`.
        windows: Windows of event time; `None` where rows are judged by partition or all together.
        by_partition: Whether each partition is a unit.
        zones: Declared zone of the clock columns.
    """

    time: str | None
    windows: Windows | None
    by_partition: bool
    zones: Mapping[str, str]

    def key_of(self, fragment: Fragment) -> str | None:
        """Under which key the units of a fragment are remembered."""
        cut = f"{self.time}/{self.windows.per}/{self.windows.zone}" if self.windows else self.by_partition
        zones = ",".join(f"{name}={zone}" for name, zone in sorted(self.zones.items()))
        return f"{fragment.key}/{cut}/{zones}" if fragment.key else None

    def by_metadata(self, fragment: Fragment, profile: Profile) -> dict[str, Profile] | None:
        """The units of a fragment if metadata can tell them, else `None`."""
        if self.windows is None:
            keys = [f"{name}={value}" for name, value in fragment.partition.items()]
            return {"/".join(keys) if self.by_partition and keys else ALL: profile}
        time = profile.columns.get(str(self.time))
        if time is None or not profile.rows or not self.is_time(str(self.time), time):
            return {ALL: profile}
        if is_dated(time.least) and is_dated(time.greatest) and time.nulls == 0:
            window = self.windows.at(from_micros(time.least))
            if from_micros(time.greatest) < window.end:
                return {window.key: profile}
        return None

    def is_time(self, name: str, column: ColumnProfile) -> bool:
        """Whether a column holds points in time whose zone is known."""
        types = [read_type(text) for text in column.types]
        return all(t.name in _TIMES and (name in self.zones or len(t.parameters) == 2) for t in types)


def split_of(contract: Contract, fragments: Sequence[Fragment]) -> Split:
    """How the contract cuts these fragments: as it says, else by partition where there are partitions."""
    columns = [name for name in (contract.time.event, contract.time.ingested) if name]
    zones = dict.fromkeys(columns, contract.time.timezone) if contract.time.timezone else {}
    per = contract.judge.per
    if per in (None, "all", "partition"):
        partitioned = per != "all" and any(fragment.partition for fragment in fragments)
        return Split(contract.time.event, None, partitioned, zones)
    return Split(contract.time.event, Windows(per, contract.judge.zone), by_partition=False, zones=zones)  # type: ignore[arg-type]


@dataclass(slots=True)
class Piece:
    """One fragment and what is known of its units.

    Attributes:
        units: Profiles by unit; `None` until a scan has cut the fragment.
        remembered: Whether everything known came from memory.
        read: Columns whose rows this look has measured, and so compared with the metadata.
        held: Columns and their rows, while several units are read from them.
    """

    fragment: Fragment
    split: Split
    units: dict[str, Profile] | None
    remembered: bool
    read: set[str] = field(default_factory=set)
    held: tuple[tuple[str, ...], list[pa.RecordBatch]] | None = None
    _whole: Profile | None = field(default=None)

    @classmethod
    def recall(cls, fragment: Fragment, split: Split, units: dict[str, Profile]) -> Piece:
        """A fragment as it was remembered."""
        return cls(fragment, split, dict(units), remembered=True)

    @classmethod
    def from_metadata(cls, fragment: Fragment, split: Split) -> Piece:
        """A fragment as its metadata describes it.

        Raises:
            SourceError: If the metadata cannot be read.
        """
        profile = _localised(fragment.statistics(), split.zones)
        units = split.by_metadata(fragment, profile)
        return cls(fragment, split, units, remembered=False, _whole=profile)

    @property
    def whole(self) -> Profile:
        """The profile of all rows of the fragment."""
        if self._whole is None:
            self._whole = sum_profiles(list((self.units or {}).values()))
        return self._whole

    def scan(self, wanted: Mapping[str, Measures]) -> list[str]:
        """Measure columns of all rows, and cut the fragment into its units if that is still to do.

        Returns:
            The columns that were read.

        Raises:
            SourceError: If the rows cannot be read.
        """
        wanted = {name: measures for name, measures in wanted.items() if name in self.whole.columns}
        with hardened(self.fragment.name):
            unseen = self.fragment.unseen_nulls
            found = {key: part.without_nulls_of(unseen) for key, part in self._measure(wanted).items()}
        before, schema = self.units or {}, self.whole
        self.units = {
            key: before[key].filled_by(part) if key in before else _with_schema(part, schema)
            for key, part in found.items()
        }
        self.remembered, self._whole = False, None
        self.read |= wanted.keys()
        return list(wanted)

    def rows_of(self, unit: Unit, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Rows of some columns, of one unit.

        Raises:
            SourceError: If the rows cannot be read.
        """
        from featureguard import scan  # noqa: PLC0415  (polars, only once rows are read)

        zones, time = self.split.zones, str(self.split.time)
        with hardened(self.fragment.name):
            if self.units is not None and len(self.units) == 1:
                yield from scan.frames(self.fragment.batches(columns), zones=zones)
                return
            names = tuple(dict.fromkeys([time, *columns]))
            if self.held is None or self.held[0] != names:  # One reading serves every unit of the fragment.
                self.held = names, list(self.fragment.batches(names))
            yield from scan.frames_between(self.held[1], time, unit.start, unit.end, zones=zones)

    def instants(self, column: str, others: Sequence[str] = ()) -> Iterator[pl.DataFrame]:
        """Rows of a time column, in microseconds since the epoch, and of other columns.

        Raises:
            SourceError: If the rows cannot be read.
        """
        from featureguard import scan  # noqa: PLC0415  (polars, only once rows are read)

        names = list(dict.fromkeys([column, *others]))
        with hardened(self.fragment.name):
            yield from scan.instants(self.fragment.batches(names), column, others, zones=self.split.zones)

    def lacking(
        self, wanted: Mapping[str, Measures], units: frozenset[str] | None = None
    ) -> dict[str, Measures]:
        """What these units, or all, still lack."""
        found: dict[str, Measures] = {}
        for key, profile in (self.units or {ALL: self.whole}).items():
            if units is None or key in units:
                for name, measures in lacking(profile, wanted).items():
                    found[name] = found.get(name, Measures()) | measures
        return found

    def _measure(self, wanted: Mapping[str, Measures]) -> dict[str, Profile]:
        from featureguard import scan  # noqa: PLC0415  (polars, only once rows are read)

        zones = self.split.zones
        if self.units is not None and len(self.units) == 1:
            (key,) = self.units
            return {key: scan.profile_batches(self.fragment.batches(list(wanted)), wanted, zones=zones)}
        time, windows = str(self.split.time), self.split.windows
        assert windows is not None, "only windows cut a fragment into several units"
        wanted = {**wanted, time: wanted.get(time, Measures()) | Measures(nulls=True, extremes=True)}
        batches = self.fragment.batches(list(wanted))
        return scan.profile_windows(batches, wanted, windows=windows, time=time, zones=zones)


def _with_schema(part: Profile, schema: Profile) -> Profile:
    """A unit's profile with the columns that were not scanned: there, but not measured."""
    rows = part.rows or 0
    unread = {
        name: ColumnProfile(rows, column.types)
        for name, column in schema.columns.items()
        if name not in part.columns
    }
    return Profile(rows, {**unread, **part.columns})


def _localised(profile: Profile, zones: Mapping[str, str]) -> Profile:
    """Extremes of wall times as instants; what the zone skips is left to a scan."""
    columns = dict(profile.columns)
    for name, zone in zones.items():
        if name in columns and all(map(_is_wall, columns[name].types)):
            least, greatest = (_instant(e, zone) for e in (columns[name].least, columns[name].greatest))
            known = least is not None and greatest is not None
            columns[name] = replace(
                columns[name], least=least if known else None, greatest=greatest if known else None
            )
    return Profile(profile.rows, columns)


def is_dated(extreme: Extreme | None) -> TypeGuard[int]:
    """Whether an extreme is an instant that has a window."""
    return isinstance(extreme, int) and CALENDAR[0] <= extreme <= CALENDAR[1]


def _is_wall(type_text: str) -> bool:
    found = read_type(type_text)
    return found.name in ("date32", "date64") or (found.name == "timestamp" and len(found.parameters) < 2)


def _instant(extreme: Extreme | None, zone: str) -> Extreme | None:
    if extreme is None or isinstance(extreme, Never) or not isinstance(extreme, int):
        return extreme if isinstance(extreme, Never) else None
    return wall_to_utc(extreme, zone)
