"""What a caller of the gate gets: a decision, its id, and whether it was given before."""

from __future__ import annotations

from dataclasses import dataclass

from featureguard.verdict import Decision, Verdict


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision as it was answered.

    Attributes:
        decision: The decision.
        id: Its id; `None` if it was not recorded.
        repeated: It was recorded before, under the same idempotency key.
        expired: It was repeated, and no longer holds: confirm it, or ask with another key.
    """

    decision: Decision
    id: str | None = None
    repeated: bool = False
    expired: bool = False

    @property
    def allowed(self) -> bool:
        """Whether the action may start now."""
        return self.decision.allowed and not self.expired

    @property
    def verdict(self) -> Verdict:
        """What counts: hold for an answer that no longer holds."""
        return Verdict.HOLD if self.expired else self.decision.effective

    @property
    def why(self) -> str:
        """Why it may not start, in a sentence or some; empty if it may."""
        if self.expired:
            return "The decision was given before under the same key, and no longer holds."
        return "; ".join(reason.text for reason in self.decision.reasons if not reason.effective.allowed)

    @property
    def exit_code(self) -> int:
        """The exit code of `gate`; that of hold for an answer that no longer holds."""
        return self.verdict.exit_code
