"""What people did about incidents: acknowledged, assigned, remarked."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from featureguard.store import changes, encoding, upsert
from featureguard.store.queries import chunks
from featureguard.store.tables import NOTES


@dataclass(frozen=True, slots=True)
class NoteFact:
    """Something that a person did about an incident.

    Attributes:
        incident: The incident's key.
        kind: What was done, in the incidents' own words.
        by: Who did it.
        at: When, UTC.
        text: What there is to say about it.
    """

    incident: str
    kind: str
    by: str
    at: datetime
    text: str


def add_note(connection: Connection, note: NoteFact) -> None:
    """Record a note; once or often is the same."""
    told = {**asdict(note), "at": encoding.to_micros(note.at)}
    body = encoding.to_text(told)
    row = {"id": encoding.digest_of(body), "incident": note.incident, "at": told["at"], "body": body}
    upsert.add(connection, NOTES, [row])
    changes.bump(connection, [changes.NOTES])


def notes(connection: Connection, incidents: Collection[str] | None) -> list[NoteFact]:
    """The notes of some incidents, or of all, oldest first."""
    query = select(NOTES.c.body).order_by(NOTES.c.at, NOTES.c.id)
    if incidents is None:
        return [_note(body) for body in connection.scalars(query)]
    portions = [query.where(NOTES.c.incident.in_(some)) for some in chunks(sorted(incidents))]
    found = [_note(body) for portion in portions for body in connection.scalars(portion)]
    return sorted(found, key=lambda note: note.at)


def _note(body: str) -> NoteFact:
    told = json.loads(body)
    return NoteFact(**{**told, "at": encoding.to_instant(told["at"])})
