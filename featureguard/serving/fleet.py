"""Everything at one instant: a picture of catalog and store that pages, metrics and previews read."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from featureguard.accounting import Account, Books
from featureguard.assembling import assemble, with_waivers
from featureguard.contract import Contract, canonical_json
from featureguard.gate import BudgetState, Case, Finding, Standing, decide
from featureguard.gate.doubts import Trust
from featureguard.judging import CLOCKS_DIFFER, Report, standing
from featureguard.profile import NEVER, Never
from featureguard.result import Code, Status
from featureguard.serving.known import Known, last_turn
from featureguard.verdict import Decision, Mode
from featureguard.waiver import Waiver

if TYPE_CHECKING:
    from featureguard.catalog import Catalog
    from featureguard.store import Store

GLANCES_LAST = timedelta(minutes=1)
"""How old a decision may be in a list of many, though no fact changed."""

_TIMELY = frozenset({"freshness", "population", "delivery"})
"""Checks that say whether data is fresh."""


class State(StrEnum):
    """How fresh a dataset is, in one word.

    `UNKNOWN`: nobody can tell from trustworthy evidence. `NEVER`: there is no valid value at all. `NONE`: its
    contract promises no freshness.
    """

    FRESH = "fresh"
    AGING = "aging"
    STALE = "stale"
    NEVER = "never"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DatasetState:
    """How one dataset stands at an instant.

    Attributes:
        contract: Today's contract.
        as_of: The instant.
        state: How fresh it is.
        findings: Everything that is not a pass, worst first.
        promises: How many results there should be.
        newest: Newest value of the contract's clock, by whatever saw it last; `None` if not measured.
        seen_at: When that was seen.
        observed_at: The last complete look; `None` without one.
        evidence_until: Until when that look is believed.
        known: What it was judged from.
    """

    contract: Contract
    as_of: datetime
    state: State
    findings: tuple[Finding, ...]
    promises: int
    newest: datetime | Never | None
    seen_at: datetime | None
    observed_at: datetime | None
    evidence_until: datetime | None
    known: Known = field(repr=False)

    @property
    def dataset(self) -> str:
        """Its name."""
        return self.contract.dataset

    @property
    def max_age(self) -> timedelta | None:
        """The largest promised age of the newest value."""
        return self.contract.freshness.max_age if self.contract.freshness else None

    @property
    def warn_age(self) -> timedelta | None:
        """The age that warns."""
        return self.contract.freshness.warn_age if self.contract.freshness else None

    @property
    def age(self) -> timedelta | None:
        """Age of the newest value, at least 0; `None` if there is none, or it is not known."""
        if self.newest is None or self.newest is NEVER:
            return None
        return max(self.as_of - self.newest, timedelta(0))

    @property
    def fresh_until(self) -> datetime | None:
        """When the newest value passes the limit; `None` without value or limit."""
        if self.newest is None or self.newest is NEVER or self.max_age is None:
            return None
        return self.newest + self.max_age

    @property
    def evidence_age(self) -> timedelta | None:
        """Age of the last complete look, at least 0."""
        return None if self.observed_at is None else max(self.as_of - self.observed_at, timedelta(0))

    @property
    def status(self) -> Status:
        """The worst status of any promise, whatever its severity."""
        return max((one.result.status for one in self.findings), key=lambda s: s.rank, default=Status.PASS)

    @property
    def worst(self) -> Finding | None:
        """The worst finding; `None` if every promise holds."""
        return self.findings[0] if self.findings else None

    @property
    def account(self) -> Account | None:
        """How its objective stood when that was last drawn up; `None` without an objective, or not yet."""
        return self.known.last_account


@dataclass(frozen=True, slots=True)
class Glance:
    """The decisions about a subject a moment ago.

    Attributes:
        facts: Catalog, waivers and mode.
        rests_on: The datasets.
        since, until: Between them the same facts say the same; `until` is outside.
        decisions: By action.
    """

    facts: tuple[str, str, str]
    rests_on: Sequence[Known]
    since: datetime
    until: datetime
    decisions: Mapping[str, Decision]

    def holds(self, now: datetime, rests_on: Sequence[Known]) -> bool:
        """Whether it still tells what the gate would say."""
        same = len(rests_on) == len(self.rests_on) and all(map(operator.is_, rests_on, self.rests_on))
        return same and self.since <= now < self.until


@dataclass(frozen=True)
class Fleet:
    """A picture of everything at one instant; it never changes.

    Attributes:
        catalog: Contracts, subjects and policies.
        catalog_version: Digest of all they say.
        as_of: The instant.
        known: What is known about each dataset, by name.
        versions: How often each topic of the store was written when it was read.
        waivers: All there are.
        waiver_token: Names their state for `DecisionLog.append`.
        mode: `dry_run` only reports.
        simulated: The store's times are made up, so later facts do not count.
        glances: Handed from picture to picture.
    """

    catalog: Catalog
    catalog_version: str
    as_of: datetime
    known: Mapping[str, Known]
    versions: Mapping[str, int]
    waivers: tuple[Waiver, ...]
    waiver_token: str
    mode: Mode
    simulated: bool = False
    glances: dict[str, Glance] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def version(self) -> str:
        """Names catalog and facts: two pictures of the same ones have the same version."""
        told = [self.catalog_version, sorted(self.versions.items())]
        return hashlib.sha256(canonical_json(told)).hexdigest()[:16]

    @cached_property
    def datasets(self) -> tuple[DatasetState, ...]:
        """Every dataset of the catalog, by tier and name."""
        names = sorted(self.known, key=lambda name: (self.known[name].contract.tier, name))
        return tuple(map(self.dataset, names))

    def dataset(self, name: str) -> DatasetState:
        """One dataset.

        Raises:
            KeyError: If the catalog has none of this name.
        """
        known = self.known[name]
        findings = tuple(sorted(known.standing.at(self.as_of), key=_worst_first))
        newest = known.shelf.newest(self.as_of)
        observed_at = known.standing.observed_at
        limit = known.trust.under(known.contract).default
        return DatasetState(
            contract=known.contract,
            as_of=self.as_of,
            state=_state(known.contract, findings),
            findings=findings,
            promises=known.standing.promises,
            newest=newest[0] if newest else None,
            seen_at=newest[1] if newest else None,
            observed_at=observed_at,
            evidence_until=observed_at + limit if observed_at else None,
            known=known,
        )

    def books(self, name: str) -> Books:
        """SLIs, budget and incidents of one dataset.

        Raises:
            KeyError: If the catalog has none of this name.
        """
        return self.known[name].books(self.as_of)

    def report(self, name: str, store: Store) -> Report:
        """Every promise of a dataset with its last result, judged as of the instant.

        Raises:
            KeyError: If the catalog has none of this name.
            StoreError: If the looks cannot be read.
        """
        until = self.as_of + CLOCKS_DIFFER if self.simulated else None
        return standing(self.known[name].contract, store.evidence(name, until=until), self.as_of)

    def case(self, subject: str, action: str, now: datetime) -> Case:
        """Everything that a decision at an instant not before `as_of` rests on.

        Raises:
            UsageError: If the subject or the action is unknown.
        """

        def judged(name: str, trust: Trust) -> Standing:
            return self.known[name].standings[trust]

        def budget(contract: Contract, unknown_as_bad: bool) -> BudgetState | None:
            return self.known[contract.dataset].budget_state(now, unknown_as_bad=unknown_as_bad)

        found = assemble(self.catalog, subject, action, now, self.mode, standing=judged, budget=budget)
        return with_waivers(found, self.waivers, now if self.simulated else None)

    @cached_property
    def _judged(self) -> dict[tuple[str, str], Decision]:
        return {}

    def has_judged(self, subject: str, action: str) -> bool:
        """Whether `judged` has its answer at hand."""
        return (subject, action) in self._judged

    def judged(self, subject: str, action: str) -> Decision:
        """What the gate would say as of the instant; judged once for all who ask.

        Raises:
            UsageError: If the subject or the action is unknown.
        """
        if (subject, action) not in self._judged:
            self._judged[subject, action] = self.preview(subject, action)
        return self._judged[subject, action]

    def glance(self, subject: str) -> Mapping[str, Decision]:
        """What the gate would say to each action of a subject, for lists of many.

        Judged anew when a fact about it changed, when one of the decisions may turn, and once a minute:
        the words of a reason may tell an age of a minute ago.

        Raises:
            UsageError: If the subject is unknown.
        """
        names = self.catalog.lineage.closure(subject)
        rests_on = [self.known[name] for name in names if name in self.known]
        facts = self.catalog_version, self.waiver_token, self.mode
        last = self.glances.get(subject)
        if last and last.facts == facts and last.holds(self.as_of, rests_on):
            return last.decisions
        actions = self.catalog.policy_of(subject).known_actions
        found = {action: self.judged(subject, action) for action in actions}
        turns = [turn for one in found.values() for turn in (one.valid_until, one.look_again_at) if turn]
        until = min([last_turn(self.as_of, GLANCES_LAST, subject) + GLANCES_LAST, *turns])
        self.glances[subject] = Glance(facts, rests_on, self.as_of, until, found)
        return found

    def preview(self, subject: str, action: str, now: datetime | None = None) -> Decision:
        """What the gate would say; nothing is recorded.

        Args:
            subject: A subject of the catalog.
            action: An action that its policy knows.
            now: An instant not before `as_of`; left out: `as_of`.

        Raises:
            UsageError: If the subject or the action is unknown.
        """
        return decide(self.case(subject, action, now or self.as_of))


def catalog_digest(catalog: Catalog) -> str:
    """SHA-256 over everything a catalog says."""
    told = [
        sorted(
            [name, contract.model_dump(mode="json", by_alias=True)]
            for name, contract in catalog.contracts.items()
        ),
        sorted([name, subject.model_dump(mode="json")] for name, subject in catalog.subjects.items()),
        sorted([name, policy.digest] for name, policy in catalog.policies.items()),
    ]
    return hashlib.sha256(canonical_json(told)).hexdigest()


def _state(contract: Contract, findings: tuple[Finding, ...]) -> State:
    freshness = contract.freshness
    if freshness is None:
        return State.NONE
    timely = [one.result for one in findings if one.result.check in _TIMELY]
    failed = [one for one in timely if one.status is Status.FAIL]
    if any(one.code is Code.NEVER_ARRIVED for one in failed):
        return State.NEVER
    if failed:
        return State.STALE
    if timely or any(one.result.check == "evidence" for one in findings):
        return State.UNKNOWN
    aging = any(one.result.check == "freshness_warn" and one.result.status is Status.FAIL for one in findings)
    return State.AGING if aging else State.FRESH


def _worst_first(finding: Finding) -> tuple[object, ...]:
    found = finding.result
    promise, status = found.rank
    return -promise, -status, found.check, found.column or ""
