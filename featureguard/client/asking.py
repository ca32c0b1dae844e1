"""How one request is asked: within a deadline, again where that may help, and never for longer.

The steps are a generator, so that blocking and asynchronous clients do exactly the same.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from featureguard.errors import FeatureGuardError, UsageError

STALE = "featureguard-stale"
"""The header, and the key in a document that was read, of a service that cannot read its store now."""

MOST_BYTES = 8 << 20
"""Largest answer that is read."""

_PASSING = frozenset({408, 429, 502, 503, 504})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


class RefusedError(UsageError):
    """The API does not let this token ask: there is none, it is not known, or it lacks a scope."""


class UnreachableError(FeatureGuardError):
    """The API gave no answer that makes sense, though it was asked as often as time allowed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        method: `GET` or `POST`.
        path: From the root, already quoted.
        query: Parameters.
        body: A document, or `None`.
        headers: Further headers.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Send:
    """Send it, within so many seconds."""

    asked: Asked
    seconds: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Got:
    """What came back.

    Attributes:
        status: The HTTP status; 0 if nothing came back.
        headers: In lower case.
        content: The body.
        failed: Why nothing came back.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    failed: str = ""


T = TypeVar("T")
Steps = Generator[Send | Pause, Got | None, T]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try.

    Attributes:
        seconds: For everything, retries and pauses included.
        attempts: How often, at most.
        random: Gives a number in [0, 1): pauses are spread, so that many clients do not come back at once.
        clock: Seconds, monotonic.
    """

    seconds: float
    attempts: int
    random: Callable[[], float]
    clock: Callable[[], float] = time.monotonic


def steps(asked: Asked, patience: Patience) -> Steps[Any]:
    """Ask until there is an answer.

    Returns:
        The document that was answered.

    Raises:
        UsageError: If the request itself is refused: wrong, or about something unknown.
        RefusedError: If this token may not ask it.
        UnreachableError: If nothing that makes sense came back in time.
    """
    end, why = patience.clock() + patience.seconds, "no time was given."
    for attempt in range(patience.attempts):
        left = end - patience.clock()
        if left <= 0:
            break
        got = yield Send(asked, left)
        assert got is not None, "a request is answered by what came back"
        if not got.failed and got.status not in _PASSING:
            return _document(got)
        why = got.failed or _told(got)
        pause = _pause(got, attempt, patience)
        if attempt + 1 == patience.attempts or patience.clock() + pause >= end:
            break
        yield Pause(pause)
    raise UnreachableError(why)


def _pause(got: Got, attempt: int, patience: Patience) -> float:
    """Full jitter, or as long as the service asks for."""
    asked_for = got.headers.get("retry-after", "")
    if asked_for.isascii() and asked_for.isdecimal():
        return float(asked_for[:6])
    return patience.random() * min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**attempt)


def _document(got: Got) -> Any:
    if 200 <= got.status < 300:
        if _media_type(got) != "application/json":
            raise UnreachableError("what answered is not the API: it sent no JSON.")
        try:
            found = json.loads(got.content)
        except (ValueError, RecursionError):
            raise UnreachableError("the answer is no JSON that can be read.") from None
        if isinstance(found, dict) and got.headers.get(STALE) == "true":
            found[STALE] = True
        return found
    if 300 <= got.status < 400:
        raise UnreachableError(f"it sends elsewhere (HTTP {got.status}), and this client follows nobody.")
    if 400 <= got.status < 500:
        if _media_type(got) != "application/problem+json":
            raise UnreachableError(
                f"what answered with HTTP {got.status} is not the API, or another version of it."
            )
        raise (RefusedError if got.status in (401, 403) else UsageError)(_told(got))
    raise UnreachableError(_told(got))


def _media_type(got: Got) -> str:
    return got.headers.get("content-type", "").partition(";")[0].strip()


def _told(got: Got) -> str:
    """What a problem says, in one line."""
    try:
        told = json.loads(got.content)
    except (ValueError, RecursionError):
        told = None
    detail = told.get("detail") if isinstance(told, dict) else None
    if not isinstance(detail, str):
        return f"it answered HTTP {got.status}."
    return "".join(c if c.isprintable() else " " for c in detail[:1_000])
