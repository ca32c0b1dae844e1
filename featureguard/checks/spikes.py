"""Null spikes: are suddenly more values missing than this column's own past explains?

Days differ more than coin tosses do, so the past units give a beta-binomial: a mean rate and an
over-dispersion, both by moments (Kleinman 1973, with weights proportional to the rows). A unit spikes when
its z score exceeds that of `alpha`, and the rise also matters: in points, and as a factor.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from statistics import NormalDist

from featureguard.checks import words
from featureguard.checks.nulls import NullCount, count_nulls, null_limit
from featureguard.checks.units import failed, not_measured, passed, unknown, worst_unit
from featureguard.contract import Column, Contract, Spike
from featureguard.observation import History, Observation, Unit
from featureguard.result import CheckResult, Code, Severity, Status


@dataclass(frozen=True, slots=True)
class Baseline:
    """What past units say about the next one.

    Attributes:
        units: How many there are.
        rows: Their rows.
        rate: Their mean rate, in (0, 1): (nulls + ½) / (rows + 1), so that a spotless past is no certainty.
        dispersion: Intra-unit correlation in [0, 1); 0 is the binomial.
        mean_variance: Variance of `rate`.
    """

    units: int
    rows: int
    rate: float
    dispersion: float
    mean_variance: float

    def z(self, unit: NullCount) -> float:
        """How many standard deviations of a new unit's rate, and of the mean's error, it lies above."""
        spread = self.rate * (1 - self.rate) * (1 + (unit.rows - 1) * self.dispersion) / unit.rows
        return (unit.rate - self.rate) / math.sqrt(spread + self.mean_variance)


def spikes(
    contract: Contract, observation: Observation, history: History, now: datetime
) -> Iterator[CheckResult]:
    """Compare each judged unit's share of nulls with what its past allows, both in [0, 1].

    The past of a unit are the units before it, in this look and in earlier ones, that have the same length
    and did not fail a blocking promise about this column's nulls.
    """
    known = _known(observation, history)
    for name, column in contract.columns.items():
        spike = column.nulls.spike if column.nulls else None
        if spike is None:
            continue
        result = CheckResult("null_spike", Status.UNKNOWN, spike.severity, column=name)
        judge = partial(_judge_unit, result, name, column, spike, known)
        yield worst_unit(contract, observation, result, judge)


def mark_bad(contract: Contract, observation: Observation, history: History) -> Observation:
    """The look with the columns named, unit by unit, that failed a blocking promise about their nulls.

    They are kept with the units, so that a later look does not learn from them.
    """
    known = _known(observation, history)
    units = tuple(
        dataclasses.replace(unit, judged_bad=frozenset(_bad_columns(contract, known, unit)))
        for unit in observation.units
    )
    return dataclasses.replace(observation, units=units)


def learn(counts: Sequence[NullCount]) -> Baseline:
    """Fit the beta-binomial by moments to past units, all with rows."""
    total, squares = sum(c.rows for c in counts), sum(c.rows**2 for c in counts)
    rate = (sum(c.least for c in counts) + 0.5) / (total + 1)
    scatter = sum(c.rows * (c.rate - rate) ** 2 for c in counts) / (rate * (1 - rate))
    free = total - squares / total - (len(counts) - 1)
    dispersion = min(max((scatter - (len(counts) - 1)) / free, 0.0), 0.999) if free > 0 else 0.0
    mean_variance = rate * (1 - rate) * (1 / total + dispersion * (squares / total**2 - 1 / total))
    return Baseline(len(counts), total, rate, dispersion, max(mean_variance, 0.0))


def _known(observation: Observation, history: History) -> tuple[Unit, ...]:
    """All units that can be learned from, the newest version of each, oldest first."""
    return tuple({unit.identity: unit for unit in (*history.units, *observation.units)}.values())


def _bad_columns(contract: Contract, known: Sequence[Unit], unit: Unit) -> Iterator[str]:
    for name, column in contract.columns.items():
        spike = column.nulls.spike if column.nulls else None
        if _is_bad(name, column, unit):
            yield name
        elif spike and spike.severity is Severity.BLOCK:
            result = CheckResult("null_spike", Status.UNKNOWN, column=name)
            if _judge_unit(result, name, column, spike, known, unit).status is Status.FAIL:
                yield name


def _judge_unit(
    result: CheckResult, name: str, column: Column, spike: Spike, known: Sequence[Unit], unit: Unit
) -> CheckResult:
    past = _earlier(name, column, spike, unit, known)
    return _judge(result, spike, count_nulls(name, column, unit), past)


def _judge(
    result: CheckResult, spike: Spike, unit: NullCount | None, past: Sequence[NullCount]
) -> CheckResult:
    name = result.column
    if unit is None or not unit.exact:
        return not_measured(result, f"The nulls of '{name}' were not all counted")
    if unit.rows < spike.min_rows:
        reason = (
            f"{words.count(unit.rows, 'row')} are too few to judge a spike of '{name}' ({spike.min_rows:,})."
        )
        return unknown(result, reason, Code.NO_EVIDENCE)
    if len(past) < spike.min_units:
        reason = (
            f"A spike of '{name}' is judged from {spike.min_units} earlier comparable units on;"
            f" there are {len(past)}."
        )
        return unknown(result, reason, Code.COLD_START)
    baseline = learn(past)
    bound = _bound(baseline, spike, unit.rows)
    if unit.rate < bound:
        return passed(result, observed=unit.rate, limit=bound)
    reason = (
        f"{words.percent(unit.rate)} of '{name}' is null; the last {baseline.units} comparable units had"
        f" {words.percent(baseline.rate)} and allow {words.percent(bound)} (z = {baseline.z(unit):.1f})."
    )
    return failed(result, Code.NULL_SPIKE, reason, observed=unit.rate, limit=bound)


def _bound(baseline: Baseline, spike: Spike, rows: int) -> float:
    """The smallest rate that is a spike: far enough in standard deviations, in points and as a factor."""
    critical = NormalDist().inv_cdf(1 - spike.alpha)
    spread = baseline.rate * (1 - baseline.rate) * (1 + (rows - 1) * baseline.dispersion) / rows
    far = baseline.rate + critical * math.sqrt(spread + baseline.mean_variance)
    return max(far, baseline.rate + spike.min_effect, baseline.rate * spike.min_factor)


def _earlier(name: str, column: Column, spike: Spike, unit: Unit, known: Sequence[Unit]) -> list[NullCount]:
    """Counts of the last comparable units before this one."""
    order = {other.identity: index for index, other in enumerate(known)}
    counts = [
        found
        for other in known
        if _is_before(other, unit, order) and other.seconds == unit.seconds
        if not _is_bad(name, column, other)
        if (found := count_nulls(name, column, other)) and found.exact and found.rows
    ]
    return counts[-spike.units :]


def _is_before(other: Unit, unit: Unit, order: Mapping[str, int]) -> bool:
    if other.start and unit.start:
        return other.start < unit.start
    return order[other.identity] < order[unit.identity]


def _is_bad(name: str, column: Column, unit: Unit) -> bool:
    """Whether a unit failed a blocking promise: it must not teach what is normal."""
    if name in unit.judged_bad:
        return True
    limit, found = null_limit(column), count_nulls(name, column, unit)
    blocking = column.nulls is None or column.nulls.severity is Severity.BLOCK
    return blocking and limit is not None and found is not None and bool(found.rows) and found.rate > limit
