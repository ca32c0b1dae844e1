"""What the gate said, and what was recorded of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from featureguard.api.described.words import Answer, Digest, Page, Seconds, ShortDigest
from featureguard.result import Code
from featureguard.verdict import Decision, Verdict


class Picture(Answer):
    """The picture of the store that an answer rests on.

    Attributes:
        version: Names catalog and facts.
        taken_at: The instant that it shows.
        age_seconds: How long ago it was read.
        stale: The store cannot be read now.
    """

    version: ShortDigest
    taken_at: datetime
    age_seconds: Seconds | None
    stale: bool


class Previewed(Answer):
    """What the gate would say; nothing was recorded.

    Attributes:
        allowed: Whether the action might start.
        snapshot: What it rests on.
        decision: What would be decided, and why.
    """

    allowed: bool
    snapshot: Picture
    decision: Decision


class Decided(Answer):
    """What the gate says.

    Attributes:
        id: The decision's id; `None` if it could not be recorded: then it is a hold.
        key: The idempotency key; `None` if none was given.
        allowed: Whether the action may start now.
        repeated: It was recorded before, under the same key.
        expired: It was repeated, and no longer holds: confirm it, or ask with another key.
        snapshot: What the service knew when it answered.
        decision: What was decided, and why.
    """

    id: Digest | None
    key: str | None
    allowed: bool
    repeated: bool
    expired: bool
    snapshot: Picture
    decision: Decision


class RecordedDecision(Answer):
    """A recorded decision, in short.

    Attributes:
        id: Its id.
        kind: A decision, or the confirmation of an earlier one.
        key: The idempotency key; `None` if none was given.
        subject: What wanted to act.
        action: What it wanted to do.
        decided_at: The instant that it holds for.
        effective: The verdict that counts.
        allowed: Whether the action might start.
        valid_until: When the same evidence gets worse; `None` unless allowed.
        codes: The codes of its reasons.
    """

    id: Digest
    kind: Literal["decision", "confirmation"]
    key: str | None
    subject: str
    action: str
    decided_at: datetime
    effective: Verdict
    allowed: bool
    valid_until: datetime | None
    codes: list[Code]


class DecisionRead(RecordedDecision):
    """A recorded decision with its place in the chain.

    Attributes:
        by: Who asked.
        inputs: SHA-256 of the case that was decided, from which it can be decided anew.
        sequence: Its place in the chain.
        previous: Id of the record before it; zeros for the first.
        decision: What was decided, and why.
    """

    by: str
    inputs: Digest
    sequence: Annotated[int, Field(ge=1)]
    previous: Digest
    decision: Decision


class Decisions(Page):
    """Recorded decisions and confirmations, newest first.

    Attributes:
        items: Each of them.
    """

    items: list[RecordedDecision]
