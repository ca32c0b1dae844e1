"""Partitions of an asset, one by one: what the checks say about each, and which are not there."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg

from featureguard.judging import Report, judge
from featureguard.observation import History, Unit
from featureguard.policy import Policy
from featureguard.result import CheckResult, Status
from featureguard.verdict import Decision, Verdict


@dataclass(frozen=True, slots=True)
class OnePartition:
    """What the checks say about one partition.

    Attributes:
        key: Its key in Dagster.
        results: What is no pass; empty if everything is well.
        verdict: The worst that the gate makes of it.
        seen: Whether the data has such a partition.
    """

    key: str
    results: tuple[CheckResult, ...]
    verdict: Verdict
    seen: bool = True

    @property
    def passed(self) -> bool:
        """Whether everything is well."""
        return self.seen and not self.results

    @property
    def told(self) -> str:
        """What is wrong, in a sentence."""
        if not self.seen:
            return (
                "The data has no such partition. Zone and length must be those that the contract judges by."
            )
        return "; ".join(one.reason for one in self.results)


@dataclass(frozen=True, slots=True)
class Missing:
    """Which partitions the data lacks of those that Dagster knows.

    Attributes:
        keys: Those that are not there, in Dagster's order; of time windows, those that are over.
        complete_through: The last one before the first that is missing; `None` if that is the first.
    """

    keys: tuple[str, ...]
    complete_through: str | None


def each(
    report: Report,
    history: History,
    keys: Iterable[str],
    definition: dg.PartitionsDefinition[Any],
    policy: Policy,
    decision: Decision,
) -> list[OnePartition]:
    """Judge partitions one by one.

    Args:
        report: The look at the dataset.
        history: What looks before it saw; partitions that it did not judge anew are taken from there.
        keys: The partitions.
        definition: What partitions there are.
        policy: Says what findings mean.
        decision: What the gate says about the dataset: a reason that is waived there is waived here.
    """
    known = _known(report, history)
    rule = policy.rule(decision.action, report.contract.tier)
    waived = {(one.check, one.column) for one in decision.reasons if one.waiver}
    ceiling = Verdict.WARN if report.contract.enforcement == "observe" or decision.mode == "dry_run" else None
    found = []
    for key in keys:
        unit = _unit(key, known, definition)
        if unit is None:
            verdict = Verdict.WARN if ceiling else rule.unknown
            found.append(OnePartition(key, (), verdict, seen=False))
            continue
        wrong = tuple(one for one in _judged(report, history, unit) if one.status is not Status.PASS)
        verdicts = [
            Verdict.WARN if ceiling or (one.check, one.column) in waived else rule.verdict(one)
            for one in wrong
        ]
        found.append(OnePartition(key, wrong, max(verdicts, key=lambda one: one.rank, default=Verdict.ALLOW)))
    return found


def missing(
    report: Report,
    history: History,
    definition: dg.PartitionsDefinition[Any],
    instance: dg.DagsterInstance,
    now: datetime,
) -> Missing | None:
    """Compare the partitions of the data with Dagster's; `None` if too little is known of the data.

    Of time windows, those before the oldest that looks remember are not asked for.
    """
    from featureguard.store.intake import HISTORY_UNITS

    known = _known(report, history)
    names = report.observation.partitions or {}
    expected = list(definition.get_partition_keys(current_time=now, dynamic_partitions_store=instance))
    there = [_unit(key, known, definition) is not None or key in names for key in expected]
    if isinstance(definition, dg.TimeWindowPartitionsDefinition):
        first = next((place for place, seen in enumerate(there) if seen), len(there))
        expected, there = expected[first:], there[first:]
    elif len(known) >= HISTORY_UNITS:
        return None
    if not any(there):
        return None
    gone = tuple(key for key, seen in zip(expected, there, strict=True) if not seen)
    until = there.index(False) if gone else len(there)
    return Missing(gone, expected[until - 1] if until else None)


def _known(report: Report, history: History) -> list[Unit]:
    """Every unit that is known, each in its latest version."""
    return list({unit.identity: unit for unit in (*history.units, *report.observation.units)}.values())


def _judged(report: Report, history: History, unit: Unit) -> Iterator[CheckResult]:
    """What the checks of content say about one unit."""
    alone = dataclasses.replace(report.observation, units=(unit,))
    before = dataclasses.replace(
        history, units=tuple(one for one in history.units if one.identity != unit.identity)
    )
    for result in judge(report.contract, alone, before, report.now):
        if result.units_judged and result.check != "partitions":
            yield result


def _unit(key: str, known: Sequence[Unit], definition: dg.PartitionsDefinition[Any]) -> Unit | None:
    """The unit that a partition is: the same window, else the same values."""
    window = None
    if isinstance(definition, dg.TimeWindowPartitionsDefinition):
        window = definition.time_window_for_partition_key(key)
    values = set(key.split("|"))
    for unit in known:
        if unit.start is not None and window is not None:
            if unit.start == window.start and unit.end == window.end:
                return unit
        elif {part.partition("=")[2] or part for part in unit.key.split("/")} == values:
            return unit
    return None
