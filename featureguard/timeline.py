"""What was visible when: runs of sightings that merge to the same set in any order (semantics, section 4).

Each look that found `value` as the newest of a clock adds a sighting. The sightings of one value in one UTC
hour are one run, of which only the first, the last and the first stale one are kept. So recording is
commutative, associative and idempotent: retries, parallel workers and replays change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from featureguard.profile import NEVER, Never


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look at one clock.

    Attributes:
        seen_at: When the look's snapshot was fixed.
        value: Newest value it found, or `NEVER` if there was none.
        stale: The value was older than the limit then in force.
    """

    seen_at: datetime
    value: datetime | Never
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """The sightings of one value in one hour.

    Attributes:
        value: Newest value found, or `NEVER`, which is older than every instant.
        hour: Start of the hour, UTC.
        first_seen: First sighting.
        last_seen: Last sighting.
        first_stale: First sighting that was stale, or `None`.
    """

    value: datetime | Never
    hour: datetime
    first_seen: datetime
    last_seen: datetime
    first_stale: datetime | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What counted as stale from an instant on, until the next limit came into force.

    Attributes:
        since: When the contract came into force.
        clock: The clock that its freshness uses; `None` if it has none.
        max_age: Largest age of the clock's newest value; `None` where the contract promises none.
    """

    since: datetime
    clock: str | None
    max_age: timedelta | None


def record(looks: Iterable[Sighting]) -> tuple[Run, ...]:
    """The runs of some sightings, whatever their order and repetition."""
    return _merged(map(_run, looks))


def merge(left: Iterable[Run], right: Iterable[Run]) -> tuple[Run, ...]:
    """The runs of both: minimum, maximum, minimum of those with the same value and hour."""
    return _merged((*left, *right))


def is_stale(value: datetime | Never, seen_at: datetime, max_age: timedelta | None) -> bool:
    """Whether a look found its newest value past the limit; without a limit nothing is."""
    if max_age is None:
        return False
    return value is NEVER or seen_at - value > max_age


def hour_of(instant: datetime) -> datetime:
    """The start of the UTC hour that an instant lies in."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _run(look: Sighting) -> Run:
    stale = look.seen_at if look.stale else None
    return Run(look.value, hour_of(look.seen_at), look.seen_at, look.seen_at, stale)


def _merged(runs: Iterable[Run]) -> tuple[Run, ...]:
    merged: dict[tuple[datetime, datetime | Never], Run] = {}
    for run in runs:
        key = run.hour, run.value
        merged[key] = _both(merged[key], run) if key in merged else run
    return tuple(sorted(merged.values(), key=_by_hour_and_value))


def _both(left: Run, right: Run) -> Run:
    stale = [run.first_stale for run in (left, right) if run.first_stale is not None]
    return Run(
        left.value,
        left.hour,
        min(left.first_seen, right.first_seen),
        max(left.last_seen, right.last_seen),
        min(stale, default=None),
    )


def _by_hour_and_value(run: Run) -> tuple[datetime, bool, datetime]:
    return run.hour, run.value is not NEVER, run.hour if run.value is NEVER else run.value
