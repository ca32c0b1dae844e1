"""What the gate would say about an asset: its own promises, and everything that it is made from."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from featureguard.accounting import Account
from featureguard.catalog import Catalog
from featureguard.contract import Contract, MemoryConfig, Subject
from featureguard.guard import Guard
from featureguard.judging import Report, incomplete
from featureguard.lineage import Kind
from featureguard.observation import Failure, History
from featureguard.result import CheckResult, Code, Severity
from featureguard.verdict import Decision, Reason

ASSET = "dagster_asset"
"""The subject that stands for an asset while it is judged."""

FINDINGS, UPSTREAM, PROBE, PARTITION = "findings", "upstream", "probe", "partition"
"""The checks that are no promise: what else was found, what the asset is made from, what a sensor saw, and
each partition of a run.
"""
NO_PROMISE = frozenset({FINDINGS, UPSTREAM, PROBE, PARTITION})

_TRUSTED = timedelta(minutes=1)
"""A look at an upstream that is younger need not be taken again."""


@dataclass(frozen=True, slots=True)
class Question:
    """An asset to be judged.

    Attributes:
        dataset: The dataset that it is, or `None` if no contract describes it.
        above: The nearest datasets that it is made from, as the host knows them; contracts may name more.
        action: What it would be used for.
        by_partition: Whether each of its partitions is judged by itself.
    """

    dataset: str | None
    above: tuple[str, ...]
    action: str
    by_partition: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of an asset.

    Attributes:
        report: The look at it; `None` if no contract describes it.
        decision: What the gate says about it and what it is made from.
        account: What became of its objective, if it has one.
        history: What looks before this one saw, if its partitions are judged.
    """

    report: Report | None
    decision: Decision
    account: Account | None = None
    history: History = field(default_factory=History)

    def results(self, kind: str) -> list[CheckResult]:
        """What one kind of check said."""
        return [r for r in self.report.results if r.check == kind] if self.report else []

    def reasons(self, dataset: str | None, kind: str, kinds: Iterable[str]) -> list[Reason]:
        """Why a check of the asset is no pass."""
        if kind == UPSTREAM:
            return [reason for reason in self.decision.reasons if reason.dataset != dataset]
        own = [
            reason for reason in self.decision.reasons if reason.dataset == dataset and dataset is not None
        ]
        if kind == PROBE:
            return own
        if kind == FINDINGS:
            named = set(kinds) - NO_PROMISE
            return [reason for reason in own if reason.check not in named]
        return [reason for reason in own if reason.check == kind]


def case_catalog(catalog: Catalog, question: Question) -> Catalog:
    """The part of a catalog that an asset stands on, with a subject that stands for the asset."""
    direct = sorted({*question.above, *([question.dataset] if question.dataset else [])})
    lineage = catalog.lineage
    names = {*direct, *(name for one in direct for name in lineage.closure(one))}
    contracts = [catalog.contracts[name] for name in sorted(names) if name in catalog.contracts]
    tiers = [catalog.contracts[name].tier for name in direct]
    subject = Subject(subject=ASSET, owner="dagster", tier=min(tiers, default=3), requires=tuple(direct))
    return Catalog.from_contracts(contracts, [subject], [catalog.policies["default"]])


def promised(contract: Contract) -> dict[str, Severity]:
    """The kinds of promises of a contract in their order, each with its gravest severity."""
    found: dict[str, Severity] = {}
    nothing = Failure(Code.NO_EVIDENCE, "")
    instant = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
    for result in incomplete(contract, nothing, instant, instant).results:
        known = found.setdefault(result.check, result.severity)
        found[result.check] = Severity.BLOCK if Severity.BLOCK in (known, result.severity) else Severity.WARN
    return found


def judge_asset(guard: Guard, question: Question) -> Judged:
    """Look at an asset and at what it is made from, and ask what the gate makes of it.

    Args:
        guard: Stands on `case_catalog`.
        question: The asset.

    Raises:
        StoreError: If the evidence cannot be read or written.
    """
    report = None
    for name in guard.catalog.lineage.closure(ASSET):
        if guard.catalog.lineage.kind(name) is Kind.EXTERNAL or name not in guard.catalog.contracts:
            continue
        if name == question.dataset:
            report = looked(guard, name, every_unit=question.by_partition)
        elif not _seen_just_now(guard, name):
            looked(guard, name)
    decision = _without_stand_in(guard.preview(ASSET, question.action))
    history = History()
    if report and question.by_partition:
        history = guard.store_in_use.history(report.dataset, before=report.observation.observed_at)
    return Judged(report, decision, _account(guard, question.dataset), history)


def _without_stand_in(decision: Decision) -> Decision:
    """The same with paths that begin at the asset itself."""
    reasons = (dataclasses.replace(one, path=one.path[1:]) for one in decision.reasons)
    return dataclasses.replace(decision, reasons=tuple(reasons))


def _account(guard: Guard, dataset: str | None) -> Account | None:
    contract = guard.catalog.contracts.get(dataset or "")
    if contract is None or contract.slo is None:
        return None
    unknown_as_bad = guard.catalog.policies["default"].counts_unknown(contract.tier)
    return guard.books(contract.dataset, now=guard.now()).account(unknown_as_bad=unknown_as_bad)


def looked(guard: Guard, name: str, *, every_unit: bool = False) -> Report:
    """A look; where only a host has the data, what it showed last."""
    if isinstance(guard.catalog.contracts[name].source, MemoryConfig):
        return guard.standing(name, guard.now())
    return guard.check(name, every_unit=every_unit)


def _seen_just_now(guard: Guard, name: str) -> bool:
    seen = guard.standing(name, guard.now()).observation
    return seen.failure is None and guard.now() - seen.observed_at <= _TRUSTED
