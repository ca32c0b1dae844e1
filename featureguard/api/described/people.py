"""Waivers."""

from __future__ import annotations

from datetime import datetime

from featureguard.api.described.words import Answer, Digest, Page, ShortDigest
from featureguard.result import Code


class GivenWaiver(Answer):
    """A person's time-limited exception to named reasons.

    Attributes:
        id: Its name.
        dataset: The dataset whose reasons are waived; `None`: every one of the subject.
        subject: The subject they are waived for; `None`: every one.
        codes: The reasons.
        column: Only reasons about this column.
        bound: How far it goes, in the unit of the observed value.
        digests: By dataset, the promises it was given for; it covers no others.
        reason: Why.
        ticket: Where it is followed up.
        by: Who gave it.
        approved_by: The second person, where the tier needs one.
        verified: Whether both proved who they are.
        since: From when.
        until: Until when; at this instant it no longer holds.
        revoked_at: When it was taken back; `None` if it was not.
        revoked_by: By whom.
    """

    id: ShortDigest
    dataset: str | None
    subject: str | None
    codes: list[Code]
    column: str | None
    bound: float | None
    digests: dict[str, Digest]
    reason: str
    ticket: str | None
    by: str
    approved_by: str | None
    verified: bool
    since: datetime
    until: datetime
    revoked_at: datetime | None
    revoked_by: str | None


class WaiverNow(GivenWaiver):
    """A waiver as it stands.

    Attributes:
        holds: Whether it is in force.
        waits: Whether it waits for a second person.
    """

    holds: bool
    waits: bool


class Waivers(Page):
    """Waivers, earliest first.

    Attributes:
        items: Each of them.
    """

    items: list[WaiverNow]
