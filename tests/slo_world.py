"""A world to hold SLIs against: rows that come and go, looks at them, and the exact truth.

Time is counted in ticks, whole numbers, and all edges lie on ticks: what is true within a tick is true in its
middle. Nothing here but `instant`, `sighting` and the names of values knows about timelines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from featureguard.profile import NEVER, Never
from featureguard.slo.sli import Sli, time_sli
from featureguard.timeline import Limit, Run, Sighting, record

START = datetime(2013, 2, 8, tzinfo=UTC)
TICK = timedelta(minutes=10)
"""Six ticks are an hour, so that runs of one value begin anew while a world goes on."""

SPAN = 60
EARLIEST = -10_000
"""Older than any tick of a world."""

Look = tuple[int, int | None]
"""When, and the newest value found; `None` if there was none."""
Ticks = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """An event time, when it can first be read, and when it is gone again; `None` if it stays."""

    value: float
    arrives: float
    leaves: float | None = None


World = Sequence[Row]


def newest(world: World, at: float, tolerance: int = 0) -> float | None:
    """What a perfect reader finds: the newest value that is not from the future."""
    visible = [
        row.value
        for row in world
        if row.arrives <= at and (row.leaves is None or at < row.leaves) and row.value <= at + tolerance
    ]
    return max(visible, default=None)


def looks_at(world: World, ticks: Iterable[int], tolerance: int = 0) -> list[Look]:
    """What looks find."""
    return [(tick, _whole(newest(world, tick, tolerance))) for tick in ticks]


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def is_fresh(value: float | None, at: float, max_age: int) -> bool:
    """Whether a newest value is young enough."""
    return value is not None and at <= value + max_age


def fresh_ticks(world: World, ticks: Iterable[int], max_age: int, tolerance: int = 0) -> int:
    """The truth: how many ticks were fresh."""
    return sum(is_fresh(newest(world, tick + 0.5, tolerance), tick + 0.5, max_age) for tick in ticks)


def outside(window: Ticks, away: Sequence[Ticks]) -> list[int]:
    """The ticks of a window that no other span covers."""
    return [tick for tick in range(*window) if not any(start <= tick < end for start, end in away)]


def instant(tick: int, unit: timedelta = TICK) -> datetime:
    """A tick as an instant."""
    return START + tick * unit


def period(span: Ticks, unit: timedelta = TICK) -> tuple[datetime, datetime]:
    """A span of ticks as instants."""
    return instant(span[0], unit), instant(span[1], unit)


def sighting(look: Look, unit: timedelta = TICK) -> Sighting:
    """A look as the timeline records it."""
    value: datetime | Never = NEVER if look[1] is None else instant(look[1], unit)
    return Sighting(instant(look[0], unit), value)


def runs_of(looks: Iterable[Look], unit: timedelta = TICK) -> tuple[Run, ...]:
    """The timeline of some looks."""
    return record(sighting(look, unit) for look in looks)


def sli_of(
    runs: Sequence[Run], window: Ticks, max_age: int, away: Sequence[Ticks] = (), unit: timedelta = TICK
) -> Sli:
    """The SLI of a window under one limit, all of it after the first look."""
    start, end = period(window, unit)
    limit = Limit(instant(EARLIEST, unit), "event_time", max_age * unit)
    maintenance = [period(span, unit) for span in away]
    return time_sli(
        {"event_time": runs}, [limit], (start, end), now=end, first_look=limit.since, maintenance=maintenance
    )


def in_ticks(micros: int, unit: timedelta = TICK) -> int:
    """Microseconds as ticks; fails unless they are whole."""
    ticks, rest = divmod(timedelta(microseconds=micros), unit)
    assert not rest
    return ticks


def parts(sli: Sli, unit: timedelta = TICK) -> tuple[int, int, int]:
    """Good, bad and unknown ticks."""
    return in_ticks(sli.good, unit), in_ticks(sli.bad, unit), in_ticks(sli.unknown, unit)


ticks = st.integers(0, SPAN)
instants = st.lists(st.integers(-5, SPAN + 15), max_size=10)
windows = st.tuples(st.integers(-8, SPAN), st.integers(0, SPAN + 10)).map(lambda p: (p[0], p[0] + p[1]))
max_ages = st.integers(0, 25)
tolerances = st.sampled_from([0, 5])
spans = st.lists(
    st.tuples(st.integers(-8, SPAN + 8), st.integers(0, 20)).map(lambda p: (p[0], p[0] + p[1])), max_size=3
)
# Far apart, and so close that many looks fall on one instant and runs overlap.
sparse_looks = st.lists(st.tuples(st.integers(-5, SPAN), st.none() | st.integers(0, 12)), max_size=10)
dense_looks = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from([None, 0, 1, 2, 3])), min_size=4, max_size=12
)
# Never two at one instant.
lone_looks = st.lists(
    st.tuples(st.integers(0, SPAN), st.none() | st.integers(0, 12)),
    max_size=12,
    unique_by=lambda look: look[0],
)
any_looks = sparse_looks | dense_looks


@st.composite
def worlds(draw: st.DrawFn, grows: bool = True, max_rows: int = 7) -> list[Row]:
    """Rows of which some are late and some from the future; where a world does not only grow, some leave."""
    rows = []
    for _ in range(draw(st.integers(0, max_rows))):
        value = draw(ticks)
        arrives = value + draw(st.integers(-12, 20))
        stays = grows or draw(st.booleans())
        rows.append(Row(value, arrives, None if stays else arrives + draw(st.integers(1, 25))))
    return rows
