"""When the bad spell of one dataset begins, and when it wakes somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from featureguard.contract import Contract
from featureguard.slo.alerts import hold_time, pages_at
from featureguard.slo.spans import to_spans
from featureguard.slo.spells import bad_since
from featureguard.timeline import Limit, Run
from featureguard.windows import to_micros


def bad_since_in_force(
    runs_by_clock: Mapping[str, Sequence[Run]], limits: Sequence[Limit]
) -> datetime | None:
    """Since when the data is past the limit in force, though not from before that limit was.

    Args:
        runs_by_clock: Timelines by clock.
        limits: By the instant they came into force; the last one is in force.

    Returns:
        `None` if the last sighting was fresh, or nothing is promised.
    """
    if not limits or limits[-1].clock is None or limits[-1].max_age is None:
        return None
    clock, max_age = limits[-1].clock, limits[-1].max_age
    found = bad_since(runs_by_clock.get(clock, ()), max_age)
    same = takewhile(lambda one: (one.clock, one.max_age) == (clock, max_age), reversed(limits))
    return max(found, min(one.since for one in same)) if found else None


def first_page(contract: Contract, since: datetime, cadence: timedelta) -> datetime | None:
    """When a bad spell begins to page, if it goes on; `None` if it never does.

    Declared maintenance spends no budget, so it delays the page.

    Args:
        contract: Its objective, tier, grace and maintenance.
        since: When the spell began.
        cadence: How often new data comes; 0 if nobody knows.
    """
    slo, delivery = contract.slo, contract.freshness.delivery if contract.freshness else None
    if slo is None:
        return None
    hold = hold_time(delivery.grace if delivery else None, cadence)
    found, bad = pages_at(since, slo.objective, slo.window, tier=contract.tier, hold=hold), to_micros(since)
    for start, end in to_spans((one.start, one.end) for one in contract.maintenance):
        if found and start < to_micros(found) and end > bad:
            found += timedelta(microseconds=end - max(start, bad))
    return found
