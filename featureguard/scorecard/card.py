"""One dataset on the scorecard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from featureguard.accounting import Account, Books
from featureguard.catalog import Catalog
from featureguard.contract import Contract
from featureguard.judging import Report
from featureguard.scorecard.features import Features, features
from featureguard.scorecard.incidents import Incidents, sum_up
from featureguard.slo.sli import Sli
from featureguard.slo.spans import Period
from featureguard.waiver import Waiver


@dataclass(frozen=True, slots=True)
class Facts:
    """What a card is made from.

    Attributes:
        books: The dataset's history.
        report: How it stands now.
    """

    books: Books
    report: Report


@dataclass(frozen=True, slots=True)
class Card:
    """How one dataset did over a period, and how its features stand.

    Attributes:
        contract: What is promised: its tier, owner, runbook, objective and enforcement.
        looked: Whether anybody ever looked at it.
        features: Its features now.
        measures: What its SLI counts; `None` if the contract promises nothing that an SLI counts.
        sli: The SLI over the period.
        account: How its objective did over the period; `None` without an objective.
        incidents: What broke.
        waivers: How many exceptions cover it at the end of the period.
    """

    contract: Contract
    looked: bool
    features: Features
    measures: Literal["time", "population", "delivery"] | None
    sli: Sli | None
    account: Account | None
    incidents: Incidents
    waivers: int = 0

    @property
    def dataset(self) -> str:
        """Name of the dataset."""
        return self.contract.dataset

    @property
    def unknown_share(self) -> float | None:
        """Share of the valid period in which nobody knows; `None` if none is valid or nothing is counted."""
        return self.sli.unknown / self.sli.valid if self.sli and self.sli.valid else None


def card(
    facts: Facts, period: Period, now: datetime, *, unknown_as_bad: bool, waivers: Iterable[Waiver] = ()
) -> Card:
    """The card of one dataset.

    Args:
        facts: What is known about it.
        period: Start and end.
        now: The instant of the question.
        unknown_as_bad: Whether its error budget counts unknown time.
        waivers: Exceptions in force at the end of the period.
    """
    books, contract = facts.books, facts.books.contract
    measures = _measures(contract)
    account = books.account(unknown_as_bad=unknown_as_bad, window=period)
    return Card(
        contract=contract,
        looked=facts.report.recorded is not None,
        features=features(facts.report),
        measures=measures,
        sli=account.sli if account else books.sli(measures, *period) if measures else None,
        account=account,
        incidents=sum_up(books.incidents(since=period[0]), *period, now),
        waivers=sum(covers(waiver, contract.dataset) for waiver in waivers),
    )


def counts_unknown(catalog: Catalog, dataset: str) -> bool:
    """Whether a dataset's error budget counts unknown time as bad, by the default policy."""
    return catalog.policies["default"].counts_unknown(catalog.contracts[dataset].tier)


def covers(waiver: Waiver, dataset: str) -> bool:
    """Whether a waiver is about a dataset, by name or as one of its subject's."""
    return dataset == waiver.dataset or dataset in waiver.digests


def _measures(contract: Contract) -> Literal["time", "population", "delivery"] | None:
    """What the objective counts; without one the strictest that the contract promises."""
    if contract.slo:
        return contract.slo.sli
    freshness = contract.freshness
    if freshness is None:
        return None
    return "time" if freshness.max_age else "population" if freshness.population else "delivery"
