"""What tools answer, in one form, so that answers can be compared.

An answer is `{measure: value}`. Tools that answer a measure must agree on it; a tool may answer fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Answer = Mapping[str, Any]
Work = Callable[[Path], Answer]
"""Answers a question about a file."""

Tool = Callable[[], Work]
"""Imports what it needs, which is not measured, and returns its work."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def by_column(measure: str, values: Mapping[str, Any]) -> Answer:
    """One measure of several columns."""
    return {f"{measure} of {name}": value for name, value in values.items()}


def between(least: int, most: int) -> Mapping[str, int]:
    """A value that a tool knows to lie between two others, both included."""
    return {"least": least, "most": most}


def disagreements(answers: Mapping[str, Answer]) -> list[str]:
    """Measures on which tools differ, one line each; every tool is compared with all before it."""
    return [
        f"{measure}: {first} says {answers[first][measure]}, {tool} says {value}"
        for number, (tool, answer) in enumerate(answers.items())
        for measure, value in answer.items()
        for first in list(answers)[:number]
        if measure in answers[first] and not _agree(answers[first][measure], value)
    ]


def micros(value: Any) -> Any:
    """Instants in microseconds since the epoch; other values as they are."""
    return (value - _EPOCH) // _MICROSECOND if isinstance(value, datetime) else value


def _agree(left: Any, right: Any) -> bool:
    if isinstance(right, Mapping) and not isinstance(left, Mapping):
        left, right = right, left
    if isinstance(left, Mapping) and "most" in left and not isinstance(right, Mapping):
        return bool(left["least"] <= right <= left["most"])
    return bool(left == right)
