"""What is asked before a version takes a place: a promotion, or the way back of one that had it before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from featureguard.client.asking import UnreachableError
from featureguard.desk import Desk
from featureguard.errors import StoreError
from featureguard.mlflow.places import Place
from featureguard.protected import PastDecision, Protected
from featureguard.replaying import confirmation_key
from featureguard.ruling import Ruling

PROMOTE = "promote"
"""The action that is asked for when a version is to take a place."""

ROLLBACK = "rollback"
"""The action that is asked for when a version is to go back to a place, where a policy marks it a repair."""

TAG = "featureguard."
"""How the tags begin that only the guard writes."""

FRESH = timedelta(minutes=5)
"""How long a recorded decision may be taken up by the registry's own guard, once it is confirmed anew."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the gate is asked.

    Attributes:
        subject: Who wants to act.
        action: What for.
        back: The version had the place before, by a decision.
        hint: What would make the way back a repair; empty where it is one, or is no way back.
    """

    subject: str
    action: str
    back: bool = False
    hint: str = ""


def question_of(
    desk: Desk, protected: Protected, place: Place, holder: Place | None, *, rollback: str = ROLLBACK
) -> Question:
    """A promotion, or, where the policy knows it and the log tells of it, a way back.

    What stood where is taken from recorded decisions alone: a registry's own history anybody may write. A
    version goes back if it had the place by a decision older than that of the version which has it now.

    Args:
        desk: Where decisions are recorded.
        protected: The subject.
        place: The place, and who wants it.
        holder: The same place with the version that has it now; `None` if none has.
        rollback: The policy's action for the way back.

    Raises:
        FeatureGuardError: If what is recorded may not be read.
    """
    if holder is None or holder.version == place.version:
        return Question(protected.subject, PROMOTE)
    try:
        mine, theirs = (
            promoted(desk, place, protected.subject),
            promoted(desk, holder, protected.subject),
        )
    except (StoreError, UnreachableError):  # The gate is about to say so.
        return Question(protected.subject, PROMOTE)
    if mine is None or (theirs is not None and theirs.decided_at <= mine.decided_at):
        return Question(protected.subject, PROMOTE)
    if rollback in protected.repairs:
        return Question(protected.subject, rollback, back=True)
    hint = (
        f"{str(place.version).capitalize()} had this place before. To let it go back as a repair, write"
        f" 'actions: {{{rollback}: {{repair: true}}}}' in the policy of '{protected.subject}'."
    )
    return Question(protected.subject, PROMOTE, back=True, hint=hint)


def promoted(desk: Desk, place: Place, subject: str | None) -> PastDecision | None:
    """The newest decision by which a version took a place; `None` if there is none.

    Args:
        desk: Where decisions are recorded.
        place: The place and the version.
        subject: Whose decision it must be; `None`: anybody's.

    Only promotions count: a repair is never held back, so that it proves nothing about a version.

    Raises:
        FeatureGuardError: If what is recorded cannot be read.
    """
    for past in desk.decisions(place.prefix):
        if _allows(past, subject or past.subject, PROMOTE) and confirmed(desk, past):
            return past
    return None


def confirmed(desk: Desk, past: PastDecision) -> bool:
    """Whether somebody asked again right before acting on a decision, and the last answer was to go on."""
    again = desk.decisions(confirmation_key(past.id, 1)[:-1])
    return bool(again) and again[0].allowed


def fresh_decision(desk: Desk, place: Place, question: Question, now: datetime) -> PastDecision | None:
    """A decision of the last minutes about exactly this, which may be taken up once it is confirmed.

    Raises:
        FeatureGuardError: If what is recorded may not be read.
    """
    try:
        recorded = desk.decisions(place.prefix)
    except (StoreError, UnreachableError):  # The gate is about to say so.
        return None
    for past in recorded:
        if _allows(past, question.subject, question.action) and abs(now - past.decided_at) <= FRESH:
            return past
    return None


def _allows(past: PastDecision, subject: str, action: str) -> bool:
    return past.kind == "decision" and past.allowed and (past.subject, past.action) == (subject, action)


def decision_tag(place: Place, ruling: Ruling) -> tuple[str, str]:
    """The tag that tells a decision in the registry: its key holds the id, so that none covers another.

    It is news, and no proof: that is the recorded decision.

    Args:
        place: What it is about.
        ruling: A recorded decision.
    """
    import json

    decision = ruling.decision
    told = {
        place.kind: place.name,
        "subject": decision.subject,
        "action": decision.action,
        "verdict": ruling.verdict.value,
        "allowed": ruling.allowed,
        "decided_at": decision.now.isoformat(),
        "policy": decision.policy,
        "codes": sorted({reason.code.value for reason in decision.reasons}),
    }
    return f"{TAG}decision.{ruling.id}", json.dumps(told)


def sentence(ruling: Ruling, hint: str = "") -> str:
    """A refusal in a sentence or some.

    Args:
        ruling: The answer.
        hint: What else could be done.
    """
    decision = ruling.decision
    worst = next((one for one in decision.reasons if not one.effective.allowed), None)
    parts: Sequence[str] = [
        f"featureguard: {ruling.verdict.value}: '{decision.subject}' may not {decision.action}.",
        ruling.why,
        worst.hint if worst else "",
        f"Runbook: {worst.runbook}" if worst and worst.runbook else "",
        hint,
        f"Decision {ruling.id[:16]}." if ruling.id else "This was not recorded.",
    ]
    return " ".join(part for part in parts if part)


def document_of(ruling: Ruling) -> dict[str, Any]:
    """A refusal for programs, as JSON values."""
    decision = ruling.decision
    return {
        "id": ruling.id,
        "subject": decision.subject,
        "action": decision.action,
        "verdict": ruling.verdict.value,
        "allowed": ruling.allowed,
        "codes": sorted({reason.code.value for reason in decision.reasons}),
        "reasons": [reason.text for reason in decision.reasons if not reason.effective.allowed],
    }
