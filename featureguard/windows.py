"""Windows of event time: the hours, days, weeks and months that content checks judge.

A window is named by the local time of its start and lies between two instants, so that a day of 23 or 25
hours is one day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """One window.

    Attributes:
        key: Its name: `2013-02-08T05Z`, `2013-02-08`, `2013-W06` or `2013-02`.
        start, end: Its edges, UTC; the end is outside.
    """

    key: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Windows:
    """A way to cut time.

    Attributes:
        per: Kind of window.
        zone: IANA zone of the edges. Hours are cut in UTC, where no hour is missing or repeated.
    """

    per: Literal["hour", "day", "week", "month"]
    zone: str = "UTC"

    @property
    def cut_zone(self) -> str:
        """The zone in which edges lie."""
        return "UTC" if self.per == "hour" else self.zone

    def at(self, instant: datetime) -> Window:
        """The window that holds an instant."""
        start = _start(self.per, instant.astimezone(ZoneInfo(self.cut_zone)))
        found = _window(self.per, self.cut_zone, start)
        if instant < found.start:  # A zone that skips or repeats midnight: wall time is not in order.
            return _window(self.per, self.cut_zone, _start(self.per, start - timedelta(hours=1)))
        return self.after(found) if instant >= found.end else found

    def after(self, window: Window) -> Window:
        """The next window."""
        return self.at(window.end)

    def between(self, first: datetime, last: datetime) -> list[Window]:
        """The windows from the one that holds `first` to the one that holds `last`."""
        found = [self.at(first)]
        while found[-1].end <= last:
            found.append(self.after(found[-1]))
        return found


def to_micros(instant: datetime) -> int:
    """Microseconds since the epoch, exactly."""
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The instant of microseconds since the epoch, UTC.

    Raises:
        OverflowError: If the year is not in 1 … 9999.
    """
    return EPOCH + timedelta(microseconds=micros)


CALENDAR: Final = (to_micros(datetime(2, 1, 1, tzinfo=UTC)), to_micros(datetime(9998, 12, 31, tzinfo=UTC)))
"""First and last instant, in microseconds since the epoch, that have a window in every zone.

Beyond them lie only sentinels, such as 0001-01-01 and 9999-12-31.
"""


def wall_to_utc(micros: int, zone: str) -> int | None:
    """A wall time as an instant, both in microseconds since the epoch.

    Returns:
        The earlier reading of an ambiguous wall time; `None` for a skipped one or one beyond `CALENDAR`.
    """
    if not CALENDAR[0] <= micros <= CALENDAR[1]:
        return None
    wall = from_micros(micros).replace(tzinfo=ZoneInfo(zone))
    found = wall.astimezone(UTC)
    return to_micros(found) if found.astimezone(ZoneInfo(zone)).replace(fold=0) == wall else None


def _start(per: str, local: datetime) -> datetime:
    hour = local.hour if per == "hour" else 0
    start = datetime(local.year, local.month, 1 if per == "month" else local.day, hour)  # noqa: DTZ001  (wall time)
    return start - timedelta(days=start.weekday()) if per == "week" else start


@lru_cache(maxsize=4_096)
def _window(per: str, zone: str, start: datetime) -> Window:
    key = {"hour": "%Y-%m-%dT%HZ", "day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}[per]
    return Window(start.strftime(key), _instant(start, zone), _instant(_next(per, start), zone))


def _next(per: str, start: datetime) -> datetime:
    if per == "month":
        return (start + timedelta(days=32)).replace(day=1)
    return start + {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}[per]


def _instant(wall: datetime, zone: str) -> datetime:
    """The first instant of a wall time; in a gap, the end of the gap where the gap starts at that time."""
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
