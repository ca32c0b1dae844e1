"""How often what is drawn at random is drawn: a part of it by `make test`, all of it by `make e2e`."""

from __future__ import annotations

import os

THOROUGH = bool(os.environ.get("FEATUREGUARD_THOROUGH"))


def often(number: int, *, else_: int | None = None) -> int:
    """A number of trials; without `FEATUREGUARD_THOROUGH` a fourth of it, or what is named."""
    return number if THOROUGH else else_ or max(number // 4, 25)
