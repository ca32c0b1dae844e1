"""Counters that go on beside the service, a few datasets at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from featureguard.settling import LEAST_STEP, settle

if TYPE_CHECKING:
    from featureguard.serving.fleet import Fleet
    from featureguard.store.settled import SettledCounters

_AT_ONCE = 10


def settler(counters: SettledCounters) -> Callable[[Fleet], Iterator[object]]:
    """Steps that settle what is due of a picture, once a minute."""
    last: datetime | None = None

    def steps(fleet: Fleet) -> Iterator[object]:
        nonlocal last
        if last is not None and last <= fleet.as_of < last + LEAST_STEP:
            return
        waiting = iter(fleet.known.values())
        while some := list(islice(waiting, _AT_ONCE)):
            yield settle(counters, [known.books(fleet.as_of) for known in some], fleet.as_of)
        last = fleet.as_of

    return steps
