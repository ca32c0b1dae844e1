"""The instants at which the same evidence may say something else: ages reach limits, looks expire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from featureguard.contract import Contract, Population
from featureguard.evidence import Evidence
from featureguard.gate.doubts import Trust
from featureguard.observation import Observation, PopulationReading
from featureguard.profile import Never
from featureguard.windows import from_micros, to_micros

TICK = timedelta(microseconds=1)
"""Limits are inclusive: the instant after a limit is the first one beyond it."""

_MOST_EDGES = 256


def deadlines(contract: Contract, evidence: Evidence, now: datetime, trust: Trust) -> list[datetime]:
    """Every instant after `now` at which a finding may change, in order.

    A population of many ages changes all the time: of its instants the next 256 are given, which is where
    the answer can be trusted to.
    """
    found = set(_expiries(contract, evidence, trust))
    if look := evidence.complete:
        found |= set(_of_freshness(contract, look.observation))
        found |= set(_of_population(contract, look.observation, now))
        found |= set(_of_schedule(contract, now, now + max(trust.default, timedelta(days=1))))
    return sorted(at for at in found if at > now)


def _expiries(contract: Contract, evidence: Evidence, trust: Trust) -> Iterator[datetime]:
    """Looks and results of other tools grow too old; those from the future become present."""
    promises = [
        *(
            promise
            for promise in (contract.schema_, contract.freshness, contract.volume, contract.keys)
            if promise
        ),
        *(promise for promise in (getattr(contract, "partitions", None),) if promise),
        *((contract.freshness.population, contract.freshness.delivery) if contract.freshness else ()),
    ]
    for column in contract.columns.values():
        promises += [p for p in (column.nulls, column.range, column.values) if p]
        promises += [column.nulls.spike] if column.nulls and column.nulls.spike else []
    limits = {trust.default, *(p.evidence_max_age for p in promises if p and p.evidence_max_age)}
    if evidence.complete:
        seen_at = evidence.complete.observation.observed_at
        yield from (seen_at + limit + TICK for limit in limits)
        yield seen_at - Trust.CLOCKS_DIFFER
    for sight in evidence.seen:
        yield sight.observed_at + (trust.snapshot_lag or trust.default) + TICK
    expected = {f"{check.tool}:{check.check}": check for check in contract.external_checks}
    for result in evidence.external:
        if promise := expected.get(result.name):
            yield result.observed_at + (promise.evidence_max_age or trust.default) + TICK
            yield result.observed_at - Trust.CLOCKS_DIFFER


def _of_freshness(contract: Contract, seen: Observation) -> Iterator[datetime]:
    reading = seen.clocks.get(contract.clock or "")
    if contract.freshness is None or reading is None:
        return
    if reading.newest is None or isinstance(reading.newest, Never):
        return
    for limit in (contract.freshness.max_age, contract.freshness.warn_age):
        if limit:
            yield reading.newest + limit + TICK


def _of_population(contract: Contract, seen: Observation, now: datetime) -> Iterator[datetime]:
    promise = contract.freshness.population if contract.freshness else None
    if promise is None or seen.population is None:
        return
    if seen.population.at == now:
        yield now + TICK  # from then on the histogram answers instead of the exact count
    edges = sorted(at for at in _edges(promise, seen.population) if at > to_micros(now))
    yield from map(from_micros, edges[:_MOST_EDGES])


def _edges(promise: Population, reading: PopulationReading) -> Iterator[int]:
    """When a bucket of times begins, and when it ends, to be too old, in microseconds."""
    width = 1_000_000 << reading.times.k
    for age in (promise.within, promise.seen_within):
        micros = age // TICK
        for bucket in reading.times.buckets:
            yield bucket * width + micros + 1
            yield (bucket + 1) * width + micros


def _of_schedule(contract: Contract, now: datetime, until: datetime) -> Iterator[datetime]:
    """When windows and partitions become overdue."""
    yield from ()
