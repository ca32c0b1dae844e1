"""Waivers: a person's time-limited exception to named reasons, recorded and never hidden."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from featureguard.contract import canonical_json
from featureguard.result import Code
from featureguard.scalars import Flag, Model, Name, Number, Text

NEVER_WAIVED = frozenset({Code.EVIDENCE_CONTRADICTORY, Code.SOURCE_CORRUPT, Code.CONTRACT_INVALID})
"""Reasons that nobody can take upon himself: the evidence itself is broken."""


class Waiver(Model):
    """An exception for some reasons of one dataset, of one subject, or of one dataset under one subject.

    Attributes:
        dataset: The dataset whose reasons are waived; left out, every dataset of the subject.
        subject: The subject they are waived for; left out, every subject.
        codes: The reasons, e.g. `[DATA_STALE]`.
        column: Only reasons about this column.
        bound: How far it goes, in the unit of the reason's observed value (an age in seconds, a share in
            [0, 1]): what is observed may lie between the contract's limit and this bound.
        digests: Digest of each covered contract's promises when the waiver was given; a contract that
            promises something else since is no longer covered.
        reason: Why.
        ticket: Where it is followed up.
        by: Who gave it.
        approved_by: The second person, where the tier needs one.
        verified: Whether both persons proved who they are; on an embedded store nobody does.
        since: From when, UTC.
        until: Until when; at this instant it no longer holds.
        revoked_at: When it was taken back; `None` if it was not.
        revoked_by: By whom.
    """

    dataset: Name | None = None
    subject: Name | None = None
    codes: Annotated[tuple[Code, ...], Field(min_length=1)]
    column: Text | None = None
    bound: Number | None = None
    digests: Mapping[str, str] = Field(default_factory=dict)
    reason: Text
    ticket: Text | None = None
    by: Text
    approved_by: Text | None = None
    verified: Flag = False
    since: AwareDatetime
    until: AwareDatetime
    revoked_at: AwareDatetime | None = None
    revoked_by: Text | None = None

    @model_validator(mode="after")
    def _can_be_given(self) -> Self:
        if self.dataset is None and self.subject is None:
            raise ValueError("a waiver names a dataset, a subject, or both.")
        if never := sorted(NEVER_WAIVED & set(self.codes)):
            raise ValueError(f"{', '.join(never)} cannot be waived: the evidence itself is broken.")
        if self.until <= self.since:
            raise ValueError("a waiver ends after it begins.")
        if self.approved_by == self.by:
            raise ValueError("the second person is somebody else.")
        return self

    @property
    def id(self) -> str:
        """First 16 characters of the SHA-256 of what was given; taking it back does not change it."""
        given = self.model_dump(mode="json", exclude={"revoked_at", "revoked_by"})
        return hashlib.sha256(canonical_json(given)).hexdigest()[:16]
