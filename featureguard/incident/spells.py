"""Stretches of bad events between good ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Spell(Generic[E]):
    """Consecutive bad events.

    Attributes:
        before: Last good event before them; `None` if they are the first.
        bad: The bad ones, at least one.
        after: First good event after them; `None` if they are the last.
    """

    before: E | None
    bad: tuple[E, ...]
    after: E | None


def spells(events: Iterable[E], is_bad: Callable[[E], bool]) -> Iterator[Spell[E]]:
    """The bad spells of events that come in the order of time; what is neither good nor bad is left out."""
    before: E | None = None
    bad: list[E] = []
    for event in events:
        if is_bad(event):
            bad.append(event)
            continue
        if bad:
            yield Spell(before, tuple(bad), event)
        before, bad = event, []
    if bad:
        yield Spell(before, tuple(bad), None)
