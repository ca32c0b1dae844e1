"""What the gate answered, or why nothing can be made of it: then it is a hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from featureguard.errors import FeatureGuardError, UsageError
from featureguard.gate.documents import decision_from_dict
from featureguard.result import Code
from featureguard.ruling import Ruling
from featureguard.verdict import Decision, Reason, Verdict

NO_DECISION = 4
"""Exit code of `gate` where there is no decision."""


class NonsenseError(FeatureGuardError):
    """An answer that cannot be one."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an answer rests on.

    Attributes:
        version: Names catalog and facts.
        taken_at: When they were read, ISO 8601.
        age_seconds: How long before the answer that was; `None` if not told.
        stale: The service cannot read its store now.
    """

    version: str
    taken_at: str
    age_seconds: float | None
    stale: bool


@dataclass(frozen=True, slots=True)
class Answer(Ruling):
    """A ruling as it came over the wire.

    Attributes:
        reached: Whether the gate was reached. If not, the decision is this client's own hold.
        snapshot: What the answer rests on; `None` if it was not reached.
    """

    reached: bool = True
    snapshot: Snapshot | None = None

    @property
    def stale(self) -> bool:
        """Whether the service could not read its store: a preview repeats what is still valid."""
        return self.snapshot is not None and self.snapshot.stale

    @property
    def exit_code(self) -> int:
        """The exit code of `gate`; 4 if it was not reached, unless the action is a repair."""
        if not self.reached and not self.allowed:
            return NO_DECISION
        return (Verdict.HOLD if self.expired else self.decision.effective).exit_code


def read_answer(told: object, subject: str | None, action: str | None, key: str | None) -> Answer:
    """Read the answer to a question.

    Args:
        told: The document.
        subject: Who asked; an answer about somebody else makes no sense. `None`: anybody.
        action: What for, likewise.
        key: The key that was sent: an answer that does not repeat it belongs to another question.

    Raises:
        NonsenseError: If it makes no sense.
    """
    if not isinstance(told, Mapping) or not isinstance(told.get("decision"), Mapping):
        raise NonsenseError("it holds no decision")
    try:
        decision = decision_from_dict(told["decision"])
    except UsageError as error:
        raise NonsenseError(str(error).rstrip(".")) from None
    if (subject or decision.subject, action or decision.action) != (decision.subject, decision.action):
        raise NonsenseError(f"it is about {decision.subject!r} and {decision.action!r}")
    if key is not None and told.get("key") != key:
        raise NonsenseError("it belongs to another question")
    expired, found = told.get("expired", False), told.get("id")
    if not isinstance(expired, bool) or told.get("allowed") is not (decision.allowed and not expired):
        raise NonsenseError("'allowed' contradicts the decision")
    if found is not None and not isinstance(found, str):
        raise NonsenseError("its id is no text")
    if key is not None and found is None and decision.allowed:
        raise NonsenseError("it allows, and was not recorded")
    return Answer(
        decision,
        found,
        repeated=told.get("repeated") is True,
        expired=expired,
        snapshot=_snapshot(told.get("snapshot")),
    )


def unreachable(subject: str, action: str, why: str, now: datetime, *, repairs: bool) -> Answer:
    """The answer where there is none.

    Args:
        subject: Who asked.
        action: What for.
        why: What happened.
        now: By this machine's clock.
        repairs: The action is a repair, which the gate never blocks: it proceeds, and says so.
    """
    effective = Verdict.WARN if repairs else Verdict.HOLD
    reason = Reason(
        Code.GATE_UNREACHABLE,
        Verdict.HOLD,
        effective,
        text=f"The gate could not be asked: {why}",
        path=(subject,),
        hint="Ask again. If it stays so, see whether the service runs, and this machine may reach it.",
    )
    decision = Decision(
        subject,
        action,
        now,
        Verdict.HOLD,
        effective,
        (reason,),
        mode="dry_run" if repairs else "enforce",
    )
    return Answer(decision, reached=False)


def _snapshot(told: Any) -> Snapshot | None:
    if not isinstance(told, Mapping):
        return None
    age = told.get("age_seconds")
    return Snapshot(
        str(told.get("version", "")),
        str(told.get("taken_at", "")),
        float(age) if isinstance(age, int | float) else None,
        told.get("stale") is True,
    )
