"""Freshness incidents, from what was visible when (semantics, section 6).

Time is integer microseconds in here. Of a run three sightings are kept: the first, the first stale and the
last. While values only grow and the limit stays, they find the same incidents as all sightings would; else
an incident may last up to an hour longer than it was seen.
"""

from __future__ import annotations

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Final, NamedTuple

from featureguard.incident.spells import Spell, spells
from featureguard.incident.value import Incident, Recovered, Started, join
from featureguard.profile import NEVER
from featureguard.result import Code, Severity
from featureguard.timeline import Limit, Run
from featureguard.windows import from_micros, to_micros


def freshness_incidents(
    dataset: str,
    runs_by_clock: Mapping[str, Sequence[Run]],
    limits: Iterable[Limit],
    hysteresis: timedelta = timedelta(0),
    *,
    severity: Severity = Severity.BLOCK,
) -> tuple[Incident, ...]:
    """When the data was too old: the first stale sighting opens an incident, the next fresh one resolves it.

    Each sighting is judged by the limit in force at it. Where a limit becomes looser, the next sighting that
    is fresh under the new one resolves an open incident; one without `max_age` resolves it at once, since
    nothing is promised any more. Sightings before the first limit prove freshness but are never stale, and no
    incident starts before its promise.

    Args:
        dataset: Name of the dataset.
        runs_by_clock: What was seen, by clock.
        limits: The contract versions' limits, in any order.
        hysteresis: Incidents parted by less good time are one.
        severity: What the promise does.

    Returns:
        Oldest first, each with check `freshness`. `detected` is `None` where no look found it, only the
        history that a source tells of itself.
    """
    seen = {clock: _sightings(runs) for clock, runs in runs_by_clock.items()}
    pieces = _pieces(limits)
    found = spells(_events(seen, pieces), lambda event: event.stale)
    return join((_incident(dataset, severity, spell, seen, pieces) for spell in found), hysteresis)


def default_hysteresis(runs: Iterable[Run]) -> timedelta:
    """A quarter of the cadence: of the median time from one advance of the newest value to the next.

    Zero if the value was not seen to advance twice. Where the cadence is declared, better take that.
    """
    newest, advances = _BEFORE_ALL, []
    for sighting in _sightings(runs):
        if sighting.value > newest:
            newest = sighting.value
            advances.append(sighting.at)
    # Nobody saw the first one come.
    steps = [after - before for before, after in pairwise(advances[1:])]
    return timedelta(microseconds=statistics.median_low(steps) // 4) if steps else timedelta(0)


_FOREVER: Final = 10**30  # Beyond every instant, and every sum of an instant and a limit.
_BEFORE_ALL: Final = -_FOREVER


class _Sighting(NamedTuple):
    """Ordered as semantics, section 5, says; `looked` if it was not only told by a history."""

    at: int
    first_seen: int
    last_seen: int
    value: int
    looked: bool


class _Event(NamedTuple):
    """A sighting under the limit in force at it, or the end of a promise."""

    at: int
    stale: bool
    looked: bool
    code: Code


@dataclass(frozen=True, slots=True)
class _Piece:
    """Time under one limit; `max_age` is `None` where nothing is promised."""

    start: int
    end: int
    clock: str
    max_age: int | None


def _sightings(runs: Iterable[Run]) -> list[_Sighting]:
    return sorted(sighting for run in runs for sighting in _of_run(run))


def _of_run(run: Run) -> Iterator[_Sighting]:
    first, last = to_micros(run.first_seen), to_micros(run.last_seen)
    stale = _FOREVER if run.first_stale is None else to_micros(run.first_stale)
    value = _BEFORE_ALL if run.value is NEVER else to_micros(run.value)
    for at in sorted({first, last, stale} - {_FOREVER}):
        yield _Sighting(at, first, last, value, looked=at >= stale)


def _pieces(limits: Iterable[Limit]) -> list[_Piece]:
    ordered = sorted(limits, key=lambda limit: limit.since)
    starts = [to_micros(limit.since) for limit in ordered]
    return [
        _Piece(start, end, limit.clock or "", _micros(limit))
        for limit, start, end in zip(ordered, starts, [*starts[1:], _FOREVER], strict=False)
        if start < end
    ]


def _micros(limit: Limit) -> int | None:
    if limit.clock is None or limit.max_age is None:
        return None
    return limit.max_age // timedelta(microseconds=1)


def _events(seen: Mapping[str, Sequence[_Sighting]], pieces: Iterable[_Piece]) -> Iterator[_Event]:
    for piece in pieces:
        if piece.max_age is None:
            yield _Event(piece.start, False, False, Code.DATA_STALE)
            continue
        sightings = seen.get(piece.clock, ())
        within = slice(_first_from(sightings, piece.start), _first_from(sightings, piece.end))
        for sighting in sightings[within]:
            code = Code.NEVER_ARRIVED if sighting.value == _BEFORE_ALL else Code.DATA_STALE
            stale = sighting.at > sighting.value + piece.max_age
            yield _Event(sighting.at, stale, sighting.looked, code)


def _incident(
    dataset: str,
    severity: Severity,
    spell: Spell[_Event],
    seen: Mapping[str, Sequence[_Sighting]],
    pieces: Iterable[_Piece],
) -> Incident:
    opening = spell.bad[0]
    detected = next((from_micros(event.at) for event in spell.bad if event.looked), None)
    resolved = from_micros(spell.after.at) if spell.after else None
    return Incident(
        dataset=dataset,
        check="freshness",
        column=None,
        code=opening.code,
        severity=severity,
        started=_started(seen, pieces, spell.before.at if spell.before else None, opening.at),
        detected=detected,
        recovered=Recovered(from_micros(spell.bad[-1].at), resolved),
        openings=(from_micros(opening.at),),
    )


def _started(
    seen: Mapping[str, Sequence[_Sighting]], pieces: Iterable[_Piece], fresh: int | None, stale: int
) -> Started:
    """Between the end of the last good time and the begin of the first bad time before a stale sighting.

    Good and bad are those of the SLI (semantics, section 5), limit by limit.

    Args:
        fresh: The fresh sighting before it, or `None`.
        stale: The stale sighting.
    """
    after, by = fresh, stale
    for piece in pieces:
        start = piece.start if fresh is None else max(piece.start, fresh)
        end = min(piece.end, stale)
        if start >= end:
            continue
        if piece.max_age is None:
            after, by = None, stale
            continue
        oldest, newest = _candidates(seen.get(piece.clock, ()), start, end)
        good_until, bad_from = min(end, oldest + piece.max_age), max(start, newest + piece.max_age)
        if good_until > start:
            after, by = good_until, stale
        if bad_from < end:
            by = min(by, bad_from)
    return Started(None if after is None else from_micros(after), from_micros(by))


def _candidates(sightings: Sequence[_Sighting], start: int, end: int) -> tuple[int, int]:
    """The oldest and the newest value that may have been there between two neighbouring sightings."""
    earlier, later = bisect_right(sightings, start, key=_AT), _first_from(sightings, end)
    before, after = sightings[max(0, earlier - 1) : earlier], sightings[later : later + 1]
    spanning = [one for one in sightings if one.first_seen <= start and one.last_seen >= end]
    values = [one.value for one in (*before, *after, *spanning)]
    oldest = min(values) if before else _BEFORE_ALL
    return oldest, max(values) if after else _FOREVER


_AT = attrgetter("at")


def _first_from(sightings: Sequence[_Sighting], instant: int) -> int:
    return bisect_left(sightings, instant, key=_AT)
