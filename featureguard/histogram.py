"""Exact histograms of instants, mergeable in any order to the same bytes.

Buckets are aligned to the epoch and 2^k seconds wide; k is the smallest that keeps at most 4,096 of them
occupied. Coarsening commutes with union and never gains buckets, so merging is associative and commutative
and equals one pass over all values (a law in the tests).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass
from typing import TypeVar

MAX_BUCKETS = 4_096
Counts = TypeVar("Counts", bound=Sized)
_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class TimeHistogram:
    """How many instants fall into each bucket.

    Attributes:
        k: Buckets are 2^k seconds wide.
        buckets: Occupied bucket numbers, ascending; bucket `b` covers [b · 2^k, (b + 1) · 2^k) seconds.
        counts: Instants in each of them, all positive.
    """

    k: int = 0
    buckets: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()

    @classmethod
    def of_seconds(cls, counts: Iterable[tuple[int, int]], k: int = 0) -> TimeHistogram:
        """Build from (bucket number, count) pairs of width 2^k seconds; pairs may repeat."""
        merged: Counter[int] = Counter()
        for bucket, count in counts:
            merged[bucket] += count
        while len(merged) > MAX_BUCKETS:
            k += 1
            coarser: Counter[int] = Counter()
            for bucket, count in merged.items():
                coarser[bucket >> 1] += count
            merged = coarser
        occupied = sorted((bucket, count) for bucket, count in merged.items() if count)
        return cls(k if occupied else 0, tuple(b for b, _ in occupied), tuple(c for _, c in occupied))

    @classmethod
    def sum(cls, histograms: Sequence[TimeHistogram]) -> TimeHistogram:
        """The sum of many: first coarse enough for all of them, then as fine as it may be."""
        some = [histogram for histogram in histograms if histogram.buckets]
        if len(some) < 2:
            return some[0] if some else cls()
        finest_k = max(histogram.k for histogram in some)
        least = min(histogram.buckets[0] << histogram.k for histogram in some)
        greatest = max((histogram.buckets[-1] + 1) << histogram.k for histogram in some)
        k, counts = as_fine_as_may_be(greatest - least, finest_k, lambda k: _coarsened(some, k))
        return cls.of_seconds(counts.items(), k)

    def __add__(self, other: TimeHistogram) -> TimeHistogram:
        return TimeHistogram.sum([self, other])

    @property
    def total(self) -> int:
        """Instants counted."""
        return sum(self.counts)

    def count_between(self, start_us: int, end_us: int) -> tuple[int, int]:
        """Fewest and most instants in [start, end], both in microseconds since the epoch.

        Whole buckets inside count in both; buckets that an edge cuts count only in the second.
        """
        if end_us < start_us:
            return 0, 0
        width = _MICROS << self.k
        touched = slice(
            bisect_left(self.buckets, start_us // width), bisect_left(self.buckets, end_us // width + 1)
        )
        inside = slice(
            bisect_left(self.buckets, -(-start_us // width)), bisect_left(self.buckets, (end_us + 1) // width)
        )
        return sum(self.counts[inside]), sum(self.counts[touched])


def as_fine_as_may_be(seconds: int, finest_k: int, counts_at: Callable[[int], Counts]) -> tuple[int, Counts]:
    """The smallest k that keeps at most `MAX_BUCKETS` buckets occupied, and the buckets at that k.

    Args:
        seconds: From the first instant to the last.
        finest_k: The smallest k that is known.
        counts_at: The occupied buckets at some k; halving k's buckets makes each of them two at most.
    """
    k, step = max(finest_k, (seconds // MAX_BUCKETS).bit_length()), 1
    counts = counts_at(k)
    while k > finest_k:
        surely = (MAX_BUCKETS // max(1, len(counts))).bit_length() - 1
        down = min(k - finest_k, max(step, surely))
        finer = counts_at(k - down)
        if len(finer) <= MAX_BUCKETS:
            k, counts, step = k - down, finer, 2 * step
        elif down == 1:
            break
        else:
            step = 1
    return k, counts


def _coarsened(histograms: Sequence[TimeHistogram], k: int) -> Counter[int]:
    """Counts of all of them in buckets of 2^k seconds."""
    found: Counter[int] = Counter()
    for histogram in histograms:
        shift, buckets, counts, start = k - histogram.k, histogram.buckets, histogram.counts, 0
        while start < len(buckets):
            bucket = buckets[start] >> shift
            end = bisect_left(buckets, (bucket + 1) << shift, start) if shift else start + 1
            found[bucket] += sum(counts[start:end])
            start = end
    return found
