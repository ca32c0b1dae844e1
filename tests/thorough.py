"""How often what is drawn at random is drawn: a part of it by `make test`, all of it by `make e2e`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pytest

THOROUGH = bool(os.environ.get("FEATUREGUARD_THOROUGH"))


def often(number: int, *, else_: int | None = None) -> int:
    """A number of trials; without `FEATUREGUARD_THOROUGH` a fourth of it, or what is named."""
    return number if THOROUGH else else_ or max(number // 4, 25)


def table(first: Sequence[Any], second: Sequence[Any]) -> list[Any]:
    """Every pair, for `parametrize`: a third of them is tried by `make test`, all by `make e2e`."""
    return [
        pytest.param(one, other, marks=() if (row + column) % 3 == 0 else pytest.mark.long)
        for row, one in enumerate(first)
        for column, other in enumerate(second)
    ]
