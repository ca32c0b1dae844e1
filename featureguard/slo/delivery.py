"""The delivery SLI: how many of the deliveries that were due came in time, from what was visible when.

A delivery arrived between the last look that did not find it and the first that did. Where that stretch, or
the silence since the last look, leaves open whether it came in time, the answer is unknown.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import accumulate, takewhile

from featureguard.profile import Never
from featureguard.schedule import DueWindow
from featureguard.timeline import Run

_NEVER = datetime.min.replace(tzinfo=UTC)  # Older than every instant that a clock can show.


class Arrival(StrEnum):
    """What became of one delivery.

    `EARLY` came before it was due, `ON_TIME` within its grace, `LATE` after it, `MISSING` not yet though its
    grace has ended. `NOT_DUE` is one that may still come in time, or is for days without data. `UNKNOWN`:
    nobody looked at the right time.
    """

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    NOT_DUE = "not_due"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery and what is known of its arrival.

    Attributes:
        window: What was due.
        state: What became of it.
        not_before: Last look that did not find it, so that it arrived later; `None` if there was none.
        seen_at: First look that found it; `None` if none has.
    """

    window: DueWindow
    state: Arrival
    not_before: datetime | None = None
    seen_at: datetime | None = None

    @property
    def lateness(self) -> tuple[timedelta, timedelta | None]:
        """Least and most lateness, at least 0; the most is `None` while nobody has seen it arrive."""
        none = timedelta()
        least = max(none, self.not_before - self.window.due) if self.not_before else none
        return least, max(none, self.seen_at - self.window.due) if self.seen_at else None


@dataclass(frozen=True, slots=True)
class DeliverySli:
    """Deliveries by what became of them.

    Attributes:
        good: Early or on time.
        bad: Late or missing.
        unknown: Due, and nobody can tell.
        not_due: Not due yet, or on days without data; they count nowhere.
    """

    good: int = 0
    bad: int = 0
    unknown: int = 0
    not_due: int = 0

    @property
    def ratio(self) -> float | None:
        """Good share of those known, in [0, 1]; `None` if none is."""
        known = self.good + self.bad
        return self.good / known if known else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The shares between which the truth lies, in [0, 1]; `None` if none was due."""
        due = self.good + self.bad + self.unknown
        return (self.good / due, (self.good + self.unknown) / due) if due else None


def deliveries(runs: Iterable[Run], due: Iterable[DueWindow], now: datetime) -> list[Delivered]:
    """What became of each delivery, in their order.

    What has arrived stays so, also if the newest value goes back later.

    Args:
        runs: The timeline of the clock that freshness uses.
        due: Deliveries, e.g. `schedule.due_windows` of an SLO's window.
        now: The instant of the question; later sightings are left out.
    """
    looks = sorted((at, _known(run.value)) for run in runs for at in (run.first_seen, run.last_seen))
    looks = [look for look in looks if look[0] <= now]
    seen_at = [at for at, _ in looks]
    newest_so_far = list(accumulate((value for _, value in looks), max))
    return [_deliver(window, seen_at, newest_so_far, now) for window in due]


def delivery_sli(found: Iterable[Delivered]) -> DeliverySli:
    """Count deliveries; those in time are good."""
    states = Counter(one.state for one in found)
    return DeliverySli(
        good=states[Arrival.EARLY] + states[Arrival.ON_TIME],
        bad=states[Arrival.LATE] + states[Arrival.MISSING],
        unknown=states[Arrival.UNKNOWN],
        not_due=states[Arrival.NOT_DUE],
    )


def complete_through(found: Iterable[Delivered]) -> datetime | None:
    """The end of the data up to which every delivery has arrived; `None` if the first has not.

    Args:
        found: Deliveries, oldest first; days without data are passed over.
    """
    expected = (one for one in found if not one.window.is_off)
    arrived = takewhile(lambda one: one.seen_at is not None, expected)
    return max((one.window.ends for one in arrived), default=None)


def _deliver(
    window: DueWindow, seen_at: Sequence[datetime], newest_so_far: Sequence[datetime], now: datetime
) -> Delivered:
    at = bisect_left(newest_so_far, window.needed)
    found = seen_at[at] if at < len(seen_at) else None
    # Of looks at one instant, those that did not find it say nothing about before.
    missed = bisect_left(seen_at, found) if found else len(seen_at)
    before = seen_at[missed - 1] if missed else None
    return Delivered(window, _state(window, before, found, now), before, found)


def _state(window: DueWindow, before: datetime | None, found: datetime | None, now: datetime) -> Arrival:
    """What became of a delivery that arrived after `before` and until `found`, if ever."""
    if window.is_off:
        return Arrival.NOT_DUE
    if found is not None and found <= window.deadline:
        return Arrival.EARLY if found < window.due else Arrival.ON_TIME
    if before is not None and before >= window.deadline:
        return Arrival.MISSING if found is None else Arrival.LATE
    return Arrival.NOT_DUE if found is None and now < window.deadline else Arrival.UNKNOWN


def _known(value: datetime | Never) -> datetime:
    return _NEVER if isinstance(value, Never) else value
