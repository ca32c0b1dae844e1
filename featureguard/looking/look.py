"""Take a look at a dataset: resolve its snapshot, look up what is remembered, measure what is missing.

`Look` starts from metadata and memory, which cost milliseconds, and reads rows only of the columns that a
check could not answer from them (semantics, section 8). So a look costs what is new, not what is there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime

from featureguard.contract import Contract, canonical_json
from featureguard.looking import clocks, units
from featureguard.looking.keyed import count_unit_keys, read_population
from featureguard.looking.memory import Memory
from featureguard.looking.partitions import read_partitions
from featureguard.looking.pieces import Piece, split_of
from featureguard.looking.reader import Purpose, Reader
from featureguard.measures import Measures, clock_measures, contents_measures
from featureguard.observation import ClockReading, History, KeyCount, Observation, PopulationReading, Unit
from featureguard.profile import Profile, sum_profiles
from featureguard.result import AnsweredBy, CheckResult
from featureguard.sources import Snapshot, Source

_LAST = "last"
_BY_CLOCK = ("freshness", "freshness_warn", "delivery", "future", "regressed", "clocks")


class Look:
    """A look in progress; `observation` is what it has seen so far.

    Args:
        contract: What is to be measured.
        snapshot: What is there.
        memory: Where measures of fragments are kept.
        history: What earlier looks saw.
        observed_at: When the snapshot was fixed.
        now: The instant of judgement.
        expected: Opens the key table of a population's expected entities.
        on_read: Called before a fragment is read, with its name and its rows.

    Raises:
        SourceError: If metadata, or rows that must be read to tell the units apart, cannot be read.
    """

    def __init__(
        self,
        contract: Contract,
        snapshot: Snapshot,
        memory: Memory,
        history: History,
        *,
        observed_at: datetime,
        now: datetime,
        expected: Callable[[], Source] | None = None,
        on_read: Callable[[str, int], None] | None = None,
    ) -> None:
        self.expected = expected
        self.contract, self.snapshot, self.memory, self.history = contract, snapshot, memory, history
        self.observed_at, self.now = observed_at, now
        self.horizon = observed_at + contract.time.skew_tolerance
        self.reader = Reader(on_read)
        self.split = split_of(contract, snapshot.fragments)
        self.wanted = contents_measures(contract)
        self.keys: dict[str, KeyCount | None] = {}
        self.population: PopulationReading | None = None
        self.asked: set[tuple[str, str | None]] = set()
        self.lacking: list[CheckResult] = []
        self.was_cut = False
        self._summed: tuple[int, Profile] | None = None
        self._known: tuple[int, Profile] | None = None
        self.pieces = self._recall()
        self.units = self._choose_units() if self._judges_units() else ()
        self.clocks = self._read_clocks()
        self.partitions = read_partitions(contract, self.pieces, observed_at)

    @property
    def observation(self) -> Observation:
        """What was seen so far."""
        return Observation(
            dataset=self.contract.dataset,
            observed_at=self.observed_at,
            snapshot=self.snapshot.id,
            profile=self._whole(),
            clocks=self.clocks,
            units=self.units,
            population=self.population,
            partitions=self.partitions,
        )

    def answer(self, results: Iterable[CheckResult]) -> bool:
        """Measure what these results lack.

        Returns:
            Whether it asked for anything new; if not, asking again is useless.

        Raises:
            SourceError: If the rows cannot be read.
        """
        lacking = [result for result in results if result.not_measured]
        if lacking == self.lacking:  # What was read did not help: reading it again would not either.
            return False
        self.lacking = lacking
        columns, checks = {r.column for r in lacking}, {r.check for r in lacking}
        self.asked |= {(result.check, result.column) for result in lacking}
        wanted = {name: measures for name, measures in self.wanted.items() if name in columns}
        self.reader.scan(Purpose.CONTENTS, self.pieces, wanted, frozenset(unit.key for unit in self.units))
        if "keys" in checks and self.contract.keys:
            unique = self.contract.keys.unique
            self.keys = {
                unit.key: count_unit_keys(unique, unit, self.members[unit.key], self.reader)
                for unit in self.units
            }
            for piece in self.pieces:
                piece.held = None
        if "population" in checks:
            self.population = self._read_population()
        self.units = tuple(self._unit(unit.key) for unit in self.units)
        return True

    def remember(self) -> None:
        """Keep what was measured of immutable fragments, and what the units were made of."""
        new = {
            key: piece.units
            for piece in self.pieces
            if not piece.remembered and piece.units and (key := self.split.key_of(piece.fragment))
        }
        self.memory.put_profiles(new)
        if self.snapshot.id and self.units and self.snapshot.id != self._last_snapshot():
            contents = {"snapshot": self.snapshot.id, "units": self.contents}
            self.memory.put_states("contents", {_LAST: canonical_json(contents)})

    def account(self, result: CheckResult) -> CheckResult:
        """The result with how it was answered."""
        purpose, columns = self._behind(result)
        rows, stored_bytes = self.reader.spent(purpose, columns)
        if rows:
            return result.answered(AnsweredBy.SCAN, rows, stored_bytes)
        if purpose is Purpose.CLOCK:  # Rows that confirmed what metadata says did not answer it.
            rows, stored_bytes = self.reader.spent(Purpose.CONFIRM, columns)
        remembered = bool(self.pieces) and all(piece.remembered for piece in self.pieces)
        return result.answered(AnsweredBy.CACHE if remembered else AnsweredBy.METADATA, rows, stored_bytes)

    def _whole(self) -> Profile:
        """The profile of all rows, summed anew only after something was read."""
        if self._summed is None or self._summed[0] != self.reader.reads:
            known = [piece.whole for piece in self.pieces if piece.remembered]
            if self._known is None or self._known[0] != len(known):
                self._known = len(known), sum_profiles(known)
            new = [piece.whole for piece in self.pieces if not piece.remembered]
            self._summed = self.reader.reads, sum_profiles([self._known[1], *new])
        return self._summed[1]

    def _recall(self) -> list[Piece]:
        keys = [self.split.key_of(fragment) for fragment in self.snapshot.fragments]
        known = self.memory.profiles([key for key in keys if key])
        return [
            Piece.recall(fragment, self.split, known[key])
            if key and key in known
            else Piece.from_metadata(fragment, self.split)
            for fragment, key in zip(self.snapshot.fragments, keys, strict=True)
        ]

    # ------------------------------------------------------------------------------------------ units
    def _judges_units(self) -> bool:
        partitions = self.contract.partitions
        by_window = partitions is not None and not partitions.by
        return bool(self.wanted or self.contract.volume or self.contract.keys or by_window)

    def _choose_units(self) -> tuple[Unit, ...]:
        """Build the units and choose those to judge; read fragments of which only rows can tell the units."""
        uncut = [piece for piece in self.pieces if piece.units is None]
        self.reader.cut(uncut, {**clock_measures(self.contract), **self.wanted})
        self.was_cut = bool(uncut)
        self.members = units.members_of(self.pieces)
        self.contents = units.contents_of(self.members)
        built = sorted((self._unit(key) for key in self.members), key=units.order)
        closed = [unit.key for unit in built if unit.end is None or unit.end <= self.observed_at]
        last, before = self.history.last, self._contents_before()
        judged_before = [unit.key for unit in last.units] if last else []
        if last and before is not None:
            # A window that was open then is new now, even if nothing was added to it.
            open_then = {unit.key for unit in built if unit.end and unit.end > last.observed_at}
            before = {key: content for key, content in before.items() if key not in open_then}
        keys = units.choose(self.contents, before, judged_before, closed)
        return tuple(unit for unit in built if unit.key in set(keys))

    def _unit(self, key: str) -> Unit:
        members, keys = self.members[key], self.keys.get(key)
        alone = all((piece.units or {}).keys() == {key} for piece in self.pieces)
        profile = self._whole() if alone else units.profile_of(key, members)
        return units.build_unit(key, profile, self.split, self.contents[key], keys)

    def _contents_before(self) -> dict[str, str] | None:
        last = self._last_snapshot()
        if last is None or self.snapshot.id is None:
            return None
        if last == self.snapshot.id:
            judged = {unit.key for unit in self.history.last.units} if self.history.last else set()
            # Another contract judged nothing, or cut rows otherwise: then no unit of this one was judged.
            return self.contents if judged and judged <= self.contents.keys() else None
        kept = self.memory.states("contents", [_LAST]).get(_LAST)
        contents = json.loads(kept) if kept else {}
        return dict(contents["units"]) if contents.get("snapshot") == last else None

    def _last_snapshot(self) -> str | None:
        return self.history.last.snapshot if self.history.last else None

    # ----------------------------------------------------------------------------------------- clocks
    def _read_clocks(self) -> dict[str, ClockReading]:
        columns = {"event_time": self.contract.time.event, "ingested_at": self.contract.time.ingested}
        found = {
            clock: self._kept(clock) or self._read_clock(clock, column)
            for clock, column in columns.items()
            if column
        }
        return {**found, "file_mtime": clocks.read_files(self.pieces, self.horizon)}

    def _kept(self, clock: str) -> ClockReading | None:
        """The reading of the look before while the data is unchanged, if it can be kept as it is."""
        last = self.history.last_by(self.contract)
        if last is None or self.snapshot.id is None or last.snapshot != self.snapshot.id:
            return None
        kept = last.clocks.get(clock)
        return kept if kept and kept.newest is not None and not kept.future_rows else None

    def _read_clock(self, clock: str, column: str) -> ClockReading:
        unread = [
            piece
            for piece in self.pieces
            if clocks.is_time(piece, column) and piece.lacking({column: Measures(extremes=True)})
        ]
        everything = clock_measures(self.contract)[column] | self.wanted.get(column, Measures())
        self.reader.scan(Purpose.CLOCK, unread, {column: everything})
        reading = clocks.read_clock(self.pieces, column, self.horizon, self.reader)
        if isinstance(reading.newest, datetime):
            self._confirm(column, reading.newest)
        last = self.history.last_by(self.contract)
        rows = None if self.snapshot.id else self._whole().rows
        return clocks.arrived(reading, clock, last=last, snapshot=self.snapshot.id, rows=rows)

    def _confirm(self, column: str, newest: datetime) -> None:
        """Check the metadata that claims the newest value against its rows, once for each fragment."""
        piece = clocks.holder(self.pieces, column, newest)
        if piece is None:
            return
        kind, key = f"confirmed/{column}", piece.fragment.key
        if key and self.memory.states(kind, [key]):
            return
        if column not in piece.read:
            self.reader.confirm(piece, column)
        self.memory.put_states(kind, {key: b"1"} if key else {})

    # ------------------------------------------------------------------------------------- population
    def _read_population(self) -> PopulationReading | None:
        return read_population(
            self.contract,
            self.pieces,
            self.reader,
            self.memory,
            self._whole,
            expected=self.expected,
            horizon=self.horizon,
            now=self.now,
            exact=self.population is not None,
        )

    def _behind(self, result: CheckResult) -> tuple[Purpose, list[str]]:
        """For what, and from which columns, rows were read to answer a result."""
        promise = self.contract.freshness.population if self.contract.freshness else None
        columns = [result.column] if result.column else []
        if result.check == "keys" and self.contract.keys:
            return Purpose.KEYS, list(self.contract.keys.unique)
        if result.check == "population" and promise:
            return Purpose.POPULATION, [*promise.entity, *columns]
        if result.check in _BY_CLOCK:
            return Purpose.CLOCK, columns
        if result.units_judged and self.was_cut:  # The rows that told the units were read for all of them.
            return Purpose.CONTENTS, [*columns, str(self.split.time)]
        asked = (result.check, result.column) in self.asked
        return Purpose.CONTENTS, columns if asked else []
