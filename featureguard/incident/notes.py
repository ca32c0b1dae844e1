"""What people did about an incident: acknowledged it, took it on, wrote something down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from featureguard.incident.value import Incident


@dataclass(frozen=True, slots=True)
class Note:
    """One thing a person said about an incident; facts like this are only ever added.

    Attributes:
        incident: Key of the incident.
        kind: `acknowledge`: somebody has seen it. `assign`: `text` is who takes care of it, nobody if empty.
            `note`: `text` is for others to read.
        by: Who said it.
        at: When.
        text: What was said.
    """

    incident: str
    kind: Literal["acknowledge", "assign", "note"]
    by: str
    at: datetime
    text: str = ""


class Stage(StrEnum):
    """How far an incident is."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class State:
    """Where an incident stands.

    Attributes:
        stage: Resolved once it was seen good again, which no note can claim.
        assignee: Who takes care of it; `None` if nobody does.
        notes: What was said about it, oldest first.
    """

    stage: Stage
    assignee: str | None
    notes: tuple[Note, ...]


def state(incident: Incident, notes: Iterable[Note]) -> State:
    """Where an incident stands after some notes, in any order; those about other incidents do not count."""
    keys = set(incident.keys)
    told = sorted({note for note in notes if note.incident in keys}, key=_order)
    assigned = [note.text for note in told if note.kind == "assign"]
    return State(_stage(incident, told), assigned[-1] or None if assigned else None, tuple(told))


def _stage(incident: Incident, notes: Iterable[Note]) -> Stage:
    if not incident.is_open:
        return Stage.RESOLVED
    seen = any(note.kind == "acknowledge" for note in notes)
    return Stage.ACKNOWLEDGED if seen else Stage.OPEN


def _order(note: Note) -> tuple[datetime, str, str, str]:
    return note.at, note.kind, note.by, note.text
