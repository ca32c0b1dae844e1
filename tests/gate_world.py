"""Small builders of looks, evidence and cases, for the tests of the gate."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from featureguard.catalog import Catalog
from featureguard.contract import Contract, Subject
from featureguard.evidence import Evidence, ExternalResult, Look, Sight
from featureguard.gate import BudgetState, Case, Standing, assess, decide
from featureguard.gate.doubts import Trust
from featureguard.observation import ClockReading, Failure, Observation, PopulationReading, Unit
from featureguard.policy import Policy
from featureguard.profile import ColumnProfile, Profile
from featureguard.result import Code, Status
from featureguard.verdict import Decision
from featureguard.waiver import Waiver
from tests.builders import DAY, HOUR, NOW

MINUTE, TICK = timedelta(minutes=1), timedelta(microseconds=1)
EVIDENCE_AGE = HOUR
"""How long a look is trusted on tier 0."""


def promised(name: str = "rides", tier: int = 0, **parts: Any) -> Contract:
    """A contract of a dataset with an event clock; by default its data may be 30 hours old."""
    basis = {"dataset": name, "owner": f"{name}@example.org", "tier": tier, "time": {"event": "at"}}
    return Contract.model_validate({**basis, "freshness": {"max_age": "30h"}, **parts})


def looked(
    contract: Contract,
    *,
    at: datetime = NOW,
    age: timedelta = HOUR,
    rows: int = 100,
    nulls: int | None = 0,
    snapshot: str | None = "s1",
    failure: Code | None = None,
    population: PopulationReading | None = None,
    **more: Any,
) -> Look:
    """A look: data of some age (at `NOW`), with nulls in every promised column; or an unfinished one."""
    if failure:
        seen = Observation(contract.dataset, at, failure=Failure(failure, "It could not be read."))
        return Look(f"{failure} {at}", seen, (), at, "worker", contract.digest)
    columns = {name: ColumnProfile(rows, frozenset({"double"}), nulls, 0, 0) for name in contract.columns}
    profile = Profile(rows, columns)
    clocks = {"event_time": ClockReading(NOW - age, 0)} | more.pop("clocks", {})
    units = more.pop("units", (Unit("all", f"content of {snapshot}", profile),))
    seen = Observation(contract.dataset, at, snapshot, profile, clocks, units, population, **more)
    return Look(f"{snapshot} {at} {age} {nulls}", seen, (), at, "worker", contract.digest)


def sight(look: Look, recorder: str = "worker", **changes: Any) -> Sight:
    """What is kept of a look."""
    seen = look.observation
    found = Sight(look.id, seen.observed_at, recorder, seen.failure is None, seen.snapshot, seen.clocks)
    return dataclasses.replace(found, **changes)


def known(contract: Contract, *looks: Look, **more: Any) -> Evidence:
    """Evidence of looks, latest first."""
    complete = next((look for look in looks if look.observation.failure is None), None)
    seen = more.pop("seen", tuple(map(sight, looks)))
    return Evidence(contract.dataset, looks[0] if looks else None, complete, seen, **more)


def other_tool(
    status: Status = Status.PASS, at: datetime = NOW, check: str = "not_null", **more: Any
) -> ExternalResult:
    """A dbt test's result about `rides`."""
    return ExternalResult("dbt", check, "rides", status, at, **more)


def stand(
    contract: Contract,
    evidence: Evidence,
    now: datetime = NOW,
    default: timedelta = EVIDENCE_AGE,
    lag: timedelta | None = None,
) -> Standing:
    """What the evidence is worth."""
    return assess(contract, evidence, now, Trust(default, lag))


def model(*requires: Any, tier: int = 0, **parts: Any) -> Subject:
    """The subject `model`."""
    return Subject(subject="model", owner="ml@example.org", tier=tier, requires=requires, **parts)  # type: ignore[arg-type]


def case_of(
    pairs: Sequence[tuple[Contract, Evidence]],
    action: str = "train",
    *,
    now: datetime = NOW,
    subject: Subject | None = None,
    policy: Policy | None = None,
    budget: BudgetState | None = None,
    waivers: tuple[Waiver, ...] = (),
    **more: Any,
) -> Case:
    """A case about a model that requires all datasets, assessed as a surface would."""
    subject = subject or model(*(contract.dataset for contract, _ in pairs))
    policy = policy or Policy()
    catalog = Catalog.from_contracts([contract for contract, _ in pairs], [subject])
    standings = {}
    for contract, evidence in pairs:
        trust = Trust(policy.trusts_for(min(contract.tier, subject.tier)), policy.snapshot_lag)
        standings[contract.dataset] = assess(contract, evidence, now, trust)
    budgets = {contract.dataset: budget for contract, _ in pairs} if budget else {}
    return Case(subject, action, now, catalog.lineage, standings, policy, waivers, budgets, **more)


def decided(contract: Contract, evidence: Evidence, action: str = "train", **more: Any) -> Decision:
    """The decision about a model that requires one dataset."""
    return decide(case_of([(contract, evidence)], action, **more))


def waived(contract: Contract, *codes: Code, **parts: Any) -> Waiver:
    """A waiver for a day, by two people, bound to a contract's promises."""
    given = {
        "dataset": contract.dataset,
        "codes": codes or (Code.DATA_STALE,),
        "digests": {contract.dataset: contract.digest},
        "reason": "the vendor is down",
        "by": "ann",
        "approved_by": "bob",
        "since": NOW - DAY,
        "until": NOW + DAY,
    }
    return Waiver.model_validate(given | parts)


def codes(decision: Decision) -> list[str]:
    """Its reasons, worst first."""
    return [reason.code.value for reason in decision.reasons]
