"""A check that an expectation was compiled to: what to gather, and how to judge it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from featureguard.result import Scalar
from featureguard.suites.measures import Measure

MOST_EXAMPLES = 20
"""Unexpected values that are kept for a person to see, as GX does."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        success: GX's word for it; `None` if there was nothing to judge by.
        observed: What was measured; the share of unexpected values is a ratio in [0, 1].
        limit: What the suite allows, in the same unit.
        said: Why it is no success, one sentence with numbers.
        result: What GX calls `result`: `element_count`, `unexpected_count`, `observed_value`, …
    """

    success: bool | None
    observed: Scalar | None = None
    limit: Scalar | None = None
    said: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """An expectation as the engine runs it.

    Attributes:
        judge: Takes what the measures came to, in their order, and examples; a pure function.
        measures: A `Fold` comes to its row of numbers, a `Tally` to a `Tallied`.
        examples: The unexpected values of a batch, one expression for each column. They are asked for only
            if the second number of the first measure, a `Fold`, says that the batch has some.
    """

    judge: Callable[[Sequence[Any], Sequence[Any]], Finding]
    measures: tuple[Measure, ...] = ()
    examples: tuple[pl.Expr, ...] = ()


def known(finding: Finding) -> Check:
    """A check whose answer is known without looking at rows."""
    return Check(lambda _measures, _examples: finding)
