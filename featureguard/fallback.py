"""What a gate answers without its store: hold, but never in the way of a repair."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from featureguard.errors import UsageError
from featureguard.gate import EVALUATOR
from featureguard.problems import suggestion
from featureguard.result import Code
from featureguard.verdict import Decision, Mode, Reason, Verdict, at_most, worst

if TYPE_CHECKING:
    from featureguard.catalog import Catalog


def without_store(
    catalog: Catalog, subject: str, action: str, now: datetime, *, mode: Mode, why: str
) -> Decision:
    """The answer when nothing can be read or recorded: hold, but never in the way of a repair.

    Args:
        catalog: Contracts, subjects and policies.
        subject: A subject of the catalog.
        action: An action that its policy knows.
        now: The instant.
        mode: `dry_run` only reports.
        why: What is wrong with the store.

    Raises:
        UsageError: If the subject or the action is unknown.
    """
    refuse_unknown(catalog, subject, action)
    found, policy = catalog.subjects[subject], catalog.policy_of(subject)
    tiers = {min(catalog.contracts[name].tier, found.tier) for name in _datasets(catalog, subject)}
    ceiling = worst(*(policy.rule(action, tier).at_most for tier in {found.tier, *tiers}))
    repairs = policy.is_repair(action)
    if repairs or mode == "dry_run":
        ceiling = at_most(ceiling, Verdict.WARN)
    effective = at_most(Verdict.HOLD, ceiling)
    reason = Reason(
        Code.STORE_UNAVAILABLE,
        Verdict.HOLD,
        effective,
        tier=found.tier,
        text=why,
        path=(subject,),
        owner=found.owner,
        runbook=found.runbook,
        hint="Mend the evidence store and ask again. Nothing of this was recorded.",
    )
    return Decision(
        subject,
        action,
        now,
        Verdict.HOLD,
        effective,
        (reason,),
        look_again_at=None if effective is Verdict.ALLOW else now + policy.look_again_after,
        mode="dry_run" if repairs else mode,
        policy=policy.policy,
        policy_digest=policy.digest,
        evaluator=EVALUATOR,
    )


def refuse_unknown(catalog: Catalog, subject: str, action: str) -> None:
    """Refuse a question about a subject that the catalog, or an action that its policy, does not know.

    Raises:
        UsageError: With the name that was probably meant.
    """
    if subject not in catalog.subjects:
        none = (
            " The catalog declares none. Write e.g. {subject: my_model, owner: me, requires: [my_features]}."
        )
        hint = suggestion(subject, sorted(catalog.subjects)) or none
        what = "is a dataset; a gate protects subjects" if subject in catalog.contracts else "is no subject"
        raise UsageError(f"'{subject}' {what}.{hint}")
    policy = catalog.policy_of(subject)
    if action not in policy.known_actions:
        hint = suggestion(action, sorted(policy.known_actions))
        raise UsageError(
            f"Policy '{policy.policy}' knows no action '{action}'.{hint} Declare your own under 'actions'."
        )


def _datasets(catalog: Catalog, subject: str) -> list[str]:
    return [name for name in catalog.lineage.closure(subject) if name in catalog.contracts]
