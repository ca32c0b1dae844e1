"""The population SLI: the share of rows or entities that was fresh, integrated over time.

Between two looks the share lies between the least and the greatest of what both saw, aged to the instant;
before the first look nothing is known, after the last one only that members age (semantics, section 5).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import accumulate, pairwise

from featureguard.histogram import TimeHistogram
from featureguard.observation import PopulationReading
from featureguard.promises import Population
from featureguard.slo.pieces import cut
from featureguard.slo.reading import BEYOND_MICROS
from featureguard.slo.sli import Sli, in_micros
from featureguard.slo.spans import Period, Span, clip, length, minus, to_spans
from featureguard.windows import to_micros

Bounds = tuple[Fraction, Fraction]
"""Least and greatest share that the truth can have."""


@dataclass(frozen=True, slots=True)
class PopulationLimit:
    """What a population promised from an instant on, until the next limit came into force.

    Attributes:
        since: When the contract came into force.
        promise: What is counted, and what counts as fresh; `None` where the contract promises nothing.
        skew_tolerance: Rows further ahead of their look were from the future, and are never fresh.
    """

    since: datetime
    promise: Population | None
    skew_tolerance: timedelta = timedelta(minutes=5)


def population_sli(
    looks: Iterable[tuple[datetime, PopulationReading]],
    limits: Iterable[PopulationLimit],
    window: Period,
    *,
    now: datetime,
    first_look: datetime | None,
    maintenance: Iterable[Period] = (),
) -> Sli:
    """Integrate the fresh share over a window.

    A microsecond in which 98% are surely fresh and 1% surely not is 0.98 µs good, 0.01 bad and 0.01 unknown.
    The sums are exact fractions; at the end good and bad are rounded down to whole microseconds, so that the
    unknown keeps what does not fit. The bounds hold for a fixed set of members: where members come or go
    between two looks, the share may have left them meanwhile.

    Args:
        looks: Instants of the looks and what they saw, in any order.
        limits: Promises by the instant they came into force.
        window: Start and end.
        now: The instant of the question; later time counts nowhere.
        first_look: First look after the first contract came into force; `None` if nobody has looked.
        maintenance: Declared maintenance.
    """
    lived = cut(window, now, limits, first_look, lambda limit: limit.promise is not None)
    seen, away = sorted(looks, key=_in_order), to_spans(maintenance)
    fresh, stale, valid, lasted = _Integral(), _Integral(), 0, 0
    for limit, span in lived.pieces:
        counts = minus([span], away)
        valid, lasted = valid + length(counts), lasted + span[1] - span[0]
        for micros, (least, greatest) in _shares(seen, limit, counts):
            fresh.add(least, micros)
            stale.add(1 - greatest, micros)
    good, bad = fresh.floor(), stale.floor()
    return Sli(
        good,
        bad,
        unknown=valid - good - bad,
        cold_start=lived.cold_start,
        no_contract=lived.no_contract,
        maintenance=lasted - valid,
    )


class _Aging:
    """What one look saw of a population, to be aged to any instant."""

    def __init__(self, observed_at: datetime, reading: PopulationReading, limit: PopulationLimit) -> None:
        assert limit.promise is not None, "pieces hold promises only"
        self._times, self._missing = reading.times, reading.missing
        self._sums = [0, *accumulate(reading.times.counts)]
        # Entities are counted by their newest row that is not from the future: only rows may lie beyond.
        horizon = to_micros(observed_at + limit.skew_tolerance)
        self._horizon = horizon if reading.of == "rows" else BEYOND_MICROS
        self._within = in_micros(limit.promise.within)
        counts_all = limit.promise.of == "rows" or limit.promise.expected is not None
        self._seen_within = None if counts_all else in_micros(limit.promise.seen_within)

    def share(self, at: int) -> Bounds:
        """Least and greatest fresh share at an instant; 0 if there are no members, as the check says."""
        least, greatest = self._younger(at - self._within)
        if self._seen_within is None:
            total = self._sums[-1] + self._missing
            return (Fraction(least, total), Fraction(greatest, total)) if total else (Fraction(0),) * 2
        fewest, most = self._younger(at - self._seen_within)
        if not most:
            return Fraction(0), Fraction(0)
        return Fraction(least, most), min(Fraction(1), Fraction(greatest, max(1, fewest)))

    def changes(self, start: int, end: int) -> Iterator[int]:
        """Instants in (start, end) at which the share may change: bucket edges that come of age."""
        width = _width(self._times)
        for age in filter(None, (self._within, self._seen_within)):
            first, last = (start - age) // width, (end - age) // width + 1
            buckets = self._times.buckets
            for bucket in buckets[bisect_left(buckets, first - 1) : bisect_left(buckets, last + 1)]:
                yield from (bucket * width + age, (bucket + 1) * width + age - 1)

    def _younger(self, since: int) -> tuple[int, int]:
        """What `TimeHistogram.count_between` says of [since, horizon], from sums: it is asked very often."""
        if self._horizon < since:
            return 0, 0
        width = _width(self._times)
        inside = self._count(-(-since // width), (self._horizon + 1) // width)
        return inside, self._count(since // width, self._horizon // width + 1)

    def _count(self, first: int, end: int) -> int:
        """Members in buckets from `first` until before `end`."""
        buckets, sums = self._times.buckets, self._sums
        return max(0, sums[bisect_left(buckets, end)] - sums[bisect_left(buckets, first)])


class _Integral:
    """A sum of shares × time, kept by denominator so that thousands of fractions stay small."""

    def __init__(self) -> None:
        self._numerators: Counter[int] = Counter()

    def add(self, share: Fraction, micros: int) -> None:
        self._numerators[share.denominator] += share.numerator * micros

    def floor(self) -> int:
        return int(sum((Fraction(n, d) for d, n in self._numerators.items()), Fraction()))


_Look = tuple[datetime, PopulationReading]


def _shares(
    seen: Sequence[_Look], limit: PopulationLimit, counts: Sequence[Span]
) -> Iterator[tuple[int, Bounds]]:
    """All known time of some spans: microseconds in which the bounds of the share do not change."""
    for stretch, candidates, is_last in _between_looks(seen, limit):
        for span in clip(counts, *stretch):
            yield from _bounds(span, candidates, is_last)


def _between_looks(
    seen: Sequence[_Look], limit: PopulationLimit
) -> Iterator[tuple[Span, tuple[_Aging, ...], bool]]:
    """All time after the first look: each stretch, what was seen at its ends, and whether it is the last."""
    of = limit.promise.of if limit.promise else None
    looks = [(to_micros(at), _Aging(at, reading, limit)) for at, reading in seen if reading.of == of]
    for (start, before), (end, after) in pairwise(looks):
        yield (start, end), (before, after), False
    if looks:
        yield (looks[-1][0], BEYOND_MICROS), (looks[-1][1],), True


def _bounds(span: Span, candidates: Sequence[_Aging], is_last: bool) -> Iterator[tuple[int, Bounds]]:
    """Stretches of a span in which no share changes, as microseconds and bounds."""
    edges = {edge for look in candidates for edge in look.changes(*span) if span[0] < edge < span[1]}
    for start, end in pairwise(sorted({*span, *edges})):
        shares = [look.share(end) for look in candidates]  # Edges belong to the stretch before them.
        greatest = Fraction(1) if is_last else max(share[1] for share in shares)
        yield end - start, (min(share[0] for share in shares), greatest)


def _width(times: TimeHistogram) -> int:
    return 1_000_000 << times.k


def _in_order(look: _Look) -> tuple[datetime, int, tuple[int, ...], tuple[int, ...], int]:
    """By time; looks of one instant in an order of their own, whoever recorded first."""
    at, reading = look
    return at, reading.times.k, reading.times.buckets, reading.times.counts, reading.missing
