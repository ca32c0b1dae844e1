"""All that a decision may rest on, read from one state of the database."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from featureguard.evidence import Evidence, Look, Sight
from featureguard.observation import History
from featureguard.store import queries
from featureguard.store.external import latest_results
from featureguard.store.learned import marks

SEEN_WITHIN = timedelta(hours=48)
"""How far before the last look another one may contradict it."""

MAX_SEEN = 50
"""How many looks, at most, are compared."""

_UNITS = 64


def evidence(connection: Connection, dataset: str, until: datetime | None) -> Evidence:
    """What is known about a dataset from looks and results up to an instant, or up to the last one."""
    last = queries.last_look(connection, dataset, until)
    whole = last is None or last.observation.failure is None
    complete = last if whole else queries.last_look(connection, dataset, until, complete=True)
    return Evidence(
        dataset=dataset,
        last=last,
        complete=complete,
        seen=_seen(connection, last, complete) if last else (),
        history=_history(connection, complete) if complete else History(),
        learned=marks(connection, dataset),
        external=latest_results(connection, dataset, until),
    )


def _seen(connection: Connection, last: Look, complete: Look | None) -> tuple[Sight, ...]:
    """Recent looks, latest first; the last complete one is among them, however long ago."""
    dataset, until = last.observation.dataset, last.observation.observed_at
    recent = queries.sights(connection, dataset, until - SEEN_WITHIN, until, MAX_SEEN)
    if complete is None or complete.id in {sight.look for sight in recent}:
        return tuple(recent)
    return (*recent, _sight(complete))


def _history(connection: Connection, complete: Look) -> History:
    seen = complete.observation
    return queries.history(connection, seen.dataset, seen.observed_at, _UNITS)


def _sight(look: Look) -> Sight:
    seen = look.observation
    whole = seen.failure is None
    return Sight(look.id, seen.observed_at, look.recorder, whole, seen.snapshot, seen.clocks)
