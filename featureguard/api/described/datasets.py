"""Datasets: how they stand, and what checks said about them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from featureguard.api.described.objectives import Account
from featureguard.api.described.words import Answer, Digest, Newest, Number, Page, Read, Seconds, Tier
from featureguard.result import AnsweredBy, Code, Severity, Status
from featureguard.serving.fleet import State


class Freshness(Answer):
    """How new a dataset is.

    Attributes:
        clock: The clock that tells it; `None` where the contract names none.
        newest: The newest value that is not from the future; `None` if it was not measured.
        seen_at: When that was seen.
        age_seconds: Its age; `None` if there is none, or it is not known.
        max_age_seconds: The largest promised age; `None` if none is promised.
        warn_age_seconds: The age that warns.
        fresh_until: When the newest value passes the limit.
    """

    clock: str | None
    newest: Newest | None
    seen_at: datetime | None
    age_seconds: Seconds | None
    max_age_seconds: Seconds | None
    warn_age_seconds: Seconds | None
    fresh_until: datetime | None


class Evidence(Answer):
    """What is known about a dataset, and from when.

    Attributes:
        observed_at: The last complete look; `None` without one.
        age_seconds: Its age.
        believed_until: Until when a gate believes it.
        last_look: Id of the last look, complete or not.
        last_look_at: When that was.
        last_look_complete: Whether it saw everything that is promised.
        recorder: Who looked.
        snapshot: Names the state of the data that was seen.
        rows: How many rows there were; `None` if not measured.
    """

    observed_at: datetime | None
    age_seconds: Seconds | None
    believed_until: datetime | None
    last_look: Digest | None
    last_look_at: datetime | None
    last_look_complete: bool | None
    recorder: str | None
    snapshot: str | None
    rows: Number | None


class _Said(Answer):
    """What a check said.

    Attributes:
        check: Name of the check, e.g. `nulls`; `evidence` where no check can be believed.
        status: Outcome.
        severity: What a failure does.
        code: Why it is not a pass; `None` on a pass.
        column: Column judged; `None` for the whole dataset.
        unit: The judged unit that decided, e.g. `2013-02-08`; `None` for the whole dataset.
        units_judged: How many units were judged; 0 if the check is about the whole dataset.
        units_failed: How many of them failed.
        observed: Measured value, in the check's unit; `None` if not measured.
        limit: What the contract allows, in the same unit.
        reason: One sentence with numbers for the person on call.
        answered_by: The dearest that this result needed.
        rows_read: Rows read to answer.
        bytes_read: Bytes read to answer, as stored.
    """

    check: str
    status: Status
    severity: Severity
    code: Code | None
    column: str | None
    unit: str | None
    units_judged: Number
    units_failed: Number
    observed: float | str | None
    limit: float | str | None
    reason: str
    answered_by: AnsweredBy
    rows_read: Number
    bytes_read: Number


class Finding(_Said):
    """Something that is not a pass.

    Attributes:
        observed_at: The look that it rests on; `None` without one.
    """

    observed_at: datetime | None


class Result(_Said):
    """What a check said at a look.

    Attributes:
        observed_at: The look.
    """

    observed_at: datetime


class Dataset(Answer):
    """How a dataset stands.

    Attributes:
        dataset: Its name.
        owner: Who mends it.
        tier: How much depends on it: 0 customer-critical … 3.
        description: What it holds.
        runbook: Link to what to do when a promise is broken.
        tags: Words to find it by.
        aliases: What hosts call it.
        contract: SHA-256 of its contract's promises.
        enforcement: `observe` reports, and never does worse than warn.
        state: How fresh it is, in one word.
        status: The worst status of any promise, whatever its severity.
        freshness: How new it is.
        evidence: What is known, and from when.
        promises: How many results there should be.
        findings: All that is not a pass, worst first.
        objective: What became of its objective; `None` without one, or if it was not drawn up yet.
    """

    dataset: str
    owner: str
    tier: Tier
    description: str | None
    runbook: str | None
    tags: list[str]
    aliases: dict[str, str]
    contract: Digest
    enforcement: Literal["enforce", "observe"]
    state: State
    status: Status
    freshness: Freshness
    evidence: Evidence
    promises: Number
    findings: list[Finding]
    objective: Account | None


class DatasetRead(Dataset, Read):
    """One dataset."""


class Datasets(Page):
    """Datasets, by tier and name.

    Attributes:
        items: Each of them.
    """

    items: list[Dataset]


class Results(Page):
    """Results, oldest first.

    Attributes:
        items: Each of them; those of one look stand together.
    """

    items: list[Result]
