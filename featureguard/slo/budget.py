"""Error budgets: how much bad time an objective allows, and how fast it is being used up."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from featureguard.slo.sli import Sli

UNKNOWN_AS_BAD_TIERS = frozenset({0, 1})
"""Tiers whose budgets count unknown time as bad, unless a policy says otherwise."""


@dataclass(frozen=True, slots=True)
class Budget:
    """An error budget over one window.

    Attributes:
        objective: Share that was promised to be good, in (0, 1).
        counted: Time that the budget is made of, in microseconds.
        spent: Counted time that was not good, in microseconds.
    """

    objective: float
    counted: int
    spent: int

    @property
    def allowed(self) -> Fraction:
        """Time that may be bad: (1 − objective) × counted, in microseconds, exactly."""
        return allowed_share(self.objective) * self.counted

    @property
    def remaining_ratio(self) -> float | None:
        """Share of the budget that is left; negative once it is overspent, `None` if no time was counted."""
        return float(1 - self.spent / self.allowed) if self.counted else None

    @property
    def met(self) -> bool | None:
        """Whether the objective is reached so far; `None` if no time was counted."""
        return self.spent <= self.allowed if self.counted else None

    @property
    def exhausted(self) -> bool | None:
        """Whether nothing is left, so that the next bad microsecond breaks the objective; `None` likewise."""
        return self.spent >= self.allowed if self.counted else None


def budget(sli: Sli, objective: float, *, unknown_as_bad: bool) -> Budget:
    """The error budget of a window.

    Args:
        sli: What is known about the window.
        objective: Share that was promised to be good, in (0, 1).
        unknown_as_bad: Whether unknown time counts, as bad (tiers 0 and 1), or is left out.
    """
    counted = sli.counted(unknown_as_bad=unknown_as_bad)
    return Budget(objective, counted, counted - sli.good)


def burn_rate(sli: Sli, objective: float, *, unknown_as_bad: bool) -> float | None:
    """How fast the budget burns: 1.0 spends it exactly over the objective's window.

    An open incident counts as bad until a sighting closes it: a short window between two looks, in which
    nothing is known, keeps burning.

    Returns:
        Bad share / (1 − objective), at least 0 (SRE workbook, chapter 5); `None` if no time was counted.
    """
    share = sli.with_open_as_bad().bad_share(unknown_as_bad=unknown_as_bad)
    return None if share is None else share / float(allowed_share(objective))


def allowed_share(objective: float) -> Fraction:
    """1 − objective of the decimal that people wrote: 0.99 leaves exactly 1/100."""
    return 1 - Fraction(str(objective))
