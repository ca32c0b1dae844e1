"""Whether the service lives and is ready."""

from __future__ import annotations

from typing import Literal

from featureguard.api.described.words import Answer


class Life(Answer):
    """The process answers.

    Attributes:
        live: Always true.
    """

    live: Literal[True]


class Part(Answer):
    """A part of the service.

    Attributes:
        ok: Whether it is good.
        problem: Why not; `None` if it is.
    """

    ok: bool
    problem: str | None


class Parts(Answer):
    """The parts of the service.

    Attributes:
        store: The evidence store can be read.
        snapshot: The picture that answers come from is new enough.
        catalog: Today's contracts can be read; if not, the last good ones count, and the service is ready.
    """

    store: Part
    snapshot: Part
    catalog: Part


class Readiness(Answer):
    """Whether the service can answer well.

    Attributes:
        ready: Store and snapshot are good.
        parts: Each part.
    """

    ready: bool
    parts: Parts
