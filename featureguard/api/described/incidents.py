"""What broke, when, for how long, and what people did about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from featureguard.api.described.words import Answer, Number, Ratio, Read, ShortDigest
from featureguard.incident import Stage
from featureguard.result import Code, Severity


class Between(Answer):
    """A length of time, between two bounds.

    Attributes:
        least: At least so many seconds.
        most: At most so many; `None` if nobody can tell.
    """

    least: Annotated[float, Field(ge=0)]
    most: Annotated[float, Field(ge=0)] | None


class Typical(Answer):
    """What is typical of several lengths of time; each figure is `None` if there are none.

    Attributes:
        n: How many there are.
        mean: Their mean.
        median: The smallest that half of them do not exceed.
        p90: The smallest that 90 % of them do not exceed.
    """

    n: Number
    mean: Between | None
    median: Between | None
    p90: Between | None


class IncidentFigures(Answer):
    """What broke, summed up.

    Attributes:
        number: How many incidents.
        flaps: How often one seemed over and came back.
        open: How many nobody has seen end.
        undetected: Those that no look found, in no figure of the time to detect.
        time_to_detect_seconds: From start to the first look that found it; its mean is the MTTD.
        time_to_recover_seconds: From start to end, of those that are over; its mean is the MTTR.
    """

    number: Number
    flaps: Number
    open: Number
    undetected: Number
    time_to_detect_seconds: Typical
    time_to_recover_seconds: Typical


class IncidentSummary(IncidentFigures):
    """All incidents of the answer.

    Attributes:
        unknown_ratio: Share of the time in which nobody knows; `None` if no limit was in force.
    """

    unknown_ratio: Ratio | None


class Begin(Answer):
    """When an incident began.

    Attributes:
        after: Last instant known good before it; `None` if it was never seen good.
        by: First instant known bad.
    """

    after: datetime | None
    by: datetime


class End(Answer):
    """When an incident ended.

    Attributes:
        last_bad: Last sighting that was bad.
        resolved: First good one after it; `None` while the incident is open.
    """

    last_bad: datetime
    resolved: datetime | None


class Note(Answer):
    """What somebody did about an incident.

    Attributes:
        kind: `acknowledge`, `assign` or `note`.
        by: Who it was.
        at: When.
        text: What was said; of `assign`, who takes care of it.
    """

    kind: Literal["acknowledge", "assign", "note"]
    by: str
    at: datetime
    text: str


class Incident(Answer):
    """One promise that was broken from about here until about there.

    Attributes:
        key: Its name.
        dataset: Whose promise.
        check: Name of the check.
        column: Column that the check is about; `None` for the whole dataset.
        code: What was wrong when it opened; `None` if the check named no code.
        severity: The worst that the promise had meanwhile.
        open: Nobody has seen it end.
        started: When it began.
        detected: First look that found it; `None` if only history shows it.
        recovered: When it ended.
        flaps: How often it seemed over and came back.
        time_to_detect_seconds: From start to detection; `None` if no look found it.
        time_to_recover_seconds: From start to end; `None` while it is open.
        lasted_seconds: How long it has lasted so far.
        stage: How far it is.
        assignee: Who takes care of it; `None` if nobody does.
        notes: What people did about it, oldest first.
    """

    key: ShortDigest
    dataset: str
    check: str
    column: str | None
    code: Code | None
    severity: Severity
    open: bool
    started: Begin
    detected: datetime | None
    recovered: End
    flaps: Number
    time_to_detect_seconds: Between | None
    time_to_recover_seconds: Between | None
    lasted_seconds: Between
    stage: Stage
    assignee: str | None
    notes: list[Note]


class ImpactIncident(Incident):
    """An incident that has its cause upstream.

    Attributes:
        path: The shortest way from its dataset to the cause's, both included.
    """

    path: list[str]


class IncidentGroup(Answer):
    """What broke together.

    Attributes:
        dataset: Where it began.
        severity: The worst of all its incidents.
        open: Something of it still is broken.
        takes_down: All that depends on that dataset, nearest first, with an incident or without.
        roots: Incidents with no cause upstream, earliest first.
        impact: Incidents downstream, earliest first.
    """

    dataset: str
    severity: Severity
    open: bool
    takes_down: list[str]
    roots: list[Incident]
    impact: list[ImpactIncident]


class Incidents(Read):
    """What is broken, or was, by its cause.

    Attributes:
        summary: All of it together, whatever is shown.
        groups: By root cause, oldest first.
    """

    summary: IncidentSummary
    groups: list[IncidentGroup]


class IncidentRead(Incident, Read):
    """One incident."""


class IncidentNotes(Answer):
    """What people did about an incident.

    Attributes:
        key: Which one.
        notes: All notes, oldest first.
    """

    key: ShortDigest
    notes: list[Note]
