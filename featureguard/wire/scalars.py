"""The small words of documents that are sent: bounded text, aware instants, whole numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Instants outside of these are mistakes."""

MOST = 2**63 - 1
"""The largest number that every database holds."""


def clean(text: str) -> str:
    """Text that can be printed on one line.

    Raises:
        ValueError: If it cannot.
    """
    if not text.isprintable():
        raise ValueError("control characters, line breaks and broken characters are not allowed.")
    return text


def _plausible(instant: datetime) -> datetime:
    if not EARLIEST <= instant < LATEST:
        raise ValueError("write an instant between the years 2000 and 2099.")
    return instant.astimezone(UTC)


def _spelled_out(value: object) -> object:
    """Seconds since the epoch, also as text, may be milliseconds, or an hour without a day."""
    if isinstance(value, datetime) or (isinstance(value, str) and value.count("-") > 1):
        return value
    raise ValueError("write an instant as in '2013-02-09T12:00:00Z'.")


Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
"""A dataset, a subject or an action."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(clean)]
"""One line of text."""
DataText = Annotated[str, StringConstraints(max_length=10_000)]
"""Text that data chose: any, as long as it is Unicode."""
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_spelled_out),
    AfterValidator(_plausible),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant with a zone, ISO 8601; never a number."""
Count = Annotated[int, Field(strict=True, ge=0, le=MOST)]
"""How many."""
NeverWord = Literal["never"]
"""There is no valid value."""


class Document(BaseModel):
    """A document that is sent: unknown keys are refused, nothing is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
