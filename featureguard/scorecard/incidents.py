"""What broke, summed up: how often, for how long, how soon it was noticed and mended, and by what cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from featureguard.incident import Distribution, Incident, Lapse, in_window, lasted, respond
from featureguard.result import Code

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Incidents:
    """What broke in a period.

    Attributes:
        detected: Incidents that belong to it: found in it, or only in the history of it.
        still_open: Incidents of any time that nobody has seen end.
        now: Until when open ones have lasted.
    """

    detected: tuple[Incident, ...]
    still_open: tuple[Incident, ...]
    now: datetime

    @property
    def flaps(self) -> int:
        """How often one seemed over and came back."""
        return sum(one.flaps for one in self.detected)

    @property
    def undetected(self) -> int:
        """Those that no look found; in no figure of `detection`."""
        return len(respond(self.detected, self.now).undetected)

    @property
    def detection(self) -> Distribution:
        """Time to detect: its mean is the MTTD."""
        return respond(self.detected, self.now).detection

    @property
    def recovery(self) -> Distribution:
        """Time to recover of those that are over: its mean is the MTTR."""
        return respond(self.detected, self.now).recovery


@dataclass(frozen=True, slots=True)
class Cause:
    """What was wrong, over all incidents of one code.

    Attributes:
        code: The reason code; `None` where the check named none.
        incidents: How many had it.
        lasted: How long they lasted in sum, open ones so far.
    """

    code: Code | None
    incidents: int
    lasted: Lapse


def sum_up(incidents: Iterable[Incident], start: datetime, end: datetime, now: datetime) -> Incidents:
    """The incidents of a period, and those still open.

    Args:
        incidents: Everything that broke; more than belongs to the period does no harm.
        start, end: The period; one that reaches up to now includes it.
        now: The instant of the question.
    """
    known = tuple(incidents)
    detected = in_window(known, start, end if end < now else now + _TICK)
    return Incidents(detected, tuple(one for one in known if one.is_open), now)


def merged(parts: Iterable[Incidents], now: datetime) -> Incidents:
    """The incidents of several datasets."""
    found = list(parts)
    detected = (one for part in found for one in part.detected)
    still_open = (one for part in found for one in part.still_open)
    return Incidents(tuple(detected), tuple(still_open), now)


def causes(found: Incidents) -> tuple[Cause, ...]:
    """Every cause of the period's incidents, by how long they lasted, longest first."""
    by_code: dict[Code | None, list[Lapse]] = defaultdict(list)
    for one in found.detected:
        by_code[one.code].append(lasted(one, found.now))
    known = [Cause(code, len(lapses), _sum(lapses)) for code, lapses in by_code.items()]
    return tuple(sorted(known, key=lambda one: (-one.lasted.least, -one.incidents, one.code or "")))


def _sum(lapses: Iterable[Lapse]) -> Lapse:
    least, most = timedelta(), timedelta()
    bounded = True
    for lapse in lapses:
        least += lapse.least
        most += lapse.most or timedelta()
        bounded = bounded and lapse.most is not None
    return Lapse(least, most if bounded else None)
