"""The time SLI of one dataset: how long it was fresh, how long stale, and how long nobody can know.

It is integrated from the timeline, exactly: nothing counts polls, so looking twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from featureguard.slo.pieces import cut
from featureguard.slo.reading import Segment, judge, segments
from featureguard.slo.spans import Period, Span, length, minus, to_spans
from featureguard.timeline import Limit, Run

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Sli:
    """A window of time by what is known about it; all parts are integer microseconds, at least 0.

    Good, bad, unknown and excluded add up to the window; SLIs of neighbouring windows add up to that of both.

    Attributes:
        good: Surely within the limit.
        bad: Surely past it.
        unknown: Neither can be proved.
        open: Part of `unknown`: after a last sighting that was stale, an incident that nobody has seen end.
        cold_start: Excluded: before the first look under the first contract.
        no_contract: Excluded: after that, while no limit was promised.
        maintenance: Excluded: declared maintenance in the rest.
    """

    good: int = 0
    bad: int = 0
    unknown: int = 0
    open: int = 0
    cold_start: int = 0
    no_contract: int = 0
    maintenance: int = 0

    def __add__(self, other: Sli) -> Sli:
        return Sli(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def excluded(self) -> int:
        """Time that does not count."""
        return self.cold_start + self.no_contract + self.maintenance

    @property
    def valid(self) -> int:
        """Time that counts: the window without what is excluded."""
        return self.good + self.bad + self.unknown

    @property
    def ratio(self) -> float | None:
        """Good share of the known time, in [0, 1]; `None` if nothing is known."""
        known = self.good + self.bad
        return self.good / known if known else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The shares between which the truth lies, in [0, 1]; `None` if no time is valid."""
        return (self.good / self.valid, (self.good + self.unknown) / self.valid) if self.valid else None

    def counted(self, *, unknown_as_bad: bool) -> int:
        """Time that an error budget is made of: all valid time, or only what is known."""
        return self.valid if unknown_as_bad else self.good + self.bad

    def bad_share(self, *, unknown_as_bad: bool) -> float | None:
        """Share of the counted time that was not good, in [0, 1]; `None` if none is counted."""
        counted = self.counted(unknown_as_bad=unknown_as_bad)
        return (counted - self.good) / counted if counted else None

    def with_open_as_bad(self) -> Sli:
        """The same with an open incident taken to go on, so that alerts do not fall silent between looks."""
        return replace(self, bad=self.bad + self.open, unknown=self.unknown - self.open, open=0)


def time_sli(
    runs_by_clock: Mapping[str, Sequence[Run]],
    limits: Iterable[Limit],
    window: Period,
    *,
    now: datetime,
    first_look: datetime | None,
    maintenance: Iterable[Period] = (),
) -> Sli:
    """Integrate one dataset over a window (semantics, section 5).

    Args:
        runs_by_clock: Timelines by clock, in any order; sightings before and after the window count too.
        limits: Clock and limit by the instant they came into force; each instant is judged by those in force.
        window: Start and end.
        now: The instant of the question; later time counts nowhere.
        first_look: First look after the first contract came into force; `None` if nobody has looked.
        maintenance: Declared maintenance; it stops time, not age.
    """
    return integrate(
        lambda clock: segments(runs_by_clock.get(clock, ())),
        limits,
        window,
        now=now,
        first_look=first_look,
        maintenance=maintenance,
    )


def integrate(
    read: Callable[[str], Sequence[Segment]],
    limits: Iterable[Limit],
    window: Period,
    *,
    now: datetime,
    first_look: datetime | None,
    maintenance: Iterable[Period] = (),
) -> Sli:
    """The same from timelines that were read already, for whoever asks about several windows.

    Args:
        read: Gives the segments of a clock.
        limits, window, now, first_look, maintenance: As for `time_sli`.
    """
    lived = cut(window, now, limits, first_look, promises_an_age)
    away = to_spans(maintenance)
    found = Sli(cold_start=lived.cold_start, no_contract=lived.no_contract)
    segments_of = {clock: read(clock) for clock in _clocks(lived.pieces)}
    for limit, span in lived.pieces:
        found += _measure(segments_of[str(limit.clock)], span, in_micros(limit.max_age), away)
    return found


def promises_an_age(limit: Limit) -> bool:
    """Whether a limit names a clock and a largest age."""
    return limit.clock is not None and limit.max_age is not None


def in_micros(duration: timedelta | None) -> int:
    """A duration in microseconds, exactly; 0 for none."""
    return duration // _MICROSECOND if duration is not None else 0


def _clocks(pieces: Iterable[tuple[Limit, Span]]) -> set[str]:
    return {str(limit.clock) for limit, _ in pieces}


def _measure(read: Sequence[Segment], span: Span, max_age: int, away: Sequence[Span]) -> Sli:
    judged = judge(read, span, max_age)
    valid = length(minus([span], away))
    good, bad, still_open = (length(minus(part, away)) for part in (judged.good, judged.bad, judged.open))
    return Sli(good, bad, valid - good - bad, still_open, maintenance=span[1] - span[0] - valid)
