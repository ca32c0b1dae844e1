"""The small words of answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Ratio = Annotated[float, Field(ge=0, le=1)]
"""A share."""
Seconds = Annotated[float, Field(ge=0)]
"""A length of time."""
Number = Annotated[int, Field(ge=0)]
"""How many."""
Tier = Annotated[int, Field(ge=0, le=3)]
"""How much depends on something: 0 customer-critical … 3."""
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
"""A SHA-256."""
ShortDigest = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
"""The beginning of one."""
Newest = datetime | Literal["never"]
"""The newest value of a clock; `never`: there is none at all."""


class Answer(BaseModel):
    """A document that is answered: every field is always there; what was not measured is null."""

    model_config = ConfigDict(extra="forbid")


class Read(Answer):
    """The answer to a read.

    Attributes:
        as_of: The instant that it tells about, UTC.
    """

    as_of: datetime


class Page(Read):
    """A part of a list.

    Attributes:
        next: Where the next part begins; `None` at the end.
    """

    next: str | None
