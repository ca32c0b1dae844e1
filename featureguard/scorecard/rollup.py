"""Many datasets together: by tier, by owner and over all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from featureguard.catalog import Catalog
from featureguard.scorecard.card import Card, Facts, card, counts_unknown
from featureguard.scorecard.features import Features
from featureguard.scorecard.incidents import Cause, Incidents, causes, merged
from featureguard.slo.spans import Period
from featureguard.verdict import Decision, Mode
from featureguard.waiver import Waiver

COMPLIANCE_TARGETS: Final[Mapping[int, float]] = {0: 0.99}
"""By tier, the share of features that more than must be within their thresholds."""


@dataclass(frozen=True, slots=True)
class Objectives:
    """Objectives by what became of them.

    Attributes:
        met: Met over the period.
        missed: Not met.
        unknown: Nothing was counted.
    """

    met: int
    missed: int
    unknown: int

    @property
    def total(self) -> int:
        """Datasets that have an objective."""
        return self.met + self.missed + self.unknown


@dataclass(frozen=True, slots=True)
class Rollup:
    """Some datasets together.

    Attributes:
        by: What they have in common.
        name: The tier, the owner, or `all`.
        cards: Each of them.
        target: The share of features that more than must be within; `None` if there is no target.
    """

    by: Literal["tier", "owner", "all"]
    name: str
    cards: tuple[Card, ...]
    target: float | None = None

    @property
    def features(self) -> Features:
        """Their features."""
        return sum((one.features for one in self.cards), Features())

    @property
    def meets_target(self) -> bool | None:
        """Whether enough features are surely within; `None` if nobody can tell or there is no target."""
        return None if self.target is None else self.features.exceeds(self.target)

    @property
    def objectives(self) -> Objectives:
        """Their objectives."""
        states = Counter(one.account.meets for one in self.cards if one.account)
        return Objectives(states[True], states[False], states[None])

    @property
    def incidents(self) -> Incidents:
        """What broke."""
        return merged((one.incidents for one in self.cards), self.cards[0].incidents.now)

    @property
    def unknown_share(self) -> float | None:
        """Share of all valid time in which nobody knows; deliveries are not time. `None` if none is valid."""
        known = [one.sli for one in self.cards if one.sli and one.measures != "delivery"]
        valid = sum(sli.valid for sli in known)
        return sum(sli.unknown for sli in known) / valid if valid else None

    @property
    def without_runbook(self) -> tuple[str, ...]:
        """Datasets whose contract names no runbook."""
        return tuple(one.dataset for one in self.cards if one.contract.runbook is None)

    @property
    def without_objective(self) -> tuple[str, ...]:
        """Datasets whose contract has no objective."""
        return tuple(one.dataset for one in self.cards if one.contract.slo is None)

    @property
    def without_evidence(self) -> tuple[str, ...]:
        """Datasets that nobody has looked at (NO_EVIDENCE)."""
        return tuple(one.dataset for one in self.cards if not one.looked)


@dataclass(frozen=True, slots=True)
class Waived:
    """An exception of the period.

    Attributes:
        waiver: The exception.
        in_force: Whether it still holds at the end of the period.
        uses: Recorded decisions of the period that it made milder.
    """

    waiver: Waiver
    in_force: bool
    uses: int


@dataclass(frozen=True, slots=True)
class Scorecard:
    """How a catalog did.

    Attributes:
        start, end: The period, UTC.
        now: The instant of the question: features stand as of now, later evidence is left out.
        mode: `dry_run`: the project blocks nothing.
        cards: One for each dataset, by tier and name.
        tiers, owners: Datasets that share one.
        overall: All of them; `None` without datasets.
        causes: What was wrong, longest first.
        waivers: Exceptions in force or used, earliest first.
    """

    start: datetime
    end: datetime
    now: datetime
    mode: Mode
    cards: tuple[Card, ...]
    tiers: tuple[Rollup, ...]
    owners: tuple[Rollup, ...]
    overall: Rollup | None
    causes: tuple[Cause, ...]
    waivers: tuple[Waived, ...]


def scorecard(
    catalog: Catalog,
    facts: Mapping[str, Facts],
    period: Period,
    now: datetime,
    *,
    mode: Mode = "enforce",
    waivers: Iterable[Waiver] = (),
    uses: Mapping[str, int] | None = None,
) -> Scorecard:
    """Put the scorecard of a catalog together.

    Args:
        catalog: Contracts and policies.
        facts: What is known about each dataset.
        period: Start and end.
        now: The instant of the question, not before the end.
        mode: Whether the project enforces.
        waivers: All there are.
        uses: How often each waiver made a decision of the period milder, by its id (`waiver_uses`).
    """
    told = [_waived(waiver, period, (uses or {}).get(waiver.id, 0)) for waiver in waivers]
    holding = [one.waiver for one in told if one.in_force]
    cards = [
        card(facts[name], period, now, unknown_as_bad=counts_unknown(catalog, name), waivers=holding)
        for name in sorted(facts, key=lambda name: (catalog.contracts[name].tier, name))
    ]
    used = (one for one in told if one.in_force or one.uses)
    return from_cards(cards, period, now, mode=mode, waivers=used)


def from_cards(
    cards: Sequence[Card],
    period: Period,
    now: datetime,
    *,
    mode: Mode = "enforce",
    waivers: Iterable[Waived] = (),
) -> Scorecard:
    """The scorecard of some cards, in their order."""
    overall = Rollup("all", "all", tuple(cards)) if cards else None
    return Scorecard(
        *period,
        now,
        mode,
        tuple(cards),
        _rollups("tier", cards, lambda one: str(one.contract.tier)),
        _rollups("owner", cards, lambda one: one.contract.owner),
        overall,
        causes(overall.incidents) if overall else (),
        tuple(waivers),
    )


def waiver_uses(decisions: Iterable[Decision]) -> Mapping[str, int]:
    """How many decisions each waiver made milder, by its id."""
    return Counter(
        waiver for one in decisions for waiver in {reason.waiver for reason in one.reasons} if waiver
    )


def _waived(waiver: Waiver, period: Period, uses: int) -> Waived:
    end = min(waiver.until, waiver.revoked_at or waiver.until)
    return Waived(waiver, waiver.since <= period[1] < end, uses)


def _rollups(
    by: Literal["tier", "owner"], cards: Sequence[Card], key: Callable[[Card], str]
) -> tuple[Rollup, ...]:
    groups: dict[str, list[Card]] = defaultdict(list)
    for one in cards:
        groups[key(one)].append(one)
    targets = {str(tier): target for tier, target in COMPLIANCE_TARGETS.items()} if by == "tier" else {}
    return tuple(Rollup(by, name, tuple(groups[name]), targets.get(name)) for name in sorted(groups))
