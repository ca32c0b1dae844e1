"""Cron expressions as instants: when something is due where clocks are put forward and back.

A cron expression names wall times. A wall time is due at the first instant at which a clock of the zone
shows it or a later time: of a repeated hour that is the first reading, of a skipped hour the end of the gap.
So what is due once a day is due once on every day, whatever the clocks do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from featureguard.windows import EPOCH

_WIDEST_JUMP = timedelta(days=2)  # Samoa skipped a day; walls and instants are never further apart.
_ANY_YEAR = datetime(2000, 1, 1)  # noqa: DTZ001  (wall time)


@dataclass(frozen=True, slots=True)
class Due:
    """One instant at which a cron expression is due.

    Attributes:
        at: The instant, UTC.
        wall: The wall time that the expression names, naive; a clock that skips it never shows it.
    """

    at: datetime
    wall: datetime


def parse_cron(text: str) -> str:
    """Check a cron expression of five fields: minute, hour, day of month, month, day of week.

    Raises:
        ValueError: If it is none, or names a time that never comes.
    """
    if len(text.split()) != 5:
        raise ValueError(
            f"{text!r} is no cron expression of five fields: minute, hour, day, month, weekday."
            " Write e.g. '0 1 * * *' for every day at 01:00."
        )
    try:
        next(CronSim(text, _ANY_YEAR))
    except CronSimError as error:
        message = str(error).replace("Bad ", "it has no valid ")
        raise ValueError(f"{text!r} is no cron expression: {message}.") from None
    except StopIteration:
        raise ValueError(f"{text!r} names a day that never comes.") from None
    return text


def due_between(cron: str, zone: str, start: datetime, end: datetime) -> list[Due]:
    """What is due from `start` until before `end`, oldest first, no instant twice.

    An expression that is due in every hour (`*` for the hour) is due in both hours where one is repeated. A
    day that the zone skips as a whole has no due instant.
    """
    found: dict[datetime, Due] = {}
    every_hour = len(CronSim(cron, _ANY_YEAR).hours) == 24
    for wall in _walls(cron, zone, start, end):
        found |= {at: Due(at, wall) for at in _instants(wall, zone, every_hour=every_hour)}
    return [found[at] for at in sorted(found) if start <= at < end]


def first_instant(wall: datetime, zone: str) -> datetime:
    """The first instant, UTC, at which a clock of the zone shows this naive wall time or a later one."""
    readings = [wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]
    if readings[0] <= readings[1]:
        return readings[0]
    # In a gap `fold` reads the wall time by the offset after the jump, then by the one before it (PEP 495):
    # the jump lies between the two.
    least, most = ((reading - EPOCH) // timedelta(seconds=1) for reading in reversed(readings))
    seconds = range(least, most + 1)
    at = bisect_left(seconds, wall, key=lambda second: _wall(EPOCH + timedelta(seconds=second), zone))
    return EPOCH + timedelta(seconds=seconds[at])


def _walls(cron: str, zone: str, start: datetime, end: datetime) -> Iterator[datetime]:
    """The wall times of an expression whose instants may lie between two instants, ascending."""
    first, last = _wall(start, zone) - _WIDEST_JUMP, _wall(end, zone) + _WIDEST_JUMP
    for wall in CronSim(cron, first):
        if wall > last:
            return
        yield wall


def _instants(wall: datetime, zone: str, *, every_hour: bool) -> Iterator[datetime]:
    at = first_instant(wall, zone)
    if _wall(at, zone).date() != wall.date() and not _exists(wall.date(), zone):
        return
    yield at
    if every_hour:
        yield max(at, wall.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC))


def _exists(day: date, zone: str) -> bool:
    return _wall(first_instant(datetime.combine(day, time()), zone), zone).date() == day


def _wall(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
