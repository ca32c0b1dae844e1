"""Cases put together: what a subject stands on, what is known about it, and the waivers that may count."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from featureguard.contract import Contract
from featureguard.fallback import refuse_unknown
from featureguard.gate import BudgetState, Case, Standing
from featureguard.gate.doubts import Trust
from featureguard.verdict import Mode
from featureguard.waiver import Waiver

if TYPE_CHECKING:
    from featureguard.catalog import Catalog

_REMEMBERED = timedelta(days=8)
"""How long an ended waiver goes into a case: longer than the gate mentions it."""


def trusts_of(catalog: Catalog, subject: str) -> dict[str, Trust]:
    """How the policy of a subject trusts evidence about each dataset that it stands on."""
    policy, tier = catalog.policy_of(subject), catalog.subjects[subject].tier
    return {
        name: Trust(policy.trusts_for(min(catalog.contracts[name].tier, tier)), policy.snapshot_lag)
        for name in catalog.lineage.closure(subject)
        if name in catalog.contracts
    }


def assemble(
    catalog: Catalog,
    subject: str,
    action: str,
    now: datetime,
    mode: Mode,
    *,
    standing: Callable[[str, Trust], Standing],
    budget: Callable[[Contract, bool], BudgetState | None],
) -> Case:
    """A case without its waivers.

    Args:
        catalog: Contracts, subjects and policies.
        subject: A subject of the catalog.
        action: An action that its policy knows.
        now: The instant.
        mode: `dry_run` only reports.
        standing: What the evidence of a dataset is worth to somebody who trusts it so.
        budget: What is left of a dataset's error budget, if unknown time counts as bad or not.

    Raises:
        UsageError: If the subject or the action is unknown.
    """
    refuse_unknown(catalog, subject, action)
    policy, found = catalog.policy_of(subject), catalog.subjects[subject]
    standings: dict[str, Standing] = {}
    budgets: dict[str, BudgetState] = {}
    for name, trust in trusts_of(catalog, subject).items():
        contract = catalog.contracts[name]
        standings[name] = standing(name, trust)
        tier = min(contract.tier, found.tier)
        if contract.slo and (left := budget(contract, policy.counts_unknown(tier))):
            budgets[name] = left
    return Case(
        subject=found,
        action=action,
        now=now,
        lineage=catalog.lineage,
        standings=standings,
        policy=policy,
        budgets=budgets,
        mode=mode,
    )


def with_waivers(case: Case, waivers: Iterable[Waiver], until: datetime | None) -> Case:
    """A case with the waivers that may be about it, those that ended long ago left out.

    Args:
        case: The case.
        waivers: All there are.
        until: Revocations of later instants do not count; `None` takes all.
    """
    names = {*case.lineage.closure(case.subject.subject)}
    known = (_as_known(waiver, case.now, until) for waiver in waivers)
    found = tuple(
        waiver
        for waiver in known
        if waiver.until + _REMEMBERED > case.now
        and waiver.subject in (None, case.subject.subject)
        and (waiver.dataset is None or waiver.dataset in names)
    )
    return dataclasses.replace(case, waivers=found)


def _as_known(waiver: Waiver, now: datetime, until: datetime | None) -> Waiver:
    """A waiver whose revocation is known holds no longer, though it came after `now` was read."""
    if until is not None or waiver.revoked_at is None or waiver.revoked_at <= now:
        return waiver
    return waiver.model_copy(update={"revoked_at": now})
