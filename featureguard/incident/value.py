"""One incident: a promise was broken from about here until about there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from featureguard.result import Code, Severity
from featureguard.windows import to_micros


@dataclass(frozen=True, slots=True)
class Started:
    """When an incident began: not before `after` and not later than `by`.

    Attributes:
        after: Last instant known good before it; `None` if it was never seen good.
        by: First instant known bad.
    """

    after: datetime | None
    by: datetime


@dataclass(frozen=True, slots=True)
class Recovered:
    """When an incident ended: not before `last_bad` and not later than `resolved`.

    Attributes:
        last_bad: Last sighting that was bad.
        resolved: First good one after it; `None` while the incident is open.
    """

    last_bad: datetime
    resolved: datetime | None


@dataclass(frozen=True, slots=True)
class Incident:
    """One promise of one dataset, broken for a while.

    Attributes:
        dataset: Name of the dataset.
        check: Name of the check: `freshness`, or that of another promise.
        column: Column that the check is about, or `None`.
        code: What was wrong when it opened; `None` if the check named no code.
        severity: The worst that the promise had meanwhile; `warn` only says so.
        started: When it began.
        detected: First look that found it; `None` if only history shows it.
        recovered: When it ended.
        openings: The bad sighting that opened it; more than one where it flapped.
    """

    dataset: str
    check: str
    column: str | None
    code: Code | None
    severity: Severity
    started: Started
    detected: datetime | None
    recovered: Recovered
    openings: tuple[datetime, ...]

    @property
    def opened(self) -> datetime:
        """First bad sighting, by a look or in a history."""
        return self.openings[0]

    @property
    def resolved(self) -> datetime | None:
        """First good sighting after it; `None` while it is open."""
        return self.recovered.resolved

    @property
    def is_open(self) -> bool:
        """Nobody has seen it good again."""
        return self.recovered.resolved is None

    @property
    def flaps(self) -> int:
        """How often it seemed over and came back within the hysteresis."""
        return len(self.openings) - 1

    @property
    def key(self) -> str:
        """Its name for people and other systems: 16 hexadecimal digits of a SHA-256.

        Made of dataset, check, column and the first bad sighting, which later looks do not move: the key
        stays while the incident goes on, flaps and ends. Only an earlier bad sighting that is recorded
        afterwards gives another key.
        """
        return self.keys[0]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all parts that flapping joined; notes under any of them are about this incident."""
        return tuple(_fingerprint(self.dataset, self.check, self.column, at) for at in self.openings)


def join(incidents: Iterable[Incident], hysteresis: timedelta) -> tuple[Incident, ...]:
    """Incidents of one promise, oldest first; those parted by less good time than the hysteresis are one.

    Good time between two is at least that from the first good sighting after the one to the last instant
    known good before the other. Where the promise was withdrawn in between there is none, and they stay two.
    """
    joined: list[Incident] = []
    for incident in sorted(incidents, key=lambda one: one.opened):
        if joined and _is_flap(joined[-1], incident, hysteresis):
            joined[-1] = _both(joined[-1], incident)
        else:
            joined.append(incident)
    return tuple(joined)


def _is_flap(before: Incident, incident: Incident, hysteresis: timedelta) -> bool:
    resolved, good_until = before.resolved, incident.started.after
    return resolved is not None and good_until is not None and good_until - resolved < hysteresis


def _both(before: Incident, incident: Incident) -> Incident:
    return dataclasses.replace(
        before,
        severity=worst_severity((before.severity, incident.severity)),
        detected=before.detected or incident.detected,
        recovered=incident.recovered,
        openings=before.openings + incident.openings,
    )


def worst_severity(severities: Iterable[Severity]) -> Severity:
    """`block` if one of them is, else `warn`."""
    return Severity.BLOCK if Severity.BLOCK in severities else Severity.WARN


def _fingerprint(dataset: str, check: str, column: str | None, opened: datetime) -> str:
    told = json.dumps([dataset, check, column, to_micros(opened)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]
