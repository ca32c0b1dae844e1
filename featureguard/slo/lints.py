"""Objectives that cannot work, told before anybody is woken by them.

Each function answers `None`, or a message that says what is wrong, why, and what to write instead.
"""

from __future__ import annotations

import math
from datetime import timedelta
from fractions import Fraction

from featureguard.duration import format_duration
from featureguard.slo.alerts import AlertWindow
from featureguard.slo.budget import allowed_share
from featureguard.slo.sli import in_micros


def delivery_objective(objective: float, window: timedelta, windows_due: int) -> str | None:
    """An objective that the cadence cannot meet: the first late delivery breaks it.

    Args:
        objective: Share of deliveries on time, in (0, 1).
        window: The objective's window.
        windows_due: Deliveries due in it.
    """
    allowed, span = allowed_share(objective), format_duration(window)
    if not windows_due:
        return f"No delivery is due within {span}: there is nothing to measure. Choose a longer window."
    if allowed * windows_due >= 1:
        return None
    days = math.ceil(Fraction(in_micros(window), in_micros(timedelta(days=1))) / (allowed * windows_due))
    advice = f"Use a window of at least {format_duration(timedelta(days=days))}"
    if windows_due > 1:
        advice += f", or an objective of at most {_at_most(1 - Fraction(1, windows_due))}"
    return (
        f"An objective of {_at_most(1 - allowed)} over {span} allows {float(allowed * windows_due):.2g} "
        f"misses of {windows_due} deliveries due: a single late one breaks it. {advice}."
    )


def time_objective(
    objective: float,
    max_age: timedelta,
    cadence: timedelta,
    grace: timedelta = timedelta(),
    delay: timedelta = timedelta(),
) -> str | None:
    """An objective that on-time arrival already breaks.

    If every update arrives at due + grace, the newest data is `delay + cadence + grace` old just before the
    next one; what exceeds `max_age` is stale time in every cycle.

    Args:
        objective: Share of time that is fresh, in (0, 1).
        max_age: Largest age.
        cadence: Time between two dues.
        grace: How late an arrival may be and still be on time.
        delay: Age of an update's newest data when it is due.
    """
    oldest = cadence + grace + delay
    stale = min(cadence, max(timedelta(), oldest - max_age))
    fresh_share, target = 1 - Fraction(in_micros(stale), in_micros(cadence)), 1 - allowed_share(objective)
    if fresh_share >= target:
        return None
    return (
        f"On-time arrivals already break an objective of {_at_most(target)}: data that comes every "
        f"{format_duration(cadence)} with {format_duration(grace)} of grace is up to "
        f"{format_duration(oldest)} old, 'max_age' is {format_duration(max_age)}, so it is fresh "
        f"{_at_most(fresh_share)} of the time. Allow a 'max_age' of {format_duration(oldest)}, or promise "
        "delivery instead."
    )


def alert_window(window: AlertWindow, objective: float) -> str | None:
    """An alert that can never fire: even if all time is bad, the burn rate does not exceed the factor."""
    highest, target = 1 / allowed_share(objective), _at_most(1 - allowed_share(objective))
    if window.factor < highest:
        return None
    return (
        f"The {window.severity} alert over {format_duration(window.long)} can never fire: under an objective "
        f"of {target} the burn rate is {float(highest):.3g} at most, and the alert waits for more than "
        f"{window.factor:.3g}. Use a smaller factor, or an objective of at least "
        f"{_more_than(1 - 1 / Fraction(window.factor))}."
    )


def _at_most(ratio: Fraction) -> str:
    """Rounded down to 0.01%, so that what is advised is surely enough: 29/30 is 96.66%."""
    return f"{math.floor(ratio * 10_000) / 100:g}%"


def _more_than(ratio: Fraction) -> str:
    """Rounded up to the next 0.01%."""
    return f"{(math.floor(ratio * 10_000) + 1) / 100:g}%"
