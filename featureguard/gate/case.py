"""Cases: everything a decision rests on, put together before the gate is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from featureguard.contract import External, Subject
from featureguard.errors import UsageError
from featureguard.gate.assess import Standing
from featureguard.lineage import Lineage
from featureguard.policy import Policy
from featureguard.verdict import Mode
from featureguard.waiver import Waiver


@dataclass(frozen=True, slots=True)
class BudgetState:
    """What is left of a dataset's error budget.

    Attributes:
        objective: Share of good time promised, in (0, 1).
        remaining_ratio: Share of the budget that is left; below 0 when overspent, `None` if nothing is known.
    """

    objective: float
    remaining_ratio: float | None

    @property
    def exhausted(self) -> bool:
        """Whether all of it is spent."""
        return self.remaining_ratio is not None and self.remaining_ratio <= 0


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a decision rests on.

    Attributes:
        subject: What the gate protects.
        action: What it wants to do; one that the policy knows.
        now: The instant, UTC.
        lineage: Who is made from whom.
        standings: What the evidence of each dataset upstream is worth, by dataset.
        policy: What findings mean.
        waivers: All that were given.
        budgets: Error budgets of datasets that have an objective.
        mode: `dry_run` only reports.
    """

    subject: Subject
    action: str
    now: datetime
    lineage: Lineage
    standings: Mapping[str, Standing]
    policy: Policy = field(default_factory=Policy)
    waivers: tuple[Waiver, ...] = ()
    budgets: Mapping[str, BudgetState] = field(default_factory=dict)
    mode: Mode = "enforce"


def refuse_nonsense(case: Case) -> None:
    """Refuse a case whose parts do not fit together: its answer would say nothing.

    Raises:
        UsageError: If the policy does not know the action, the lineage lacks what the subject requires, or a
            standing was assessed for a later instant.
    """
    subject, policy = case.subject.subject, case.policy
    if case.action not in policy.known_actions:
        known = ", ".join(policy.known_actions)
        raise UsageError(
            f"Policy '{policy.policy}' knows no action '{case.action}', only {known}."
            " Declare your own under 'actions'."
        )
    required = {u.external if isinstance(u, External) else u for u in case.subject.requires}
    if unknown := sorted(required - set(case.lineage.direct(subject))):
        raise UsageError(
            f"The lineage of the case does not know that '{subject}' requires {', '.join(unknown)}."
            " Take the lineage of the catalog that the subject is from."
        )
    for name, standing in case.standings.items():
        if standing.now > case.now:
            raise UsageError(
                f"The evidence of '{name}' was assessed for {standing.now.isoformat()}, after the instant of"
                f" the case, {case.now.isoformat()}. Assess it for that instant."
            )
