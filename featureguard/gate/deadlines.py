"""The instants at which the same evidence may say something else: ages reach limits, looks expire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from featureguard.contract import Contract, Population
from featureguard.evidence import Evidence
from featureguard.gate.doubts import Trust
from featureguard.observation import Observation, PopulationReading
from featureguard.profile import Never
from featureguard.schedule import due_windows
from featureguard.windows import from_micros

TICK = timedelta(microseconds=1)
"""Limits are inclusive: the instant after a limit is the first one beyond it."""

MOST_EDGES = 256
"""Most instants of one population that are looked at."""

_FARTHEST = timedelta(days=20_000)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """When a finding may change without new evidence.

    Attributes:
        instants: Every such instant after now, in order.
        known_until: From when on a population may change at more instants; `None` if all of them are given.
        moves_at: The first instant at which the share of a population may be another, if any.
    """

    instants: tuple[datetime, ...]
    known_until: datetime | None = None
    moves_at: datetime | None = None


def deadlines(
    contract: Contract, evidence: Evidence, now: datetime, trust: Trust, limits: Iterable[timedelta]
) -> Deadlines:
    """Every instant after `now` at which a finding may change.

    Args:
        contract: Today's contract.
        evidence: What is known.
        now: The instant.
        trust: How long evidence is believed.
        limits: How long evidence about single promises is believed.
    """
    found = set(_expiries(contract, evidence, trust, limits))
    edges: list[datetime] = []
    if look := evidence.complete:
        found |= set(_of_freshness(contract, look.observation))
        found |= set(_of_delivery(contract, look.observation, now))
        edges = sorted(at for at in set(_of_population(contract, look.observation)) if at > now)
    found.update(edges[:MOST_EDGES])
    known_until = edges[MOST_EDGES] if len(edges) > MOST_EDGES else None
    return Deadlines(tuple(sorted(at for at in found if at > now)), known_until, next(iter(edges), None))


def _expiries(
    contract: Contract, evidence: Evidence, trust: Trust, limits: Iterable[timedelta]
) -> Iterator[datetime]:
    """Looks and results of other tools grow too old; those from the future become present."""
    lag = trust.snapshot_lag or trust.default
    if evidence.complete:
        seen_at = evidence.complete.observation.observed_at
        yield from (seen_at + limit + TICK for limit in (trust.default, lag, *limits))
        yield seen_at - Trust.CLOCKS_DIFFER
    for sight in evidence.seen:
        yield sight.observed_at + lag + TICK
    expected = {f"{check.tool}:{check.check}": check for check in contract.external_checks}
    for result in evidence.external:
        if promise := expected.get(result.name):
            yield result.observed_at + (promise.evidence_max_age or trust.default) + TICK
            yield result.observed_at - Trust.CLOCKS_DIFFER


def _of_freshness(contract: Contract, seen: Observation) -> Iterator[datetime]:
    newest = _newest(contract, seen)
    if contract.freshness is None or newest is None:
        return
    for limit in (contract.freshness.max_age, contract.freshness.warn_age):
        if limit:
            yield newest + limit + TICK


def _of_delivery(contract: Contract, seen: Observation, now: datetime) -> Iterator[datetime]:
    """When the grace of the first delivery ends that has not arrived; with it, later ones are missing too."""
    promise = contract.freshness.delivery if contract.freshness else None
    newest = _newest(contract, seen)
    if promise is None or newest is None:
        return
    # What is due before `newest` covers data that had ended by then.
    start = max(newest - timedelta(days=1), now - (promise.grace or timedelta()))
    step = timedelta(days=2)
    while step < _FARTHEST:
        for window in due_windows(promise, start, start + step):
            if window.deadline > now and not window.is_off and not window.arrived(newest):
                yield window.deadline
                return
        start, step = start + step, 2 * step


def _newest(contract: Contract, seen: Observation) -> datetime | None:
    reading = seen.clocks.get(contract.clock or "")
    return None if reading is None or isinstance(reading.newest, Never) else reading.newest


def _of_population(contract: Contract, seen: Observation) -> Iterator[datetime]:
    promise = contract.freshness.population if contract.freshness else None
    if promise is None or seen.population is None:
        return
    if seen.population.at:  # the one instant at which the exact count answers
        yield seen.population.at
        yield seen.population.at + TICK
    yield from map(from_micros, _edges(promise, seen.population))


def _edges(promise: Population, reading: PopulationReading) -> Iterator[int]:
    """When a bucket of times begins, and when it ends, to be too old, in microseconds."""
    width = 1_000_000 << reading.times.k
    retire = promise.of == "entities" and not promise.expected
    for age in (promise.within, promise.seen_within) if retire else (promise.within,):
        micros = age // TICK
        for bucket in reading.times.buckets:
            yield bucket * width + micros + 1
            yield (bucket + 1) * width + micros
