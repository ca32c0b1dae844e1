"""What tools answer, in one form, so that answers can be compared.

An answer is `{measure: value}`. Tools that answer a measure must agree on it; a tool may answer fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

Answer = Mapping[str, Any]
Work = Callable[[Path], Answer]
"""Answers a question about a file."""

Tool = Callable[[], Work]
"""Imports what it needs, which is not measured, and returns its work."""


def disagreements(answers: Mapping[str, Answer]) -> list[str]:
    """Measures on which tools differ, one line each; every tool is compared with the first that has it."""
    found, known = [], dict[str, tuple[str, Any]]()
    for tool, answer in answers.items():
        for measure, value in answer.items():
            first, expected = known.setdefault(measure, (tool, value))
            if value != expected:
                found.append(f"{measure}: {first} says {expected}, {tool} says {value}")
    return found


def same_measures(answers: Mapping[str, Answer]) -> dict[str, list[str]]:
    """Which tools answered which measure."""
    measures = dict.fromkeys(measure for answer in answers.values() for measure in answer)
    return {measure: [tool for tool in answers if measure in answers[tool]] for measure in measures}


def micros(value: Any) -> Any:
    """Instants in microseconds since the epoch; other values as they are."""
    if not isinstance(value, datetime):
        return value
    from featureguard.windows import to_micros

    return to_micros(value)
