"""`featureguard incidents`: what is broken or was, what caused it, what it takes down, and who sees to it."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import Opened, opened
from featureguard.cli.periods import instant_of
from featureguard.cli.tables import console
from featureguard.errors import UsageError
from featureguard.incident import Group, Incident, Stage, State, lasted, state
from featureguard.result import Severity
from featureguard.scorecard import phrases
from featureguard.store.notes import NoteFact
from featureguard.trouble import (
    NoteKind,
    Trouble,
    incident_named,
    is_open,
    notes_about,
    trouble,
    trouble_to_dict,
)


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
        shown = [one for one in told.groups if everything or start or is_open(one)]
    if as_json:
        print_json({"now": told.now, **trouble_to_dict(told, shown)})
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
    kind: NoteKind,
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
        books = (found.guard.books(name, now=found.now) for name in found.catalog.contracts)
        incident = incident_named(books, key)
        author = by or getpass.getuser()
        found.guard.store_in_use.add_note(NoteFact(incident.key, kind, author, found.now, text))
        notes = notes_about([incident], found.guard.store_in_use.notes)
        console().print(_headline(incident, state(incident, notes), found.now))
    return 0


def _found(found: Opened, name: str | None, since: datetime | None) -> Trouble:
    catalog, now = found.catalog, found.now
    if name:
        found.guard.datasets_of(name)  # refuses an unknown name
    wanted = {*catalog.lineage.closure(name), name} if name else catalog.contracts.keys()
    books = [found.guard.books(one, now=now) for one in catalog.contracts if one in wanted]
    return trouble(books, catalog.lineage, found.guard.store_in_use.notes, now, since)


def _print_group(one: Group, told: Trouble, out: Console) -> None:
    out.print()
    for root in one.roots:
        _print_incident(root, told, out, indent="")
    if one.takes_down:
        out.print(f"    takes down: {', '.join(one.takes_down)}", soft_wrap=True)
    for hit in one.impact:
        out.print(f"    follows: {' → '.join(hit.path)}", style="dim", soft_wrap=True)
        _print_incident(hit.incident, told, out, indent="    ")


def _print_incident(incident: Incident, told: Trouble, out: Console, indent: str) -> None:
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


def _response(told: Trouble) -> str:
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
