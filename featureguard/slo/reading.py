"""Reading a timeline: what is known about an instant from the sightings on both sides of it.

Of each run only its ends are sightings. Between two neighbouring sightings the newest value may have been
that of either, or of a run that spans both: the *candidates* (semantics, section 5). Their oldest proves that
data was fresh, their newest that it was stale.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from operator import attrgetter

from featureguard.profile import NEVER
from featureguard.slo.spans import Span, union
from featureguard.timeline import Run
from featureguard.windows import to_micros

NEVER_MICROS = -(1 << 61)
"""Stands for `NEVER`, and for the beginning of time: older than every instant, whatever limit is added."""

BEYOND_MICROS = 1 << 61
"""Stands for a value newer than every instant, and for the end of time."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The time between two neighbouring sightings, all in microseconds since the epoch.

    Attributes:
        start, end: The sightings. The first segment starts at `NEVER_MICROS`, the last ends at
            `BEYOND_MICROS`.
        worst: Oldest candidate; `NEVER_MICROS` also before the first sighting.
        best: Newest candidate; `BEYOND_MICROS` after the last sighting, when anything may have arrived.
    """

    start: int
    end: int
    worst: int
    best: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known about a stretch of time; the rest of it is unknown.

    Attributes:
        good: Surely fresh.
        bad: Surely stale.
        open: After a last sighting that was stale: an incident that nobody has seen end. Part of the unknown.
    """

    good: list[Span]
    bad: list[Span]
    open: list[Span]


def segments(runs: Iterable[Run]) -> list[Segment]:
    """All of time, cut at the sightings."""
    ordered = sorted((to_micros(run.first_seen), to_micros(run.last_seen), _value(run)) for run in runs)
    # At one instant sightings stand in the order of their runs: the definition's tie-break.
    seen = sorted((at, run) for run, (first, last, _) in enumerate(ordered) for at in (first, last))
    if not seen:
        return [Segment(NEVER_MICROS, BEYOND_MICROS, NEVER_MICROS, BEYOND_MICROS)]
    values = [value for _, _, value in ordered]
    found = [Segment(NEVER_MICROS, seen[0][0], NEVER_MICROS, values[seen[0][1]])]
    spanning: set[int] = set()
    for (start, run), (end, following) in pairwise(seen):
        spanning ^= {run}  # In at its first sighting, out at its last.
        if start < end:
            candidates = [values[n] for n in (run, following, *spanning)]
            found.append(Segment(start, end, min(candidates), max(candidates)))
    last = values[seen[-1][1]]
    return [*found, Segment(seen[-1][0], BEYOND_MICROS, last, BEYOND_MICROS)]


def judge(read: Sequence[Segment], span: Span, max_age: int) -> Judged:
    """What a limit makes of the segments within a span; `max_age` in microseconds, at least 0.

    Args:
        read: As `segments` gives them: in order, without gaps.
        span: Microseconds since the epoch.
        max_age: Microseconds, at least 0.
    """
    good, bad, still_open = [], [], []
    first = bisect_right(read, span[0], key=_end)
    for segment in islice(read, first, None):
        start, end = max(segment.start, span[0]), min(segment.end, span[1])
        if start >= end:
            break
        good.append((start, min(end, segment.worst + max_age)))
        bad.append((max(start, segment.best + max_age), end))
        if segment.best == BEYOND_MICROS and segment.worst + max_age < segment.start:
            still_open.append((start, end))
    return Judged(union(good), union(bad), still_open)


_end = attrgetter("end")


def _value(run: Run) -> int:
    return NEVER_MICROS if run.value is NEVER else to_micros(run.value)
