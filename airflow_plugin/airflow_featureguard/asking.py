"""What a task waits for, and what it was told: plain values that XComs, events and triggers can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featureguard.client import AsyncClient
    from featureguard.desk import Desk, Freshness
    from featureguard.ruling import Ruling

_NOBODY_KNOWS = frozenset({"GATE_UNREACHABLE", "STORE_UNAVAILABLE"})


@dataclass(frozen=True, slots=True)
class Question:
    """May a subject do something, or is a dataset fresh?

    Attributes:
        subject: A subject of the catalog, or `None`.
        action: What the subject is about to do.
        dataset: A dataset of the catalog, or `None`.
    """

    subject: str | None = None
    action: str = "train"
    dataset: str | None = None

    @classmethod
    def of(cls, subject: str | None, action: str, dataset: str | None) -> Question:
        """A question about one of both.

        Raises:
            ValueError: If it is about neither, or about both.
        """
        if (subject is None) == (dataset is None):
            raise ValueError(
                "Name either a 'subject' whose gate is asked, or a 'dataset' that must be fresh."
            )
        return cls(subject, action, dataset)

    def __str__(self) -> str:
        if self.dataset is not None:
            return f"'{self.dataset}' is fresh"
        return f"'{self.subject}' may {self.action}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was answered.

    Attributes:
        open: Whether what is waited for is so.
        breached: Whether there is evidence that it is not.
        known: Whether anybody can tell.
        text: One sentence for the log.
        document: The same for programs: JSON values only.
        again_seconds: When it may have changed; `None` if not known.
    """

    open: bool
    breached: bool
    known: bool
    text: str
    document: Mapping[str, Any] = field(default_factory=dict)
    again_seconds: float | None = None


def ask(desk: Desk, question: Question) -> Seen:
    """Ask without recording anything.

    Raises:
        FeatureGuardError: If the question makes no sense, or may not be asked.
    """
    if question.dataset is not None:
        return seen_of_freshness(desk.freshness(question.dataset))
    return seen_of_ruling(desk.preview(str(question.subject), question.action))


async def ask_service(client: AsyncClient, question: Question) -> Seen:
    """The same where nothing may block.

    Raises:
        FeatureGuardError: If the question makes no sense, or may not be asked.
    """
    from featureguard.client.asking import UnreachableError
    from featureguard.desk import Freshness, freshness_of

    if question.dataset is None:
        return seen_of_ruling(await client.preview(str(question.subject), question.action))
    try:
        return seen_of_freshness(freshness_of(await client.dataset(question.dataset)))
    except UnreachableError:
        return seen_of_freshness(Freshness(question.dataset, "unknown"))


def seen_of_ruling(ruling: Ruling) -> Seen:
    """What the gate answered."""
    decision = ruling.decision
    again = decision.look_again_at
    return Seen(
        ruling.allowed,
        decision.effective.value == "block",
        not any(reason.code.value in _NOBODY_KNOWS for reason in decision.reasons),
        sentence(ruling),
        ruling_document(ruling),
        (again - decision.now).total_seconds() if again else None,
    )


def seen_of_freshness(found: Freshness) -> Seen:
    """How fresh a dataset is."""
    from featureguard.checks.words import duration

    age = f": {duration(found.age_seconds)} old" if found.age_seconds is not None else ""
    limit = f"; the contract allows {duration(found.max_age_seconds)}" if found.max_age_seconds else ""
    return Seen(
        found.fresh,
        found.state in ("stale", "never"),
        found.state != "unknown",
        f"featureguard: '{found.dataset}' is {found.state}{age}{limit}.",
        {
            "dataset": found.dataset,
            "state": found.state,
            "age_seconds": found.age_seconds,
            "max_age_seconds": found.max_age_seconds,
            "fresh_until": found.fresh_until.isoformat() if found.fresh_until else None,
        },
    )


def sentence(ruling: Ruling) -> str:
    """The answer in a sentence or some, with the runbook."""
    decision = ruling.decision
    head = f"featureguard: {ruling.verdict.value}: '{decision.subject}'"
    if ruling.allowed:
        told = f"{head} may {decision.action}."
        return told if decision.raw.allowed else f"{told} In earnest it would not: {reasons_of(ruling)}"
    worst = next((one for one in decision.reasons if not one.effective.allowed), None)
    parts = [f"{head} may not {decision.action}.", ruling.why]
    if worst and worst.hint:
        parts.append(worst.hint)
    if worst and worst.runbook:
        parts.append(f"Runbook: {worst.runbook}")
    if ruling.id:
        parts.append(f"Decision {ruling.id[:12]}.")
    return " ".join(part for part in parts if part)


def reasons_of(ruling: Ruling) -> str:
    """Every reason, also those that only warn."""
    return "; ".join(reason.text for reason in ruling.decision.reasons)


def ruling_document(ruling: Ruling) -> dict[str, Any]:
    """The answer as JSON values, for XComs and asset events."""
    decision = ruling.decision
    return {
        "id": ruling.id,
        "subject": decision.subject,
        "action": decision.action,
        "allowed": ruling.allowed,
        "verdict": ruling.verdict.value,
        "decided_at": decision.now.isoformat(),
        "valid_until": decision.valid_until.isoformat() if decision.valid_until else None,
        "look_again_at": decision.look_again_at.isoformat() if decision.look_again_at else None,
        "reasons": [
            {
                "verdict": reason.effective.value,
                "code": reason.code.value,
                "dataset": reason.dataset,
                "check": reason.check,
                "column": reason.column,
                "status": reason.status.value,
                "severity": reason.severity.value,
                "observed": reason.observed,
                "limit": reason.limit,
                "text": reason.text,
                "hint": reason.hint,
                "owner": reason.owner,
                "runbook": reason.runbook,
                "path": list(reason.path),
            }
            for reason in decision.reasons
        ],
    }
