"""Quantiles of a tally, exactly as NumPy and pandas compute them."""

from __future__ import annotations

import math
from typing import Literal, get_args

from featureguard.suites.tallying import Tallied

Interpolation = Literal["nearest", "linear", "lower", "higher", "midpoint"]
INTERPOLATIONS: tuple[Interpolation, ...] = get_args(Interpolation)


def quantile(tallied: Tallied, share: float, how: Interpolation) -> float:
    """The value below which a share of the values lies.

    Args:
        tallied: One or more values.
        share: In [0, 1].
        how: What to take between two values; `nearest` takes the even rank where both are as near.
    """
    place = (tallied.rows - 1) * share
    if how == "nearest":
        return float(tallied.at([round(place)])[0])
    low, high = math.floor(place), math.ceil(place)
    below, above = (float(value) for value in tallied.at([low, high]))
    if low == high or how == "lower":
        return below
    if how == "higher":
        return above
    return _between(below, above, place - low if how == "linear" else 0.5)


def _between(below: float, above: float, share: float) -> float:
    """As NumPy does: from the nearer end, so that the ends themselves are met."""
    if below == above:
        return below
    apart = above - below
    return below + apart * share if share < 0.5 else above - apart * (1 - share)
