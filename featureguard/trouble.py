"""What is broken or was: incidents of many datasets, grouped by cause, with what people did about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from featureguard.accounting import Books
from featureguard.errors import UsageError
from featureguard.incident import Group, Incident, Note, State, group, lasted, state
from featureguard.lineage import Lineage
from featureguard.scorecard import Incidents
from featureguard.scorecard.documents import incident_to_dict, incidents_to_dict, lapse_to_dict
from featureguard.scorecard.incidents import merged, sum_up
from featureguard.store.notes import NoteFact

MIN_KEY = 4
"""Fewest characters of a key that name an incident."""

NoteKind = Literal["acknowledge", "assign", "note"]
_KINDS: dict[str, NoteKind] = {"acknowledge": "acknowledge", "assign": "assign", "note": "note"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What broke, and what people did about it.

    Attributes:
        groups: By root cause, oldest first.
        notes: All notes about them.
        total: The same summed up.
        unknown: Share of the time in which nobody knows; `None` if no limit was in force.
    """

    groups: Sequence[Group]
    notes: Sequence[Note]
    total: Incidents
    unknown: float | None

    @property
    def now(self) -> datetime:
        """The instant of the question."""
        return self.total.now

    @property
    def open_groups(self) -> Sequence[Group]:
        """Those of which something still is broken."""
        return [one for one in self.groups if is_open(one)]

    def state(self, incident: Incident) -> State:
        """Where an incident stands."""
        return state(incident, self.notes)


def trouble(
    books: Sequence[Books],
    lineage: Lineage,
    notes: Callable[[Collection[str]], Iterable[NoteFact]],
    now: datetime,
    since: datetime | None = None,
) -> Trouble:
    """Find what broke.

    Args:
        books: The datasets in question.
        lineage: Who is made from whom.
        notes: Gives the notes about incidents with these keys.
        now: The instant of the question.
        since: Incidents that were over before it are left out.
    """
    return joined([trouble_of(one, since) for one in books], lineage, notes, now)


@dataclass(frozen=True, slots=True)
class OwnTrouble:
    """What broke in one dataset.

    Attributes:
        incidents: Oldest first.
        total: The same summed up.
        hysteresis: How long it must be well for an incident to be over.
        valid: Time under a limit, microseconds.
        unknown: How much of it nobody knows.
    """

    incidents: Sequence[Incident]
    total: Incidents
    hysteresis: timedelta
    valid: float
    unknown: float


def trouble_of(books: Books, since: datetime | None = None) -> OwnTrouble:
    """Find what broke in one dataset.

    Args:
        books: The dataset.
        since: Incidents that were over before it are left out.
    """
    incidents, start = books.incidents(since), since or books.first_look or books.now
    sli = books.sli("time", start, books.now)  # What nobody saw is no incident.
    total = sum_up(incidents, start, books.now, books.now)
    return OwnTrouble(incidents, total, books.hysteresis, sli.valid, sli.unknown)


def joined(
    parts: Sequence[OwnTrouble],
    lineage: Lineage,
    notes: Callable[[Collection[str]], Iterable[NoteFact]],
    now: datetime,
) -> Trouble:
    """What broke in many datasets, grouped by cause.

    Args:
        parts: What broke in each.
        lineage: Who is made from whom.
        notes: Gives the notes about incidents with these keys.
        now: The instant of the question.
    """
    incidents = [incident for one in parts for incident in one.incidents]
    slack = max((one.hysteresis for one in parts), default=timedelta())
    valid, unknown = sum(one.valid for one in parts), sum(one.unknown for one in parts)
    return Trouble(
        group(incidents, lineage, slack),
        notes_about(incidents, notes),
        merged((one.total for one in parts), now),
        unknown / valid if valid else None,
    )


def notes_about(
    incidents: Iterable[Incident], notes: Callable[[Collection[str]], Iterable[NoteFact]]
) -> list[Note]:
    """The notes about some incidents, also under the keys they had before they joined."""
    keys = {key for incident in incidents for key in incident.keys}
    return [
        Note(one.incident, _KINDS[one.kind], one.by, one.at, one.text)
        for one in notes(keys)
        if one.kind in _KINDS
    ]


def incident_named(books: Iterable[Books], key: str) -> Incident:
    """The one incident whose key begins so.

    Raises:
        UsageError: If there is none, or more than one.
    """
    if len(key) < MIN_KEY:
        raise UsageError(f"{key!r} is too short. Write at least {MIN_KEY} characters of the incident's key.")
    fits = [one for book in books for one in book.incidents() if any(k.startswith(key) for k in one.keys)]
    if not fits:
        raise UsageError(f"No incident has the key {key!r}. 'featureguard incidents --all' lists them.")
    if len(fits) > 1:
        keys = ", ".join(one.key for one in fits)
        raise UsageError(f"Several incidents have a key like {key!r}: {keys}. Write more of it.")
    return fits[0]


def is_open(one: Group) -> bool:
    """Whether anything of a group still is broken."""
    return any(incident.is_open for incident in (*one.roots, *(hit.incident for hit in one.impact)))


def trouble_to_dict(found: Trouble, shown: Sequence[Group]) -> dict[str, Any]:
    """What broke, as plain values.

    Args:
        found: All of it, summed up.
        shown: The groups to tell.
    """
    return {
        "summary": {**incidents_to_dict(found.total), "unknown_ratio": found.unknown},
        "groups": [
            {
                "dataset": one.dataset,
                "severity": one.severity.value,
                "open": is_open(one),
                "takes_down": list(one.takes_down),
                "roots": [told(root, found) for root in one.roots],
                "impact": [{"path": list(hit.path), **told(hit.incident, found)} for hit in one.impact],
            }
            for one in shown
        ],
    }


def told(incident: Incident, found: Trouble) -> dict[str, Any]:
    """One incident with what people did about it, as plain values."""
    where = found.state(incident)
    return {
        **incident_to_dict(incident),
        "lasted_seconds": lapse_to_dict(lasted(incident, found.now)),
        "stage": where.stage.value,
        "assignee": where.assignee,
        "notes": [{"kind": n.kind, "by": n.by, "at": n.at.isoformat(), "text": n.text} for n in where.notes],
    }
