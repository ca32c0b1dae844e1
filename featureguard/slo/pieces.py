"""Cutting a window into pieces, each under the contract that was in force then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from featureguard.slo.spans import Period, Span
from featureguard.windows import to_micros


class InForce(Protocol):
    """Something that holds from an instant on, until the next of its kind does."""

    @property
    def since(self) -> datetime: ...


T = TypeVar("T", bound=InForce)


@dataclass(frozen=True, slots=True)
class Cut(Generic[T]):
    """A window, cut.

    Attributes:
        pieces: What was in force, and when; in order, disjoint. Only time that counts.
        cold_start: Microseconds before anybody looked.
        no_contract: Microseconds after that in which nothing was promised.
    """

    pieces: tuple[tuple[T, Span], ...]
    cold_start: int
    no_contract: int


def cut(
    window: Period,
    now: datetime,
    limits: Iterable[T],
    first_look: datetime | None,
    promises: Callable[[T], bool],
) -> Cut[T]:
    """Cut the part of a window that has been lived.

    Args:
        window: Start and end; what lies after `now` is left out, and counts nowhere.
        now: The instant of the question.
        limits: What was in force since when, in any order; of two with the same instant the later one counts.
        first_look: First look after the first contract came into force; `None` if nobody has looked.
        promises: Whether a limit promises anything that can be measured.
    """
    start = to_micros(window[0])
    end = max(start, min(to_micros(window[1]), to_micros(now)))
    ordered = sorted(limits, key=lambda limit: limit.since)
    if not ordered:
        return Cut((), 0, end - start)
    warm = min(end, max(start, _warm(first_look, ordered[0].since, end)))
    edges = [*(to_micros(limit.since) for limit in ordered[1:]), end]
    pieces, no_contract = [], 0
    for limit, until in zip(ordered, edges, strict=True):
        span = max(warm, to_micros(limit.since)), min(end, until)
        if span[0] >= span[1]:
            continue
        if promises(limit):
            pieces.append((limit, span))
        else:
            no_contract += span[1] - span[0]
    return Cut(tuple(pieces), warm - start, no_contract)


def _warm(first_look: datetime | None, in_force_since: datetime, end: int) -> int:
    return end if first_look is None else to_micros(max(first_look, in_force_since))
