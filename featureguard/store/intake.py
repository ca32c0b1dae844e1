"""Clock readings from elsewhere: they go into the timeline and nowhere else, many in one transaction.

A reading tells how new the data was, not that it is good: it is no look, and a gate still asks for one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from featureguard.profile import Never
from featureguard.store import changes, facts
from featureguard.timeline import Sighting, is_stale, record


@dataclass(frozen=True, slots=True)
class Reading:
    """What one clock of a dataset showed somebody.

    Attributes:
        dataset: Its name.
        clock: Its name, e.g. `event_time`.
        observed_at: When, by the clock of whoever looked, UTC.
        newest: Newest value that is not from the future; `NEVER` if there is none.
        recorder: Who looked.
        max_age: The limit then in force for this clock; `None` without one.
    """

    dataset: str
    clock: str
    observed_at: datetime
    newest: datetime | Never
    recorder: str
    max_age: timedelta | None = None


def add_readings(connection: Connection, readings: Iterable[Reading]) -> None:
    """Add to timelines; order, repetition and how readings are batched change nothing."""
    seen: dict[tuple[str, str, str], list[Sighting]] = {}
    for one in readings:
        stale = is_stale(one.newest, one.observed_at, one.max_age)
        sighting = Sighting(one.observed_at, one.newest, stale)
        seen.setdefault((one.dataset, one.clock, one.recorder), []).append(sighting)
    rows = [
        facts.run_row(dataset, clock, recorder, "look", run)
        for (dataset, clock, recorder), sightings in sorted(seen.items())
        for run in record(sightings)
    ]
    facts.add_runs(connection, rows)
    changes.bump(connection, sorted({changes.of_dataset(dataset) for dataset, _, _ in seen}))
