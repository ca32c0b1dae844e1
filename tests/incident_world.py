"""A small world with the whole truth: rows come and may go, and somebody looks. Knows nothing of timelines.

Time is counted in ticks of ten minutes, so that a few dozen of them span hours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st

from featureguard.profile import NEVER
from featureguard.timeline import Limit, Run, Sighting, record

TICK = timedelta(minutes=10)
START, SPAN = -10, 60


def at(tick: float) -> datetime:
    """The instant of a tick."""
    return datetime(2013, 2, 8, tzinfo=UTC) + tick * TICK


@dataclass(frozen=True)
class Row:
    """A row of event time `value`, there from `arrive` until before `leave` (`None`: for good)."""

    value: int
    arrive: int
    leave: int | None = None


@dataclass(frozen=True)
class Promise:
    """From `since` on the newest row may be `max_age` old; `None` promises nothing."""

    since: int
    max_age: int | None


@dataclass(frozen=True)
class World:
    """Rows, promises and the ticks at which somebody looks, the two latter by time."""

    rows: tuple[Row, ...]
    promises: tuple[Promise, ...]
    ticks: tuple[int, ...]

    def newest(self, tick: float) -> int | None:
        """What a perfect reader finds; `None` if nothing is there."""
        there = [r.value for r in self.rows if r.arrive <= tick and (r.leave is None or tick < r.leave)]
        return max(there, default=None)

    def is_stale(self, tick: float) -> bool:
        """Whether the promise in force is broken."""
        in_force = [promise.max_age for promise in self.promises if promise.since <= tick]
        if not in_force or in_force[-1] is None:
            return False
        value = self.newest(tick)
        return value is None or tick > value + in_force[-1]

    def stale_spells(self) -> list[tuple[datetime, datetime]]:
        """The longest stretches in which the promise is broken; one fresh instant parts two of them."""
        spells: list[tuple[int, int]] = []
        for begin, end in pairwise(sorted(self._edges())):
            if not self.is_stale((begin + end) / 2):
                continue
            if spells and spells[-1][1] == begin and self.is_stale(begin):
                begin = spells.pop()[0]
            spells.append((begin, end))
        return [(at(begin), at(end)) for begin, end in spells]

    def _edges(self) -> set[int]:
        ages = {promise.max_age for promise in self.promises if promise.max_age is not None}
        edges = {START - 1, 3 * SPAN, *(promise.since for promise in self.promises)}
        for row in self.rows:
            edges |= {row.arrive, row.leave or row.arrive, *(row.value + age for age in ages)}
        return edges

    def looks(self) -> list[Sighting]:
        """What each look found."""
        found = [(at(tick), self.newest(tick), self.is_stale(tick)) for tick in self.ticks]
        return [Sighting(when, NEVER if value is None else at(value), stale) for when, value, stale in found]

    def runs(self, some: slice = slice(None)) -> tuple[Run, ...]:
        """What is recorded of the looks."""
        return record(self.looks()[some])

    def limits(self) -> list[Limit]:
        """The promises as contract versions tell them."""
        return [
            Limit(at(one.since), "event_time", None if one.max_age is None else one.max_age * TICK)
            for one in self.promises
        ]


@st.composite
def _rows(draw: Callable[..., int], *, leaving: bool) -> tuple[Row, ...]:
    rows = []
    for _ in range(draw(st.integers(0, 7))):
        value = draw(st.integers(0, SPAN))
        arrive = value + draw(st.integers(0, 20))
        leave = arrive + draw(st.integers(1, 25)) if leaving and draw(st.booleans()) else None
        rows.append(Row(value, arrive, leave))
    return tuple(rows)


_ages = st.integers(0, 25)
_ticks = st.lists(st.integers(-5, SPAN + 15), max_size=14, unique=True).map(sorted).map(tuple)
_one_promise = _ages.map(lambda age: (Promise(START, age),))
_promises = st.dictionaries(st.integers(START, SPAN), _ages | st.none(), max_size=4).map(
    lambda found: tuple(Promise(since, found[since]) for since in sorted(found))
)

growing = st.builds(World, _rows(leaving=False), _one_promise, _ticks)
"""Values only grow, under one promise."""

growing_under_many = st.builds(World, _rows(leaving=False), _promises, _ticks)
"""Values only grow, while the promise changes."""

worlds = st.builds(World, _rows(leaving=True), _promises, _ticks)
"""Values may go back, while the promise changes."""
