"""Age over time: it grows by itself and falls when newer data is first seen: a sawtooth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from featureguard.api.page.charts.svg import (
    Point,
    Scale,
    area,
    days,
    line,
    picture,
    rectangles,
    text,
    times,
)
from featureguard.checks import words
from featureguard.profile import NEVER
from featureguard.slo.spells import Spell, State
from featureguard.timeline import Run

WIDTH, HEIGHT = 960.0, 260.0
_LEFT, _BOTTOM, _TOP = 64.0, 232.0, 12.0
_STEPS = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 720, 2_160)


def teeth(runs: Sequence[Run], start: datetime, end: datetime) -> list[list[tuple[datetime, timedelta]]]:
    """Corners of the sawtooth: between two sightings the older value is taken to stay.

    Args:
        runs: A timeline.
        start, end: What is shown.

    Returns:
        Unbroken stretches of (instant, age); a stretch ends where there is no valid value.
    """
    seen = sorted(
        (run.first_seen, run.value) for run in runs if run.first_seen < end and run.value is not NEVER
    )
    gone = {run.first_seen for run in runs if run.value is NEVER}
    found: list[list[tuple[datetime, timedelta]]] = []
    stretch: list[tuple[datetime, timedelta]] = []
    for place, (since, value) in enumerate(seen):
        assert isinstance(value, datetime)
        until = min(seen[place + 1][0] if place + 1 < len(seen) else end, end)
        ended = min((at for at in gone if since < at <= until), default=None)
        last = ended or until
        if last > start:
            first = max(since, start)
            stretch += [(first, max(first - value, timedelta())), (last, max(last - value, timedelta()))]
        if ended:
            found, stretch = [*found, stretch], []
    return [one for one in [*found, stretch] if one]


def sparkline(
    runs: Sequence[Run], start: datetime, end: datetime, limit: timedelta | None, name: str
) -> Markup:
    """The sawtooth in a hand's breadth, against its limit."""
    width, height = 120.0, 24.0
    drawn = teeth(runs, start, end)
    top = _top(drawn, limit)
    across, up = times(start, end, 0, width), Scale(0, top, height - 1, 1)
    parts = [
        line("spark", _thinned([(across.at(at.timestamp()), up.at(age.total_seconds())) for at, age in one]))
        for one in drawn
    ]
    if limit is not None:
        y = up.at(limit.total_seconds())
        parts.insert(0, line("limit", [(0, y), (width, y)]))
    oldest = max((age for one in drawn for _, age in one), default=None)
    told = f"at most {words.duration(oldest.total_seconds())}" if oldest is not None else "nothing was seen"
    window = words.duration((end - start).total_seconds())
    return picture(width, height, f"Age of {name} over the last {window}: {told}", parts, kind="sparkline")


def sawtooth(
    runs: Sequence[Run],
    spells: Sequence[Spell],
    start: datetime,
    end: datetime,
    *,
    limit: timedelta | None,
    warns: timedelta | None,
    name: str,
) -> Markup:
    """Age against its limit, with unknown and bad time behind it.

    Args:
        runs: The timeline of the contract's clock.
        spells: What is known about the time that is shown.
        start, end: What is shown.
        limit: The largest promised age.
        warns: The age that warns.
        name: The dataset.
    """
    drawn = teeth(runs, start, end)
    top = _top(drawn, limit)
    across, up = times(start, end, _LEFT, WIDTH - 8), Scale(0, top, _BOTTOM, _TOP)
    parts = []
    for state in (State.UNKNOWN, State.BAD):
        spans = [
            (across.at(one.start.timestamp()), across.at(one.end.timestamp()))
            for one in spells
            if one.state is state
        ]
        parts.append(rectangles(f"back-{state.value}", spans, _TOP, _BOTTOM - _TOP))
    for hours in _marks(top):
        y = up.at(hours * 3_600)
        parts.append(line("grid", [(_LEFT, y), (WIDTH - 8, y)]))
        parts.append(text("axis", _LEFT - 8, y + 4, words.duration(hours * 3_600), anchor="end"))
    for day in days(start, end):
        x = across.at(day.timestamp())
        parts.append(line("grid", [(x, _BOTTOM), (x, _BOTTOM + 5)]))
        parts.append(text("axis", x, _BOTTOM + 20, f"{day:%-d %b}", anchor="middle"))
    for one in drawn:
        points: list[Point] = [(across.at(at.timestamp()), up.at(age.total_seconds())) for at, age in one]
        parts += [area("age-area", points, _BOTTOM), line("age", points)]
    for kind, age in (("warns", warns), ("limit", limit)):
        if age is not None:
            y = up.at(age.total_seconds())
            parts.append(line(kind, [(_LEFT, y), (WIDTH - 8, y)]))
            below = 14 if kind == "warns" else -5
            told = f"{kind} {words.limit(age)}"
            parts.append(text(f"{kind}-label", WIDTH - 12, y + below, told, anchor="end"))
    if not drawn:
        parts.append(text("empty", WIDTH / 2, HEIGHT / 2, "Nothing was seen in this time", anchor="middle"))
    return picture(WIDTH, HEIGHT, _story(drawn, limit, name), parts, kind="chart", stretches=False)


def bar(age: timedelta | None, limit: timedelta | None, warns: timedelta | None, state: str) -> Markup:
    """Age against its limit as a bar; the limit stands at three quarters, so that too much can be seen."""
    width, height = 100.0, 8.0
    if age is None or limit is None or limit <= timedelta():
        return Markup("")
    across = Scale(0, limit.total_seconds() / 0.75, 0, width)
    parts = [rectangles("track", [(0, width)], 0, height)]
    parts.append(rectangles(f"fill s-{state}", [(0, max(1.0, across.at(age.total_seconds())))], 0, height))
    for kind, at in (("warn-mark", warns), ("limit-mark", limit)):
        if at is not None:
            x = across.at(at.total_seconds())
            parts.append(line(kind, [(x, 0), (x, height)]))
    told = f"{words.duration(age.total_seconds())} old; the limit is {words.limit(limit)}"
    return picture(width, height, told, parts, kind="bar")


def _top(drawn: Sequence[Sequence[tuple[datetime, timedelta]]], limit: timedelta | None) -> float:
    oldest = max((age for one in drawn for _, age in one), default=timedelta())
    return max(oldest.total_seconds() * 1.08, (limit or timedelta()).total_seconds() * 1.25, 60.0)


def _marks(top: float) -> list[float]:
    """Hours at which the scale is labelled."""
    hours = top / 3_600
    step = next((step for step in _STEPS if hours / step <= 6), 8_760)
    return [n * step for n in range(1, int(hours / step) + 1)]


def _thinned(points: list[Point], most: int = 80) -> list[Point]:
    """Fewer points where there are more than can be seen; the highest of each stretch stays."""
    if len(points) <= most:
        return points
    size = -(-len(points) // (most // 2))
    kept: list[Point] = []
    for start in range(0, len(points), size):
        some = points[start : start + size]
        kept += sorted({min(some, key=lambda one: one[1]), max(some, key=lambda one: one[1])})
    return kept


def _story(drawn: Sequence[Sequence[tuple[datetime, timedelta]]], limit: timedelta | None, name: str) -> str:
    ages = [age for one in drawn for _, age in one]
    if not ages:
        return f"Age of {name}: nothing was seen in this time"
    told = f"Age of {name}: at most {words.duration(max(ages).total_seconds())}"
    return f"{told}; the limit is {words.limit(limit)}" if limit else told
