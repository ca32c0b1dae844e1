"""Examples of answers: what the API said about real flights, around the blizzard of February 2013."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def examples() -> dict[str, Any]:
    """One for each route, by method and path; further ones with their status behind it."""
    found: dict[str, Any] = json.loads(files(__package__).joinpath("examples.json").read_text("utf-8"))
    return found
