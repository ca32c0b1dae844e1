"""`featureguard incidents`: what is broken or was, what caused it, what it takes down, and who sees to it."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.text import Text

from featureguard.accounting import Books
from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import Opened, opened
from featureguard.cli.periods import instant_of
from featureguard.cli.tables import console
from featureguard.errors import UsageError
from featureguard.incident import Group, Incident, Note, Stage, State, group, lasted, state
from featureguard.result import Severity
from featureguard.scorecard import Incidents, phrases
from featureguard.scorecard.documents import incident_to_dict, incidents_to_dict, lapse_to_dict
from featureguard.scorecard.incidents import merged, sum_up
from featureguard.store.notes import NoteFact

MIN_KEY = 4
"""Fewest characters of a key that name an incident."""
_Kind = Literal["acknowledge", "assign", "note"]


def list_incidents(
    name: str | None,
    now: str | None,
    project: Path | None,
    environment: str | None,
    *,
    everything: bool,
    since: str | None,
    as_json: bool,
) -> int:
    """List incidents by their root cause: open ones, else also those that are over.

    Args:
        name: A dataset or a subject, with all that it is made from; `None` for everything.
    """
    with opened(project, environment, now) as found:
        start = instant_of(since, "--since") if since else None
        told = _found(found, name, start)
        shown = [one for one in told.groups if everything or start or _is_open(one)]
    if as_json:
        print_json(_to_dict(told, shown))
        return 0
    out = console()
    out.print(f"as of {words.instant(told.now)}")
    for one in shown:
        _print_group(one, told, out)
    if not shown:
        which = "" if everything or start else " is open"
        out.print(f"No incident{which}; what nobody saw is unknown time.")
    out.print(_response(told), soft_wrap=True)
    return 0


def add_note(
    kind: _Kind,
    key: str,
    text: str,
    now: str | None,
    project: Path | None,
    environment: str | None,
    *,
    by: str | None,
) -> int:
    """Record that somebody has seen an incident, takes care of it, or has something to say about it."""
    with opened(project, environment, now) as found:
        if not found.records:
            raise UsageError("A note is written now: --now is for simulated stores only.")
        incident = _named(found, key)
        author = by or getpass.getuser()
        found.guard.store_in_use.add_note(NoteFact(incident.key, kind, author, found.now, text))
        notes = _notes(found, [incident])
        console().print(_headline(incident, state(incident, notes), found.now))
    return 0


@dataclass(frozen=True, slots=True)
class _Found:
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

    def state(self, incident: Incident) -> State:
        """Where an incident stands."""
        return state(incident, self.notes)


def _found(found: Opened, name: str | None, since: datetime | None) -> _Found:
    catalog, now = found.catalog, found.now
    if name:
        found.guard.datasets_of(name)  # refuses an unknown name
    wanted = {*catalog.lineage.closure(name), name} if name else catalog.contracts.keys()
    books = [found.guard.books(one, now=now) for one in catalog.contracts if one in wanted]
    broken = {one: one.incidents(since) for one in books}
    incidents = [incident for some in broken.values() for incident in some]
    slack = max((one.hysteresis for one in books), default=timedelta())
    totals = [sum_up(some, since or one.first_look or now, now, now) for one, some in broken.items()]
    return _Found(
        group(incidents, catalog.lineage, slack),
        _notes(found, incidents),
        merged(totals, now),
        _unknown_share(books, since),
    )


def _unknown_share(books: Iterable[Books], since: datetime | None) -> float | None:
    """Of all time under a limit; what nobody saw is no incident."""
    valid = unknown = 0
    for one in books:
        sli = one.sli("time", since or one.first_look or one.now, one.now)
        valid, unknown = valid + sli.valid, unknown + sli.unknown
    return unknown / valid if valid else None


def _notes(found: Opened, incidents: Sequence[Incident]) -> list[Note]:
    keys = {key for incident in incidents for key in incident.keys}
    told = found.guard.store_in_use.notes(keys)
    kinds: dict[str, _Kind] = {"acknowledge": "acknowledge", "assign": "assign", "note": "note"}
    return [
        Note(one.incident, kinds[one.kind], one.by, one.at, one.text) for one in told if one.kind in kinds
    ]


def _named(found: Opened, key: str) -> Incident:
    """The one incident whose key begins so."""
    if len(key) < MIN_KEY:
        raise UsageError(f"{key!r} is too short. Write at least {MIN_KEY} characters of the incident's key.")
    books = (found.guard.books(name, now=found.now) for name in found.catalog.contracts)
    fits = [one for book in books for one in book.incidents() if any(k.startswith(key) for k in one.keys)]
    if not fits:
        raise UsageError(f"No incident has the key {key!r}. 'featureguard incidents --all' lists them.")
    if len(fits) > 1:
        keys = ", ".join(one.key for one in fits)
        raise UsageError(f"Several incidents have a key like {key!r}: {keys}. Write more of it.")
    return fits[0]


def _is_open(one: Group) -> bool:
    return any(incident.is_open for incident in (*one.roots, *(hit.incident for hit in one.impact)))


def _print_group(one: Group, told: _Found, out: Console) -> None:
    out.print()
    for root in one.roots:
        _print_incident(root, told, out, indent="")
    if one.takes_down:
        out.print(f"    takes down: {', '.join(one.takes_down)}", soft_wrap=True)
    for hit in one.impact:
        out.print(f"    follows: {' → '.join(hit.path)}", style="dim", soft_wrap=True)
        _print_incident(hit.incident, told, out, indent="    ")


def _print_incident(incident: Incident, told: _Found, out: Console, indent: str) -> None:
    where = told.state(incident)
    out.print(Text(indent).append_text(_headline(incident, where, told.now)), soft_wrap=True)
    for line in _story(incident, where):
        out.print(f"{indent}    {line}", soft_wrap=True)


_STYLES = {Stage.OPEN: "bold red", Stage.ACKNOWLEDGED: "yellow", Stage.RESOLVED: "green"}


def _headline(incident: Incident, where: State, now: datetime) -> Text:
    """`5f2a… OPEN flights: NULL_LIMIT of 'dep_delay', for 28h`."""
    stage = where.stage
    column = f" of '{phrases.one_line(incident.column)}'" if incident.column else ""
    warns = ", only a warning" if incident.severity is Severity.WARN else ""
    flaps = f", came back {words.count(incident.flaps, 'time')}" if incident.flaps else ""
    return Text.assemble(
        (incident.key, "dim"),
        "  ",
        (stage.value.upper() if stage is Stage.OPEN else stage.value, _STYLES[stage]),
        "  ",
        (incident.dataset, "bold"),
        f": {incident.code or incident.check}{column}, for {phrases.lapse(lasted(incident, now))}",
        f"{flaps}{warns}",
        f", {phrases.one_line(where.assignee)} takes care" if where.assignee else "",
    )


def _story(incident: Incident, where: State) -> Iterator[str]:
    yield f"started {_started(incident)}; {_detected(incident)}; {_recovered(incident)}"
    for note in where.notes:
        said = {"acknowledge": "acknowledged", "assign": "assigned to", "note": "noted"}[note.kind]
        if note.kind == "assign" and not note.text:
            said = "assigned to nobody"
        text = f" {phrases.one_line(note.text)}" if note.text else ""
        yield f"{words.instant(note.at)} {phrases.one_line(note.by)} {said}{text}"


def _started(incident: Incident) -> str:
    after, by = incident.started.after, words.instant(incident.started.by)
    if after is None:
        return f"by {by}, nobody knows since when"
    return by if words.instant(after) == by else f"between {words.instant(after)} and {by}"


def _detected(incident: Incident) -> str:
    return f"detected {words.instant(incident.detected)}" if incident.detected else "no look detected it"


def _recovered(incident: Incident) -> str:
    last_bad, resolved = words.instant(incident.recovered.last_bad), incident.resolved
    if resolved is None:
        return f"last seen bad {last_bad}"
    return f"recovered between {last_bad} and {words.instant(resolved)}"


def _response(told: _Found) -> str:
    """What is typical, with the unknown share beside it."""
    total = told.total
    mttd, mttr = phrases.quantiles(total.detection) or "none", phrases.quantiles(total.recovery) or "none"
    undetected = f"; {total.undetected} undetected" if total.undetected else ""
    share = f"{phrases.ratio(told.unknown)} of the time nobody knows"
    unwatched = share if told.unknown is not None else "no time was watched"
    return (
        f"\n{words.count(len(total.detected), 'incident')}, {len(total.still_open)} open{undetected};"
        f" median time to detect {mttd}, to recover {mttr};"
        f" {unwatched}"
    )


def _to_dict(told: _Found, shown: Sequence[Group]) -> dict[str, Any]:
    return {
        "now": told.now,
        "summary": {**incidents_to_dict(told.total), "unknown_ratio": told.unknown},
        "groups": [
            {
                "dataset": one.dataset,
                "severity": one.severity.value,
                "open": _is_open(one),
                "takes_down": list(one.takes_down),
                "roots": [_incident(root, told) for root in one.roots],
                "impact": [{"path": list(hit.path), **_incident(hit.incident, told)} for hit in one.impact],
            }
            for one in shown
        ],
    }


def _incident(incident: Incident, told: _Found) -> dict[str, Any]:
    where = told.state(incident)
    return {
        **incident_to_dict(incident),
        "lasted_seconds": lapse_to_dict(lasted(incident, told.now)),
        "stage": where.stage.value,
        "assignee": where.assignee,
        "notes": [{"kind": n.kind, "by": n.by, "at": n.at, "text": n.text} for n in where.notes],
    }
