"""Deliveries that are due: when, what data each covers, and what shows that it has arrived.

Every delivery brings one whole hour, day, week or month that is over. It has arrived once the newest value of
the dataset's clock has *reached* what it needs: the end of that data, less the slack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from featureguard.arrivals import Calendar, Delivery
from featureguard.calendars import holidays_of
from featureguard.cron import Due, due_between, first_instant
from featureguard.profile import NEVER, Never
from featureguard.windows import Window, Windows

NOMINAL: Mapping[str, timedelta] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=31),
}
"""Longest length of a unit where no clock is changed."""
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DueWindow:
    """One delivery that a contract expects.

    Attributes:
        key: Name of the data it covers, e.g. `2013-12-30`.
        due: When it is due, UTC.
        deadline: When its grace ends; what a look at this very instant finds is on time.
        starts, ends: Edges of the data it covers, UTC; the end is outside.
        needed: Least newest value that shows that it has arrived.
        is_off: No data is made in that time, so that none is due.
    """

    key: str
    due: datetime
    deadline: datetime
    starts: datetime
    ends: datetime
    needed: datetime
    is_off: bool = False

    def arrived(self, newest: datetime | Never) -> bool:
        """Whether a newest value shows that the data is there."""
        return newest is not NEVER and newest >= self.needed


def due_windows(promise: Delivery, start: datetime, end: datetime) -> list[DueWindow]:
    """The deliveries whose due time lies in [start, end), oldest first.

    Due times strictly increase; clocks that are changed neither repeat nor lose a delivery.

    Raises:
        MissingExtraError: If the promise names holidays and the package `holidays` is not installed.
    """
    return [_window(promise, due) for due in due_between(promise.cron, promise.zone, start, end)]


def last_owed(promise: Delivery, now: datetime) -> DueWindow | None:
    """The latest delivery whose grace has ended; `None` if there was none in the last decades.

    Its data covers what earlier deliveries brought: if it has arrived, so have they.

    Raises:
        MissingExtraError: If the promise names holidays and the package `holidays` is not installed.
    """
    owed = (window for window in _newest_first(promise, now) if window.deadline <= now and not window.is_off)
    return next(owed, None)


def is_off(calendar: Calendar | None, window: Window | DueWindow, zone: str) -> bool:
    """Whether every day that a window touches is a day without data.

    Raises:
        MissingExtraError: If the calendar names holidays and the package `holidays` is not installed.
    """
    if calendar is None:
        return False
    start, end = (window.starts, window.ends) if isinstance(window, DueWindow) else (window.start, window.end)
    day, last = (at.astimezone(ZoneInfo(zone)).date() for at in (start, end - _INSTANT))
    while day <= last:
        holidays = holidays_of(calendar.holidays, day.year) if calendar.holidays else frozenset()
        if day not in holidays and day not in calendar.also:
            return False
        day += timedelta(days=1)
    return True


def _newest_first(promise: Delivery, now: datetime) -> Iterator[DueWindow]:
    """All deliveries due up to `now`, in ever larger steps back in time."""
    end, step = now + _INSTANT, timedelta(days=2)
    while step < timedelta(days=20_000):
        yield from reversed(due_windows(promise, end - step, end))
        end, step = end - step, 2 * step


def _window(promise: Delivery, due: Due) -> DueWindow:
    data = _covered(promise, due)
    slack, nominal = promise.slack or timedelta(), NOMINAL[promise.covers.per]
    needed = data.start if slack >= nominal else max(data.start, data.end - slack)
    deadline = due.at + (promise.grace or timedelta())
    off = is_off(promise.calendar, data, promise.zone)
    return DueWindow(data.key, due.at, deadline, data.start, data.end, needed, off)


def _covered(promise: Delivery, due: Due) -> Window:
    """The unit that is over when a delivery is due, by the wall time that the cron expression names."""
    windows = Windows(promise.covers.per, promise.zone)
    midnight = datetime.combine(due.wall, time())
    unit = windows.at(due.at if promise.covers.per == "hour" else first_instant(midnight, promise.zone))
    for _ in range(promise.covers.lag + 1):
        unit = windows.at(unit.start - _INSTANT)
    return unit
