"""How long it took to detect incidents and to recover from them, as far as anybody can know.

There is no statement about trends: with the few incidents that a dataset has, the figures of two windows
differ by chance alone (Davidovič, Incident Metrics in SRE).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from featureguard.incident.value import Incident


@dataclass(frozen=True, slots=True)
class Lapse:
    """A length of time between two bounds.

    Attributes:
        least: It took at least so long.
        most: And at most so long; `None` if nobody can tell.
    """

    least: timedelta
    most: timedelta | None


def time_to_detect(incident: Incident) -> Lapse | None:
    """From its start to the first look that found it; `None` if none did."""
    if incident.detected is None:
        return None
    return _since_start(incident, incident.detected, incident.detected)


def time_to_recover(incident: Incident) -> Lapse | None:
    """From its start to its end; `None` while it is open."""
    if incident.resolved is None:
        return None
    return _since_start(incident, incident.recovered.last_bad, incident.resolved)


def lasted(incident: Incident, now: datetime) -> Lapse:
    """How long it has lasted so far: at least until it was last seen bad, at most until `now` or its end."""
    return _since_start(incident, incident.recovered.last_bad, incident.resolved or now)


def in_window(incidents: Iterable[Incident], start: datetime, end: datetime) -> tuple[Incident, ...]:
    """Those detected from `start` until before `end`; an undetected one counts where it was first bad."""
    return tuple(one for one in incidents if start <= (one.detected or one.opened) < end)


@dataclass(frozen=True, slots=True)
class Distribution:
    """What is typical of several lapses; each figure lies between its bounds.

    Attributes:
        n: How many there are.
        mean: Their mean; `None` if there are none.
        median: The smallest lapse that half of them do not exceed (nearest rank); `None` if there are none.
        p90: The smallest that 90 % of them do not exceed; `None` if there are none.
    """

    n: int
    mean: Lapse | None
    median: Lapse | None
    p90: Lapse | None


def distribution(lapses: Iterable[Lapse]) -> Distribution:
    """The mean and quantiles of the lower ends, and those of the upper ends.

    A quantile's upper end is `None` where it falls on a lapse without one; the mean's, where any lapse has
    none.
    """
    known = list(lapses)
    if not known:
        return Distribution(0, None, None, None)
    least = sorted(lapse.least for lapse in known)
    most = sorted(lapse.most for lapse in known if lapse.most is not None)
    median, p90 = _quantile(least, most, 50), _quantile(least, most, 90)
    return Distribution(len(known), _mean(least, most), median, p90)


@dataclass(frozen=True, slots=True)
class Response:
    """How incidents were responded to.

    Attributes:
        detection: Time to detect (MTTD and its quantiles) of those that a look found, open ones too.
        recovery: Time to recover (MTTR and its quantiles) of those that are over.
        open: Those that are not, with how long each has lasted so far; in no figure of `recovery`.
        undetected: Those that only history shows; in no figure of `detection`.
    """

    detection: Distribution
    recovery: Distribution
    open: tuple[tuple[Incident, Lapse], ...]
    undetected: tuple[Incident, ...]


def respond(incidents: Iterable[Incident], now: datetime) -> Response:
    """The figures of some incidents, e.g. of those in a window; print the SLI's unknown share beside them.

    What nobody saw is no incident but unknown time, so slow polling misses the short ones.
    """
    known = tuple(incidents)
    return Response(
        detection=distribution(found for one in known if (found := time_to_detect(one))),
        recovery=distribution(found for one in known if (found := time_to_recover(one))),
        open=tuple((one, lasted(one, now)) for one in known if one.is_open),
        undetected=tuple(one for one in known if one.detected is None),
    )


def _since_start(incident: Incident, least: datetime, most: datetime) -> Lapse:
    started = incident.started
    return Lapse(least - started.by, None if started.after is None else most - started.after)


def _mean(least: Sequence[timedelta], most: Sequence[timedelta]) -> Lapse:
    n = len(least)
    lower = sum(least, timedelta(0)) // n
    # Rounded outwards, to the microsecond.
    upper = -(-sum(most, timedelta(0)) // n) if len(most) == n else None
    return Lapse(lower, upper)


def _quantile(least: Sequence[timedelta], most: Sequence[timedelta], percent: int) -> Lapse:
    rank = -(-len(least) * percent // 100)  # rounded up
    return Lapse(least[rank - 1], most[rank - 1] if rank <= len(most) else None)
