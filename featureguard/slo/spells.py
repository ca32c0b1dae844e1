"""A timeline as people read it: maximal stretches that were good, bad or unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from featureguard.slo.reading import judge, segments
from featureguard.slo.sli import in_micros
from featureguard.slo.spans import Span, minus
from featureguard.timeline import Run
from featureguard.windows import from_micros, to_micros


class State(StrEnum):
    """What is known about a stretch of time."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of time in one state, as long as it can be.

    Attributes:
        start, end: UTC; the end is outside.
        state: What is known about it.
    """

    start: datetime
    end: datetime
    state: State


def spells(runs: Iterable[Run], start: datetime, end: datetime, max_age: timedelta) -> list[Spell]:
    """The stretches that fill [start, end), in order; neighbours differ in their state."""
    span = to_micros(start), to_micros(end)
    judged = judge(segments(runs), span, in_micros(max_age))
    unknown = minus([span], [*judged.good, *judged.bad])
    parts: list[tuple[Span, State]] = [
        *((part, State.GOOD) for part in judged.good),
        *((part, State.BAD) for part in judged.bad),
        *((part, State.UNKNOWN) for part in unknown),
    ]
    return [Spell(from_micros(part[0]), from_micros(part[1]), state) for part, state in sorted(parts)]


def bad_since(runs: Iterable[Run], max_age: timedelta) -> datetime | None:
    """When the bad spell began that has not been seen to end; `None` if the last sighting was not stale.

    What the last sighting found is taken to stay until another one finds something else. The spell begins no
    earlier than the first sighting, and where nothing before the last one was surely bad, with that one.
    """
    *earlier, last = segments(runs)
    limit = in_micros(max_age)
    if not earlier or last.worst + limit >= last.start:
        return None
    first_seen = earlier[0].end
    bad = judge(earlier, (first_seen, last.start), limit).bad
    return from_micros(bad[-1][0] if bad and bad[-1][1] == last.start else last.start)
