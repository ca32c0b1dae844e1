"""How fresh each feature of each row of a response of Feast is, by the response's own times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Freshness(StrEnum):
    """How one feature of one entity stands; the later, the worse.

    Attributes:
        FRESH: Young enough.
        UNPROMISED: No contract says how old it may be.
        STALE: Older than its contract or its view's ttl allows.
        FUTURE: Of a time that has not come.
        MISSING: The store holds nothing for this entity, whatever Feast calls it.
    """

    FRESH = "fresh"
    UNPROMISED = "unpromised"
    STALE = "stale"
    FUTURE = "future"
    MISSING = "missing"


_RANK = {one: rank for rank, one in enumerate(Freshness)}


@dataclass(frozen=True, slots=True)
class Judged:
    """One feature of a response, row by row.

    Attributes:
        states: How it stands in each row.
        ages: Its age in each row; `None` where it has no time.
    """

    states: tuple[Freshness, ...]
    ages: tuple[timedelta | None, ...]


def judged(
    times_us: Sequence[int], now: datetime, limit: timedelta | None, *, promised: bool, skew: timedelta
) -> Judged:
    """Judge one stored feature.

    Args:
        times_us: Event time in each row, microseconds since the epoch; 0 where the store holds nothing.
        now: The instant, aware.
        limit: Largest age; `None` has no end.
        promised: Whether anybody said so; an unpromised age is not called fresh.
        skew: How far ahead of `now` a time may lie.
    """
    at = round(now.timestamp() * 1_000_000)
    ahead, oldest = at + _micros(skew), at - _micros(limit) if limit is not None else None

    def state(time: int) -> Freshness:
        if time <= 0:
            return Freshness.MISSING
        if time > ahead:
            return Freshness.FUTURE
        if oldest is not None and time < oldest:
            return Freshness.STALE
        return Freshness.FRESH if promised else Freshness.UNPROMISED

    ages = (timedelta(microseconds=at - time) if time > 0 else None for time in times_us)
    return Judged(tuple(map(state, times_us)), tuple(ages))


def worst(parts: Sequence[Judged]) -> Judged:
    """A feature that is computed from others is as good as the worst of them, and as old as the oldest."""
    states = (max(row, key=_RANK.__getitem__) for row in zip(*(one.states for one in parts), strict=True))
    ages = (
        max((age for age in row if age is not None), default=None)
        for row in zip(*(one.ages for one in parts), strict=True)
    )
    return Judged(tuple(states), tuple(ages))


def times_of(response: Any) -> dict[str, list[int]]:
    """Event times of a response's protobuf by feature, microseconds since the epoch."""
    return {
        name: [stamp.seconds * 1_000_000 + stamp.nanos // 1_000 for stamp in vector.event_timestamps]
        for name, vector in zip(response.metadata.feature_names.val, response.results, strict=True)
    }


def without(response: Any, states: Mapping[str, Sequence[Freshness]], bad: Iterable[Freshness]) -> None:
    """Take the values of such states out of a response's protobuf: null, with Feast's own status for it."""
    taken = frozenset(bad)
    outside_max_age = 4  # feast.serving.FieldStatus.OUTSIDE_MAX_AGE
    for name, vector in zip(response.metadata.feature_names.val, response.results, strict=True):
        for row, state in enumerate(states.get(name, ())):
            if state in taken:
                vector.values[row].Clear()
                if state is not Freshness.MISSING:
                    vector.statuses[row] = outside_max_age


def _micros(length: timedelta) -> int:
    return length // timedelta(microseconds=1)
