"""Who wrote what since: a counter per topic, so that readers know when to read again."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from featureguard.store import upsert
from featureguard.store.tables import CHANGES

WAIVERS, NOTES, TOKENS = "waivers", "notes", "tokens"


def of_dataset(name: str) -> str:
    """The topic of everything recorded about a dataset but readings."""
    return f"dataset:{name}"


def of_readings(name: str) -> str:
    """The topic of readings, which add to a dataset's timelines and to nothing else."""
    return f"readings:{name}"


def bump(connection: Connection, topics: Iterable[str]) -> None:
    """Count a change of each topic, in the transaction that makes it."""
    # Always in one order, so that two writers never wait for each other in a circle.
    upsert.count(connection, CHANGES, [{"topic": topic, "version": 1} for topic in sorted(set(topics))])


def versions(connection: Connection) -> dict[str, int]:
    """How often each topic was written; a topic that never was is not there."""
    rows = connection.execute(select(CHANGES.c.topic, CHANGES.c.version))
    return {row.topic: row.version for row in rows}
