"""Whom to wake: alert windows as data, and the rule for a single dataset that is either fresh or stale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final, Literal

from featureguard.slo.budget import allowed_share

MIN_MEMBERS: Final = 100
"""Fewest members of a population that burn-rate windows serve; one dataset would page after minutes."""

SPELL_SHARES: Final[Mapping[int, Fraction]] = {0: Fraction(1, 10), 1: Fraction(1, 4)}
"""Share of the error budget that one bad spell consumes before it pages, by tier; others never page."""


@dataclass(frozen=True, slots=True)
class AlertWindow:
    """One multi-window burn-rate alert.

    Attributes:
        long: Fires if the burn rate over this long …
        short: … and over this long is above the factor. It lets the alert end soon after the burn ends.
        factor: Burn rate; 1 spends the budget exactly over the objective's window.
        severity: Whether to wake somebody or to write a ticket.
        source: Where the numbers come from.
    """

    long: timedelta
    short: timedelta
    factor: float
    severity: Literal["page", "ticket"]
    source: str


_WORKBOOK: Final = "SRE workbook, chapter 5, table 5-8"
BURN_SHARES: Final[tuple[tuple[timedelta, Fraction, Literal["page", "ticket"]], ...]] = (
    (timedelta(hours=1), Fraction(2, 100), "page"),
    (timedelta(hours=6), Fraction(5, 100), "page"),
    (timedelta(days=1), Fraction(10, 100), "ticket"),
    (timedelta(days=3), Fraction(10, 100), "ticket"),
)
"""The share of the budget that may burn within a long window, and whom that concerns."""

LONG_WINDOWS: Final = tuple(long for long, _, _ in BURN_SHARES)
"""Windows over which burning is told: the last 1 h, 6 h, 1 d and 3 d."""

_SHORT_PART: Final = 12
SHORT_WINDOWS: Final = tuple(long / _SHORT_PART for long in LONG_WINDOWS)
"""Windows that let each alert end: 5 min, 30 min, 2 h and 6 h."""


def workbook_windows(window: timedelta) -> tuple[AlertWindow, ...]:
    """The SRE workbook's alerts for an objective over `window`: 14.4, 6, 3 and 1 over 30 days.

    Each fires once a share of the budget (2, 5, 10, 10 %) burns within its long window, so the factor follows
    from the window. Below 1 a burn never spends the budget: no factor is smaller.
    """
    return tuple(
        AlertWindow(
            long,
            long / _SHORT_PART,
            float(max(Fraction(1), share * Fraction(window / long))),
            severity,
            _WORKBOOK,
        )
        for long, share, severity in BURN_SHARES
    )


def firing(
    windows: Iterable[AlertWindow], burn_rates: Mapping[timedelta, float | None]
) -> tuple[AlertWindow, ...]:
    """The alerts that fire.

    Args:
        windows: Alerts to ask for.
        burn_rates: Burn rate over each long and short window up to now; `None` where nothing is counted.

    Raises:
        KeyError: If the burn rate of a window is missing.
    """
    return tuple(
        window
        for window in windows
        if _exceeds(burn_rates[window.long], window.factor)
        and _exceeds(burn_rates[window.short], window.factor)
    )


def pages_at(
    bad_since: datetime, objective: float, window: timedelta, *, tier: int, hold: timedelta
) -> datetime | None:
    """When a bad spell that goes on begins to page; `None` if the tier never pages.

    That is once it has consumed its share of the budget (10 % on tier 0, 25 % on tier 1) and has held for
    `hold` after that. The budget is that of a whole window: of a young dataset's few hours even a minute
    would be a large share.

    Args:
        bad_since: When the spell began (`spells.bad_since`).
        objective: Share that was promised to be good, in (0, 1).
        window: The objective's window.
        tier: Effective tier of the dataset.
        hold: How long the burn must hold (`hold_time`).
    """
    share = SPELL_SHARES.get(tier)
    return bad_since + window * float(share * allowed_share(objective)) + hold if share is not None else None


def hold_time(grace: timedelta | None, cadence: timedelta | None) -> timedelta:
    """How long a burn must hold before it pages: the larger of grace and cadence / 4, as far as known."""
    return max(grace or timedelta(), (cadence or timedelta()) / 4)


def _exceeds(burn: float | None, factor: float) -> bool:
    return burn is not None and burn > factor
