"""Objectives of a contract that cannot work, found when it loads, before anybody is woken by them.

No clock is read. What a cron expression comes to is seen from a fixed Monday on, without its holidays: so an
objective is refused only where even a year without them breaks it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final

from featureguard.arrivals import Delivery
from featureguard.contract import Contract
from featureguard.promises import Slo
from featureguard.schedule import DueWindow, due_windows
from featureguard.slo.alerts import workbook_windows
from featureguard.slo.budget import allowed_share
from featureguard.slo.lints import alert_window, delivery_objective, time_objective

_MONDAY: Final = datetime(2024, 1, 1, tzinfo=UTC)
_SPANS: Final = (timedelta(days=2), timedelta(days=70), timedelta(days=3 * 366))


def impossible(contract: Contract) -> Iterator[str]:
    """Why the contract's objective can never be met, or nobody would be told; empty if it works.

    Each message says what is wrong, why, and what to write instead.
    """
    slo, delivery = contract.slo, contract.freshness.delivery if contract.freshness else None
    if slo is None:
        return
    if slo.sli == "delivery" and delivery:
        yield from filter(None, [_too_few(slo, delivery)])
    elif slo.sli == "time" and delivery:
        yield from filter(None, [_breaks_itself(contract, slo, delivery)])
    elif slo.sli == "population":
        silent = silent_alerts(slo, "page")
        # One alert that is too slow is no harm while another one wakes somebody (`silent_alerts` tells it).
        if len(silent) == sum(window.severity == "page" for window in workbook_windows(slo.window)):
            yield from silent


def silent_alerts(slo: Slo, severity: str | None = None) -> tuple[str, ...]:
    """Alerts for a population that can never fire under its objective; other SLIs page by the spell."""
    if slo.sli != "population":
        return ()
    alerts = (one for one in workbook_windows(slo.window) if severity in (None, one.severity))
    return tuple(filter(None, (alert_window(one, slo.objective) for one in alerts)))


def typical_gap(delivery: Delivery) -> timedelta | None:
    """The usual time from one due to the next, the lower median; `None` if no second one is ever due."""
    gaps = _gaps(delivery)
    return gaps[(len(gaps) - 1) // 2] if gaps else None


def _too_few(slo: Slo, delivery: Delivery) -> str | None:
    gaps = _gaps(delivery)
    if gaps and allowed_share(slo.objective) * (slo.window // gaps[-1]) >= 1:
        return None  # Even if each took as long as the longest: no need to count those of every minute.
    first = _dues(delivery)[0].due if gaps else _MONDAY
    return delivery_objective(slo.objective, slo.window, len(_due(delivery, first, slo.window)))


def _breaks_itself(contract: Contract, slo: Slo, delivery: Delivery) -> str | None:
    """The shortest cycle is the freshest one: if even that breaks the objective, all do."""
    max_age, gaps = contract.freshness.max_age if contract.freshness else None, _gaps(delivery)
    if max_age is None or not gaps:
        return None
    # Files and times of writing are new when they arrive; events are as old as their data's end.
    delays = [window.due - window.ends for window in _dues(delivery)]
    delay = max(timedelta(), min(delays)) if contract.clock == "event_time" else timedelta()
    return time_objective(slo.objective, max_age, gaps[0], delivery.grace or timedelta(), delay)


def _gaps(delivery: Delivery) -> list[timedelta]:
    """Times from one due to the next, shortest first."""
    return sorted(after.due - before.due for before, after in pairwise(_dues(delivery)))


@lru_cache(maxsize=1_024)
def _dues(delivery: Delivery) -> tuple[DueWindow, ...]:
    """Enough deliveries to tell their rhythm."""
    found: list[DueWindow] = []
    for span in _SPANS:
        if len(found := _due(delivery, _MONDAY, span)) > 2:
            break
    return tuple(found)


def _due(delivery: Delivery, start: datetime, length: timedelta) -> list[DueWindow]:
    return due_windows(delivery.model_copy(update={"calendar": None}), start, start + length)
