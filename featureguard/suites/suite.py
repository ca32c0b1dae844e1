"""Suites of expectations as Great Expectations writes them, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Urgency = Literal["critical", "warning", "info"]
"""What GX calls severity: only `critical` blocks."""
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation of a suite.

    Attributes:
        type: E.g. `expect_column_values_to_not_be_null`.
        kwargs: Its arguments as they are written; a value may be `{"$PARAMETER": name}`.
        meta: What its author keeps with it; nothing here reads it.
        severity: What a failure does; GX's default is `critical`.
        notes: Remarks of its author.
        id: GX's id of it, or `None`.
        position: Its place in the file, from 0.
    """

    type: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    severity: Urgency = "critical"
    notes: tuple[str, ...] = ()
    id: str | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class Suite:
    """Expectations that belong together.

    Attributes:
        name: Its name.
        expectations: All of them, in the order of the file.
        parameters: Values for `{"$PARAMETER": name}` that the file itself gives.
        meta: What its author keeps with it; nothing here reads it.
        file: Where it was read, for messages; empty for a suite built in Python.
    """

    name: str
    expectations: tuple[Expectation, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
