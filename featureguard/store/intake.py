"""Observations from elsewhere: many of them in one transaction, each once, however often it is sent.

A reading goes into the timeline and nowhere else. It tells how new the data was, not that it is good: it is
no look, and a gate still asks for one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter

from sqlalchemy import Connection, select

from featureguard.contract import Contract
from featureguard.observation import History, Observation
from featureguard.profile import Never
from featureguard.store import changes, facts, queries, upsert
from featureguard.store.encoding import digest_of, to_micros, to_text
from featureguard.store.facts import LookFact
from featureguard.store.tables import LOOKS
from featureguard.timeline import is_stale

HISTORY_UNITS = 64
"""How many units of the past a look is judged beside."""


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


@dataclass(frozen=True, slots=True)
class SentLook:
    """A look that somebody else took, not judged yet.

    Attributes:
        observation: What was seen.
        contract: What it is to be judged by.
        recorder: Who looked.
    """

    observation: Observation
    contract: Contract
    recorder: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What somebody sent at once: all of it is kept, or nothing.

    Attributes:
        readings: Of clocks.
        looks: At datasets.
    """

    readings: Sequence[Reading] = ()
    looks: Sequence[SentLook] = ()


Judge = Callable[[SentLook, History], LookFact]


def add_batches(connection: Connection, batches: Sequence[Batch], judge: Judge) -> list[list[str]]:
    """Record what several senders sent; ids of the looks of each."""
    add_readings(connection, (one for batch in batches for one in batch.readings))
    places = [(n, place) for n, batch in enumerate(batches) for place in range(len(batch.looks))]
    found = [[""] * len(batch.looks) for batch in batches]
    # By dataset, so that two writers never wait for each other in a circle; then as they were taken.
    for n, place in sorted(places, key=lambda at: _order(batches[at[0]].looks[at[1]])):
        found[n][place] = _add_sent(connection, batches[n].looks[place], judge)
    return found


def add_readings(connection: Connection, readings: Iterable[Reading]) -> None:
    """Add to timelines; order, repetition and how readings are batched change nothing."""
    # A sighting is a run of its own, which the table merges: merging them here first would cost more.
    rows = [_run_row(one) for one in readings]
    rows.sort(key=_by_dataset)
    facts.add_runs(connection, rows)
    changes.bump(connection, {changes.of_readings(str(row["dataset"])) for row in rows})


_by_dataset = itemgetter("dataset", "hour", "value", "clock", "recorder")


def _run_row(one: Reading) -> dict[str, object]:
    at = to_micros(one.observed_at)
    return {
        "dataset": one.dataset,
        "clock": one.clock,
        "hour": at - at % facts.HOUR_MICROS,
        "value": to_micros(one.newest),
        "recorder": one.recorder,
        "provenance": "look",
        "first_seen": at,
        "last_seen": at,
        "first_stale": at if is_stale(one.newest, one.observed_at, one.max_age) else None,
    }


def _order(sent: SentLook) -> tuple[str, datetime]:
    return sent.observation.dataset, sent.observation.observed_at


def _add_sent(connection: Connection, sent: SentLook, judge: Judge) -> str:
    """Record a look; one that is there stays as it was judged, though the past may look different now."""
    look = sent.observation
    upsert.lock(connection, f"looks at {look.dataset}")
    body, units, _ = facts.told_of(look)
    digest = digest_of(to_text([body, units]))
    at = (LOOKS.c.dataset == look.dataset, LOOKS.c.observed_at == to_micros(look.observed_at))
    taken = select(LOOKS.c.id, LOOKS.c.body).where(*at, LOOKS.c.recorder == sent.recorder)
    for known, told in connection.execute(taken):
        if json.loads(told).get(facts.SENT) == digest:
            return str(known)
    history = queries.history(connection, look.dataset, look.observed_at, HISTORY_UNITS)
    return facts.add_look(connection, replace(judge(sent, history), sent=digest))
