"""Which features are within their thresholds now: compliance, the share that is surely so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from featureguard.judging import Report
from featureguard.result import CheckResult, Status

_FRESH: Final = ("freshness", "population", "delivery")
"""Checks that say whether a dataset is fresh; `freshness_warn` only says that it will not be for long."""


@dataclass(frozen=True, slots=True)
class Features:
    """Features by what is known about them.

    Attributes:
        within: Fresh, and every check of its own passes.
        unknown: One of these could not be judged, and none failed; or none judges it.
        out: The data is not fresh, or a check of its own fails.
    """

    within: int = 0
    unknown: int = 0
    out: int = 0

    def __add__(self, other: Features) -> Features:
        return Features(self.within + other.within, self.unknown + other.unknown, self.out + other.out)

    @property
    def total(self) -> int:
        """All of them."""
        return self.within + self.unknown + self.out

    @property
    def compliance(self) -> float | None:
        """Share that is surely within, in [0, 1]: unknown is not compliant; `None` without features."""
        return self.within / self.total if self.total else None

    def exceeds(self, target: float) -> bool | None:
        """Whether more than a share is within; `None` if that depends on the unknown, or there are none."""
        needed = Fraction(str(target)) * self.total
        if self.within > needed:
            return True
        return False if self.total and self.within + self.unknown <= needed else None


def features(report: Report) -> Features:
    """The features of one dataset: its promised columns without those that name a row.

    Args:
        report: How the dataset stands, e.g. `Guard.standing`.
    """
    contract = report.contract
    keys = contract.keys.unique if contract.keys else ()
    fresh = [result for result in report.results if result.check in _FRESH]
    states = Counter(
        _state([*fresh, *_own(report.results, name)]) for name in contract.columns if name not in keys
    )
    return Features(states[Status.PASS], states[Status.UNKNOWN], states[Status.FAIL])


def _own(results: Iterable[CheckResult], column: str) -> Sequence[CheckResult]:
    return [result for result in results if result.column == column and result.check != "freshness_warn"]


def _state(results: Sequence[CheckResult]) -> Status:
    """The worst of all; nothing judged is nothing known."""
    return max((result.status for result in results), key=lambda one: one.rank, default=Status.UNKNOWN)
