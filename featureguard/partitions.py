"""Which partitions of a dataset there are, and which are missing between others.

A partition is a whole hour, day, week or month, known by its key (`2013-12-30`). Whether newer ones are due
is for freshness to say: expected is what lies between the first and the newest partition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache

from featureguard.arrivals import Partitions
from featureguard.cron import first_instant
from featureguard.schedule import NOMINAL, is_off
from featureguard.windows import Window, Windows

MAX_PARTITIONS = 4_096
"""Most partitions that are looked at, the newest ones: eleven years of days, 170 days of hours."""

_DIGITS = {"hour": "%Y%m%d%H", "day": "%Y%m%d", "month": "%Y%m"}


@dataclass(frozen=True, slots=True)
class Completeness:
    """What is there of what is expected.

    Attributes:
        expected: The expected partitions that are over, oldest first.
        missing: Keys of those that are not there.
        under_filled: Keys of those that hold too few rows.
        uncounted: Keys of those whose rows nobody has counted.
        complete_through: End of the longest run of filled partitions from the first; `None` if that is not.
    """

    expected: tuple[Window, ...]
    missing: tuple[str, ...]
    under_filled: tuple[str, ...]
    uncounted: tuple[str, ...]
    complete_through: datetime | None

    @property
    def broken(self) -> tuple[str, ...]:
        """Keys of those that are missing or under-filled, oldest first."""
        return tuple(sorted((*self.missing, *self.under_filled)))


def partition_rows(
    promise: Partitions, found: Iterable[tuple[str, int | None]], seen_at: datetime
) -> dict[str, int | None]:
    """Rows by key of the newest partitions, from names and rows of their parts; `None` absorbs.

    Names of no partition, and partitions that begin after `seen_at`, are left out.
    """
    windows, rows = Windows(promise.per, promise.zone), dict[str, int | None]()
    for name, count in found:
        window = window_named(windows, name)
        if window and window.start <= seen_at:
            before = rows.get(window.key, 0)
            rows[window.key] = None if before is None or count is None else before + count
    return dict(sorted(rows.items())[-MAX_PARTITIONS:])


def completeness(
    promise: Partitions, rows: Mapping[str, int | None], seen_at: datetime
) -> Completeness | None:
    """Compare the partitions there are with those expected; `None` if there is none at all.

    Raises:
        MissingExtraError: If the promise names holidays and the package `holidays` is not installed.
    """
    windows = Windows(promise.per, promise.zone)
    there = [window for key in rows if (window := window_named(windows, key))]
    if not there:
        return None
    first, last = min(window.start for window in there), max(window.start for window in there)
    if promise.since:
        first = first_instant(datetime.combine(promise.since, time()), promise.zone)
    first = max(first, last - (MAX_PARTITIONS - 1) * NOMINAL[promise.per])
    reach = windows.between(first, last) if first <= last else []
    expected = tuple(w for w in reach if w.end <= seen_at and not is_off(promise.calendar, w, promise.zone))
    missing = tuple(w.key for w in expected if w.key not in rows)
    uncounted = tuple(w.key for w in expected if rows.get(w.key, 0) is None)
    few = tuple(w.key for w in expected if _is_few(rows.get(w.key), promise.at_least_rows))
    return Completeness(expected, missing, few, uncounted, _prefix(expected, {*missing, *few, *uncounted}))


@lru_cache(maxsize=2 * MAX_PARTITIONS)
def window_named(windows: Windows, name: str) -> Window | None:
    """The window that a name means, in any of the usual spellings; `None` if it means none.

    Of a name only the numbers count: `2013-12-30`, `20131230` and `2013-12-30` joined from three folders.
    """
    numbers = "".join(number.zfill(2) for number in re.findall(r"\d+", name, re.ASCII))
    try:
        if windows.per == "week":
            wall = datetime.strptime(f"{numbers} 1", "%G%V %u")  # noqa: DTZ007  (wall time)
        else:
            wall = datetime.strptime(numbers, _DIGITS[windows.per])  # noqa: DTZ007
        window = windows.at(first_instant(wall, windows.cut_zone))
    except (ValueError, OverflowError):
        return None
    # The numbers are those of its key, unless a day was named that the zone skips.
    return window if re.sub(r"\D", "", window.key) == numbers else None


def _is_few(rows: int | None, at_least: int) -> bool:
    return rows is not None and rows < at_least


def _prefix(expected: Iterable[Window], broken: set[str]) -> datetime | None:
    end = None
    for window in expected:
        if window.key in broken:
            break
        end = window.end
    return end
