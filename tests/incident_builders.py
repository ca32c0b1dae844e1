"""A small builder of incidents, in hours of one day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from featureguard.incident import Incident, Recovered, Started
from featureguard.result import Code, Severity

HOUR = timedelta(hours=1)


def clock(hour: float) -> datetime:
    """An hour of the day."""
    return datetime(2013, 2, 8, tzinfo=UTC) + hour * HOUR


def incident(
    dataset: str = "rides",
    by: float = 6,
    resolved: float | None = 9,
    *,
    after: float | None = None,
    detected: float | None = 7,
    last_bad: float = 8,
    check: str = "freshness",
    severity: Severity = Severity.BLOCK,
) -> Incident:
    """One that began by 6 and was resolved at 9, unless said otherwise; first and last bad lie between."""
    opened = max(by, detected or by)
    return Incident(
        dataset=dataset,
        check=check,
        column=None,
        code=Code.DATA_STALE,
        severity=severity,
        started=Started(None if after is None else clock(after), clock(by)),
        detected=None if detected is None else clock(opened),
        recovered=Recovered(clock(max(opened, last_bad)), None if resolved is None else clock(resolved)),
        openings=(clock(opened),),
    )
