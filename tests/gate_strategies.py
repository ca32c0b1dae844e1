"""Small worlds for the laws of the gate: some datasets, what is known of them, and a question.

Ages lie around the limits, so that most worlds are about to turn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from featureguard.catalog import Catalog
from featureguard.contract import Contract, Subject
from featureguard.evidence import Evidence, ExternalResult
from featureguard.gate import BudgetState, Case, assess, decide
from featureguard.gate.doubts import Trust
from featureguard.histogram import TimeHistogram
from featureguard.observation import ClockReading, PopulationReading
from featureguard.policy import Policy
from featureguard.result import Code, Status
from featureguard.verdict import Decision, Mode
from featureguard.waiver import Waiver
from tests.builders import DAY, HOUR, NOW
from tests.gate_world import MINUTE, TICK, known, looked, model, promised, sight, waived
from tests.thorough import often

POLICIES = (
    Policy(),
    Policy.model_validate(
        {
            "policy": "strict",
            "tiers": {"2": {"unknown": "hold", "budget": "block"}, "0": {"fail_warn": "hold"}},
        }
    ),
    Policy.model_validate(
        {
            "policy": "loose",
            "tiers": {"0": {"unknown": "warn", "cold_start": "allow"}, "3": {"fail": "hold"}},
            "snapshot_lag": "20min",
            "actions": {"promote": {"at_most": "hold"}},
        }
    ),
)
ACTIONS = ("train", "promote", "serve", "deploy")
DURATIONS = [
    *(minutes * MINUTE for minutes in (-5, 0, 20, 30, 60, 65, 70, 100, 120, 300, 360)),
    *(hours * HOUR for hours in (26, 30, 33)),
]
"""Every duration that a world can hold."""

law = settings(max_examples=often(100), deadline=None, database=None)


@dataclass(frozen=True, eq=False)
class World:
    """Everything a decision at any instant rests on."""

    evidences: Mapping[str, tuple[Contract, Evidence]]
    subject: Subject
    action: str
    policy: Policy
    waivers: tuple[Waiver, ...] = ()
    budgets: Mapping[str, BudgetState] = dataclasses.field(default_factory=dict)
    mode: Mode = "enforce"

    def case(self, now: datetime) -> Case:
        contracts = [contract for contract, _ in self.evidences.values()]
        lineage = Catalog.from_contracts(contracts, [self.subject]).lineage
        standings = {}
        for name, (contract, evidence) in self.evidences.items():
            trust = self.policy.trusts_for(min(contract.tier, self.subject.tier))
            standings[name] = assess(contract, evidence, now, Trust(trust, self.policy.snapshot_lag))
        return Case(
            self.subject,
            self.action,
            now,
            lineage,
            standings,
            self.policy,
            self.waivers,
            self.budgets,
            self.mode,
        )

    def knows(self, name: str, evidence: Evidence) -> World:
        """The same world, in which other things are known of a dataset."""
        contract, _ = self.evidences[name]
        return dataclasses.replace(self, evidences={**self.evidences, name: (contract, evidence)})


Gate = Callable[[World, datetime], Decision]


def real(world: World, now: datetime) -> Decision:
    """The gate as it is."""
    return decide(world.case(now))


def refuses(law: Callable[[World, Gate], None], world: World, wrong: Gate) -> None:
    """Negative control: on one world the law holds for the gate and refuses a wrong one."""
    law(world, real)
    with pytest.raises(AssertionError):
        law(world, wrong)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


durations = st.sampled_from(["30min", "100min", "5h"])
severities = st.sampled_from(["block", "warn"])
populations = st.builds(
    lambda ages: PopulationReading(
        "rows", TimeHistogram.of_seconds((int((NOW - age * MINUTE).timestamp()), 1) for age in ages)
    ),
    st.lists(st.sampled_from([10, 20, 50, 64, 66, 90]), min_size=1, max_size=6),
)


@st.composite
def contracts(draw: st.DrawFn, name: str) -> Contract:
    freshness: dict[str, Any] = {
        "max_age": draw(st.sampled_from(["100min", "30h"])),
        "severity": draw(severities),
    }
    if draw(st.booleans()):
        freshness["warn_age"] = "70min"
    if draw(st.integers(0, 3)) == 0:
        freshness["delivery"] = {"cron": "30 * * * *", "covers": "hour", "grace": "10min"}
    if draw(st.integers(0, 3)) == 0:
        freshness["population"] = {"of": "rows", "within": "65min", "at_least": "50%"}
    parts: dict[str, Any] = {"freshness": freshness, "evidence_max_age": draw(maybe(durations))}
    if draw(st.booleans()):
        own = draw(maybe(durations))
        parts["volume"] = {"at_least": 50, "severity": draw(severities), "evidence_max_age": own}
    if draw(st.booleans()):
        spike = {"min_rows": 10} if draw(st.booleans()) else None
        nulls = {"at_most": 0.05, "severity": draw(severities), "spike": spike}
        parts["schema"] = {"mode": "ignore", "columns": {"fare": {"nulls": nulls}}}
    if draw(st.integers(0, 3)) == 0:
        parts["external_checks"] = [
            {"tool": "dbt", "check": "not_null", "evidence_max_age": draw(maybe(durations))}
        ]
    if draw(st.integers(0, 7)) == 0:
        parts["enforcement"] = "observe"
    return promised(name, draw(st.integers(0, 3)), **parts)


@st.composite
def evidences(draw: st.DrawFn, contract: Contract, *, calm: bool) -> Evidence:
    """What is known of a dataset; calm evidence is of one finished look and has little to complain about."""
    looks = []
    for _ in range(1 if calm else draw(st.sampled_from([0, 1, 1, 1, 1, 2]))):
        ages = [0, 0, 10, 19] if calm else [-10, -5, 0, 0, 0, 10, 19, 21, 59, 61, 99]
        at = NOW - draw(st.sampled_from(ages)) * MINUTE
        failure = None if calm else draw(st.sampled_from([None] * 7 + [Code.SOURCE_UNREADABLE]))
        nulls = 0 if calm else draw(st.sampled_from([0, 0, 0, 6, None]))
        parts: dict[str, Any] = {
            "age": draw(st.sampled_from([5, 30, 60, 69, 71, 99, 101, 1799])) * MINUTE,
            "rows": 100 if calm else draw(st.sampled_from([100, 100, 100, 0])),
            "snapshot": draw(st.sampled_from(["s1", "s2", None])),
            "population": None if failure else draw(populations),
        }
        looks.append(looked(contract, at=at, failure=failure, nulls=nulls, **parts))
    looks.sort(key=lambda look: look.observation.observed_at, reverse=True)
    seen = [sight(look, snapshot=look.observation.snapshot or "s2") for look in looks]
    if seen and not calm and draw(st.integers(0, 7)) == 0:
        other = {"event_time": ClockReading(NOW - 7 * HOUR)}
        seen.append(dataclasses.replace(seen[0], recorder="other", clocks=other, snapshot="s1"))
    external = draw(st.lists(externals(contract.dataset, calm), min_size=int(calm), max_size=1))
    learned = frozenset({("null_spike", "fare")}) if not calm and draw(st.booleans()) else frozenset()
    return known(contract, *looks, seen=tuple(seen), external=tuple(external), learned=learned)


def externals(dataset: str, calm: bool) -> st.SearchStrategy[ExternalResult]:
    statuses = [Status.PASS] if calm else [Status.PASS, Status.PASS, Status.FAIL, Status.UNKNOWN]
    ages = [timedelta(), 10 * MINUTE] + ([] if calm else [61 * MINUTE, -10 * MINUTE])
    return st.builds(
        lambda status, age: ExternalResult("dbt", "not_null", dataset, status, NOW - age),
        st.sampled_from(statuses),
        st.sampled_from(ages),
    )


@st.composite
def waivers(draw: st.DrawFn, contract: Contract) -> Waiver:
    code = draw(
        st.sampled_from([Code.DATA_STALE, Code.EVIDENCE_EXPIRED, Code.NO_EVIDENCE, Code.POPULATION_STALE])
    )
    bound = {Code.DATA_STALE: 120 * 60, Code.POPULATION_STALE: 0.2}.get(code) if draw(st.booleans()) else None
    ends = draw(st.sampled_from([20 * MINUTE, 2 * HOUR, DAY]))
    starts = draw(st.sampled_from([-DAY, -DAY, 10 * MINUTE]))
    digests = {contract.dataset: draw(st.sampled_from([contract.digest] * 4 + ["other"]))}
    partner = draw(st.sampled_from(["bob", "bob", None]))
    parts = {"bound": bound, "since": NOW + starts, "until": NOW + ends, "digests": digests}
    return waived(contract, code, approved_by=partner, **parts)


@st.composite
def worlds(draw: st.DrawFn, *, calm: bool = False) -> World:
    """Any world; in a calm one most answers are allowed, and end."""
    found, given_waivers, budgets = {}, [], {}
    names = ["rides", "trips"][: draw(st.integers(1, 2))]
    for name in names:
        contract = draw(contracts(name))
        found[name] = contract, draw(evidences(contract, calm=calm))
        given_waivers += draw(st.lists(waivers(contract), max_size=1))
        if not calm and (left := draw(st.sampled_from([None, None, "good", "unknown", "spent"]))):
            budgets[name] = BudgetState(0.99, {"good": 0.5, "unknown": None, "spent": 0.0}[left])
    return World(
        found,
        model(*names, tier=draw(st.integers(0, 3))),
        draw(st.sampled_from(ACTIONS[:2] if calm else ACTIONS)),
        draw(st.sampled_from(POLICIES)),
        tuple(given_waivers),
        budgets,
        "enforce" if calm else draw(st.sampled_from(["enforce"] * 7 + ["dry_run"])),
    )


def instants(world: World) -> Iterator[datetime]:
    """Every instant at which something about a world can change, found without asking the gate."""
    for waiver in world.waivers:
        yield from (waiver.since, waiver.until)
    for _, evidence in world.evidences.values():
        bases = [result.observed_at for result in evidence.external]
        bases += [seen.observed_at for seen in evidence.seen]
        if look := evidence.complete:
            bases += [reading.newest for reading in look.observation.clocks.values() if reading.newest]  # type: ignore[misc]
            if population := look.observation.population:
                for second in population.times.buckets:
                    start = datetime.fromtimestamp(second, NOW.tzinfo)
                    bases += [start, start + timedelta(seconds=1)]
        yield from (base + length for base in bases for length in DURATIONS)
    yield from (NOW.replace(minute=40) + hours * HOUR for hours in range(30))


def around(world: World, start: datetime, end: datetime) -> list[datetime]:
    """Those instants, one tick before and one after, in [start, end)."""
    near = {at + tick for at in instants(world) for tick in (-TICK, timedelta(), TICK)}
    return sorted(at for at in {start, *near} if start <= at < end)
