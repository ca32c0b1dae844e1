"""Periods and instants as people write them for options."""

from __future__ import annotations

from datetime import datetime, timedelta

from featureguard.checks import words
from featureguard.duration import parse_duration
from featureguard.errors import UsageError
from featureguard.instant import parse_instant

_USUAL = timedelta(days=28)


def period(
    now: datetime, window: str | None, since: str | None, until: str | None
) -> tuple[datetime, datetime]:
    """The period that somebody asks for: by default the 28 days up to now.

    Raises:
        UsageError: If it is none, or lies in the future.
    """
    if window and since:
        raise UsageError("--window and --since both say where the period begins. Give one of them.")
    end = instant_of(until, "--until") if until else now
    start = instant_of(since, "--since") if since else end - (duration_of(window) if window else _USUAL)
    if end > now:
        raise UsageError(f"--until {until!r} lies in the future. It can be told what was, up to now.")
    if start >= end:
        raise UsageError(f"The period begins at {words.instant(start)}, not before its end. Mend --since.")
    return start, end


def instant_of(text: str, option: str) -> datetime:
    """An instant as somebody writes it for an option.

    Raises:
        UsageError: If it is none, or has no zone.
    """
    if (found := parse_instant(text)) is None:
        raise UsageError(f"{option} {text!r} is no instant with a zone. Write e.g. 2013-02-01T00:00:00Z.")
    return found


def duration_of(text: str) -> timedelta:
    """The length of a window.

    Raises:
        UsageError: If it is none.
    """
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--window {text!r}: {error}") from None
