"""Arithmetic of stretches of time: half-open intervals [start, end) of integer microseconds.

Lists of spans that come out are sorted, disjoint and without empty spans; those that go in may be anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from featureguard.windows import to_micros

Span = tuple[int, int]
"""[start, end) in microseconds since the epoch; empty unless start < end."""

Period = tuple[datetime, datetime]
"""The same as aware instants, the way callers write it."""


def to_spans(periods: Iterable[Period]) -> list[Span]:
    """Periods as spans, merged."""
    return union((to_micros(start), to_micros(end)) for start, end in periods)


def union(spans: Iterable[Span]) -> list[Span]:
    """What any of the spans covers; neighbours that touch become one."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def clip(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """The parts of the spans in [start, end)."""
    return union((max(left, start), min(right, end)) for left, right in spans)


def minus(spans: Iterable[Span], away: Iterable[Span]) -> list[Span]:
    """What the spans cover and `away` does not."""
    left = union(spans)
    for gone_start, gone_end in union(away):
        left = [
            part
            for start, end in left
            for part in ((start, min(end, gone_start)), (max(start, gone_end), end))
            if part[0] < part[1]
        ]
    return left


def length(spans: Sequence[Span]) -> int:
    """Microseconds that disjoint spans cover."""
    return sum(end - start for start, end in spans)
