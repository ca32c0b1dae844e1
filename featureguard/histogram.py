"""Exact histograms of instants, mergeable in any order to the same bytes.

Buckets are aligned to the epoch and 2^k seconds wide; k is the smallest that keeps at most 4,096 of them
occupied. Coarsening commutes with union and never gains buckets, so merging is associative and commutative
and equals one pass over all values (a law in the tests).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

MAX_BUCKETS = 4_096
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

    def __add__(self, other: TimeHistogram) -> TimeHistogram:
        k = max(self.k, other.k)
        pairs = [
            (bucket >> (k - side.k), count)
            for side in (self, other)
            for bucket, count in zip(side.buckets, side.counts, strict=True)
        ]
        return TimeHistogram.of_seconds(pairs, k)

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
