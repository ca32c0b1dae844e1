"""Let the counters of SLIs go on: each stretch of time is counted once, by whichever process comes first.

Counters lag behind, since a look may still settle what nobody knew; what was counted is never restated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from featureguard.store.settled import Settled

if TYPE_CHECKING:
    from featureguard.accounting import Books
    from featureguard.store.settled import SettledCounters

LAG = timedelta(hours=1)
"""How far behind now counters end."""

REACH = timedelta(days=30)
"""How far back a new counter begins, at most."""

LEAST_STEP = timedelta(minutes=1)
"""Counters that are no further behind are left alone."""


def settle(counters: SettledCounters, books: Iterable[Books], now: datetime) -> int:
    """Let the counters of datasets with an objective go on until an hour ago.

    Args:
        counters: The counters of a store.
        books: The datasets, as of `now` or later.
        now: The instant.

    Returns:
        How many counters this call let go on; another process may have been faster.
    """
    until = now - LAG
    known = {(one.dataset, one.sli): one for one in counters.all()}
    steps, new = [], []
    for one in books:
        if one.contract.slo is None:
            continue
        sli = one.contract.slo.sli
        was = known.get((one.contract.dataset, sli))
        if was is None:
            if one.first_look is None or one.first_look >= until:
                continue
            was = Settled(one.contract.dataset, sli, max(one.first_look, until - REACH))
            new.append(was)
        if until - was.through >= LEAST_STEP:
            steps.append((was, _gone_on(was, one, until)))
    counters.begin(new)
    return counters.advance(steps)


def _gone_on(was: Settled, books: Books, until: datetime) -> Settled:
    assert books.contract.slo, "it has an objective"
    counted = books.sli(books.contract.slo.sli, was.through, until)
    return replace(
        was,
        through=until,
        good=was.good + counted.good,
        bad=was.bad + counted.bad,
        unknown=was.unknown + counted.unknown,
    )
