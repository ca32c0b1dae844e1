"""The small words of documents that are sent: bounded text, aware instants, whole numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

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


# Seconds since the epoch, also as text, may be milliseconds, or an hour without a day.
_SPELLED = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]"


def _instants(_type: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
    """An instant as text; all of it is checked outside of Python, since observations are many."""
    text = core_schema.custom_error_schema(
        core_schema.str_schema(pattern=_SPELLED, max_length=40),
        custom_error_type="instant",
        custom_error_message="write an instant as in '2013-02-09T12:00:00Z'.",
    )
    return core_schema.chain_schema([text, core_schema.datetime_schema(tz_constraint="aware")])


Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
"""A dataset, a subject or an action."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(clean)]
"""One line of text."""
DataText = Annotated[str, StringConstraints(max_length=10_000)]
"""Text that data chose: any, as long as it is Unicode."""
Instant = Annotated[
    datetime,
    GetPydanticSchema(_instants),
    AfterValidator(_plausible),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant with a zone, ISO 8601, never a number; read as UTC."""
Count = Annotated[int, Field(strict=True, ge=0, le=MOST)]
"""How many."""
NeverWord = Literal["never"]
"""There is no valid value."""


class Document(BaseModel):
    """A document that is sent: unknown keys are refused, nothing is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
