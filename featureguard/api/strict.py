"""What may be sent: strict JSON, known keys, bounded text, aware times."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from featureguard.api.problems import ProblemError

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Instants outside of these are mistakes."""


def _clean(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control characters, line breaks and broken characters are not allowed.")
    return text


def _plausible(instant: datetime) -> datetime:
    if not EARLIEST <= instant < LATEST:
        raise ValueError("write an instant between the years 2000 and 2099.")
    return instant.astimezone(UTC)


Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
"""A dataset, a subject or an action."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_clean)]
"""One line of text."""
Key = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_clean)]
"""An idempotency key."""
Instant = Annotated[AwareDatetime, AfterValidator(_plausible)]
"""An instant with a zone, ISO 8601."""
Seconds = Annotated[float, Field(gt=0, le=366 * 86_400, allow_inf_nan=False)]
"""A length of time."""
Digest = Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=r"^[0-9a-f]+$")]
"""A decision's id, or the beginning of it."""
ShortId = Annotated[str, StringConstraints(min_length=4, max_length=64, pattern=r"^[0-9a-f]+$")]
"""The id of a waiver or an incident."""


class Body(BaseModel):
    """A document that is sent: unknown keys are refused, nothing is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StrictRoute(APIRoute):
    """A route that reads JSON as it is meant: no key twice, no NaN, and said to be JSON."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strict


class _StrictRequest(Request):
    async def json(self) -> Any:
        if not _is_json(self.headers.get("content-type", "")):
            raise ProblemError("unsupported-media-type", "Send 'Content-Type: application/json'.")
        return parse(await self.body())


def parse(body: bytes) -> Any:
    """Read a JSON document.

    Raises:
        ProblemError: If it is none, a key stands twice, or a number is none.
    """
    try:
        return json.loads(body, object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    except RecursionError:
        raise ProblemError("invalid", "The body is nested too deeply.") from None
    except ValueError as error:
        raise ProblemError("invalid", f"The body is no JSON that can be read: {error}.") from None


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} stands twice")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number")
