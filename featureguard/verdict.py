"""What a gate says, and why: verdicts, reasons and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from featureguard.result import Code, Scalar, Severity, Status


class Verdict(StrEnum):
    """What may happen; ordered `allow < warn < hold < block`.

    `HOLD` is not enough trustworthy evidence: wait, look again, ask. `BLOCK` is evidence of a breach.
    """

    ALLOW = "allow"
    WARN = "warn"
    HOLD = "hold"
    BLOCK = "block"

    @property
    def rank(self) -> int:
        """0 for allow … 3 for block."""
        return _RANKS[self]

    @property
    def allowed(self) -> bool:
        """Whether the action may start."""
        return self is Verdict.ALLOW or self is Verdict.WARN

    @property
    def exit_code(self) -> int:
        """The exit code of `gate`: 0 for allow and warn, 1 for block, 3 for hold."""
        return {Verdict.BLOCK: 1, Verdict.HOLD: 3}.get(self, 0)


_RANKS = {verdict: rank for rank, verdict in enumerate(Verdict)}

Mode = Literal["enforce", "dry_run"]


def worst(*verdicts: Verdict) -> Verdict:
    """The worst of some verdicts; `allow` of none."""
    return max(verdicts, key=_RANKS.__getitem__, default=Verdict.ALLOW)


def at_most(verdict: Verdict, ceiling: Verdict) -> Verdict:
    """A verdict, but never worse than the ceiling."""
    return min(verdict, ceiling, key=_RANKS.__getitem__)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is not `allow`.

    Attributes:
        code: Stable code; `docs/codes.md` says what it means.
        verdict: What the policy makes of it.
        effective: The same after waivers, `observe` and the action's ceiling.
        dataset: The dataset it is about; `None` for the subject itself.
        tier: The effective tier that it was judged at.
        check: Name of the check, `evidence` where no check could be believed, or `None`.
        column: Column, or `None`.
        unit: The judged unit that decided, or `None`.
        status: What the check said.
        severity: What a failure of its promise does.
        observed: Measured value, in the check's unit.
        limit: What the contract allows.
        text: One sentence with numbers for the person on call.
        evidence_age_seconds: Age of the look it rests on; `None` without one.
        path: From the subject through what it is made of to the dataset.
        owner: Who mends the dataset.
        runbook: Link to what to do.
        hint: What to do, in a sentence.
        waiver: Id of the waiver that covers it, or `None`.
    """

    code: Code
    verdict: Verdict
    effective: Verdict
    dataset: str | None = None
    tier: int | None = None
    check: str | None = None
    column: str | None = None
    unit: str | None = None
    status: Status = Status.UNKNOWN
    severity: Severity = Severity.BLOCK
    observed: Scalar | None = None
    limit: Scalar | None = None
    text: str = ""
    evidence_age_seconds: float | None = None
    path: tuple[str, ...] = ()
    owner: str | None = None
    runbook: str | None = None
    hint: str = ""
    waiver: str | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth knowing that has no verdict: a waiver used or expired, an upstream without a contract.

    Attributes:
        code: `WAIVER_APPLIED`, `WAIVER_EXPIRED` or `CONTRACT_MISSING`.
        text: One sentence.
        dataset: The dataset it is about, or `None`.
        waiver: Id of the waiver, or `None`.
    """

    code: Code
    text: str
    dataset: str | None = None
    waiver: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to "may this subject do that now, and why not?".

    Attributes:
        subject: What the gate protects.
        action: `train`, `promote`, `serve`, `deploy`, or one of the policy's own.
        now: The instant it holds for, UTC.
        raw: The worst verdict over all reasons.
        effective: The same after waivers, `observe` and dry run: what counts.
        reasons: Everything that is not `allow`, worst first.
        remarks: Notes without a verdict.
        valid_until: The earliest instant at which the same evidence gets worse; `None` unless allowed.
        look_again_at: When it may improve; `None` for `allow`.
        mode: `dry_run` only reports: the effective verdict is at most `warn`.
        contracts: Digest of each contract's promises, by dataset.
        evidence: Digest of what each dataset's verdict rests on, by dataset.
        policy: Name of the policy.
        policy_digest: SHA-256 of it.
        evaluator: Version of the function that decided.
        confirms: Id of the decision that this one confirms, or `None`.
    """

    subject: str
    action: str
    now: datetime
    raw: Verdict
    effective: Verdict
    reasons: tuple[Reason, ...] = ()
    remarks: tuple[Remark, ...] = ()
    valid_until: datetime | None = None
    look_again_at: datetime | None = None
    mode: Mode = "enforce"
    contracts: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)
    policy: str = "default"
    policy_digest: str = ""
    evaluator: str = ""
    confirms: str | None = None

    @property
    def allowed(self) -> bool:
        """Whether the action may start."""
        return self.effective.allowed


def worst_first(reason: Reason) -> tuple[object, ...]:
    """Sorts reasons: the worst first; of equal ones the deepest, where the cause lies."""
    where = (reason.dataset or "", reason.check or "", reason.column or "", reason.code.value)
    return -reason.effective.rank, -reason.verdict.rank, -len(reason.path), where
