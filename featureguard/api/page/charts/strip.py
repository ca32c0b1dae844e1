"""Good, bad and unknown time as a strip, a day beside a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from featureguard.api.page.charts.svg import picture, rectangles, times
from featureguard.checks import words
from featureguard.slo.spells import Spell, State

WIDTH, HEIGHT = 280.0, 16.0


def strip(spells: Sequence[Spell], start: datetime, end: datetime, name: str) -> Markup:
    """A strip; time without a state (nothing promised, or before the first look) stays empty.

    Args:
        spells: Stretches of time, each with its state.
        start, end: What the strip shows.
        name: The dataset.
    """
    across = times(start, end, 0, WIDTH)
    parts, told = [], []
    for state in State:
        mine = [one for one in spells if one.state is state]
        length = sum((one.end - one.start for one in mine), timedelta())
        told.append(f"{words.percent(length / (end - start))} {state.value}")
        # Bad time is never thinner than it can be seen.
        least = 1.5 if state is State.BAD else 0.0
        spans = [
            (x := across.at(one.start.timestamp()), max(across.at(one.end.timestamp()), x + least))
            for one in mine
        ]
        parts.append(rectangles(f"t-{state.value}", spans, 0, HEIGHT))
    parts.append(parts.pop(1))  # bad on top
    window = words.duration((end - start).total_seconds())
    return picture(WIDTH, HEIGHT, f"{name}, the last {window}: {', '.join(told)} time", parts, kind="strip")
