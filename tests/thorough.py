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
    rows, columns = list(map(_named, first)), list(map(_named, second))
    return [
        pytest.param(
            one, other, id=f"{name}-{also}", marks=() if (row + column) % 3 == 0 else pytest.mark.long
        )
        for row, (one, name) in enumerate(rows)
        for column, (other, also) in enumerate(columns)
    ]


def _named(one: Any) -> tuple[Any, str]:
    """A value, which `pytest.param` may have wrapped, and what to call it."""
    if hasattr(one, "marks"):
        return one.values[0], str(one.id)
    return one, str(getattr(one, "__name__", one))
