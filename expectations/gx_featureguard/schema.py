"""The schema of a table as an expectation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from great_expectations.compatibility.pydantic import Field, StrictStr

from featureguard.checks import words
from featureguard.judging import Report
from featureguard.result import CheckResult, Status
from gx_featureguard.promising import PromiseExpectation
from gx_featureguard.showing import Sentence

_MODES = {
    "exact": "columns and types must be exactly as promised",
    "compatible": "a reader of the promised columns and types must be able to read the data",
}


class ExpectSchemaToMatchContract(PromiseExpectation):
    """Expect columns and types as a contract promises them, in Arrow's words for types.

    `exact`: these columns with these types. `compatible`: a reader of these types can read the data: more
    columns and lossless narrower types are no break. `ignore` judges nothing, and succeeds.

    A failure names the smallest path that breaks, e.g. `items.element.price: float64 → string`.

    Args:
        columns: Type of each column, e.g. `{"fare": "float64", "at": "timestamp[us, tz=UTC]"}`; a column
            without a type must only be there.
        mode: How strictly types are held.
        optional: Columns that may be missing.

    Returns:
        `observed_value` says how many columns are as promised; `details` say status, code, reason, and all
        that breaks.
    """

    columns: Mapping[StrictStr, StrictStr | None] = Field(description="Arrow type of each column.")
    mode: Literal["exact", "compatible", "ignore"] = Field(
        default="compatible", description="How strictly types are held."
    )
    optional: list[StrictStr] | None = Field(default=None, description="Columns that may be missing.")

    success_keys: ClassVar[tuple[str, ...]] = ("columns", "mode", "optional")
    args_keys: ClassVar[tuple[str, ...]] = success_keys
    short_description: ClassVar[str] = "Expect columns and types as a contract promises them."
    data_quality_issues: ClassVar[list[str]] = ["Schema"]

    class Config(PromiseExpectation.Config):
        """Title of the JSON Schema."""

        title = "Expect schema to match contract"

    @classmethod
    def contract_of(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """A contract that promises a schema."""
        columns, optional = arguments["columns"], arguments["optional"] or ()
        if strange := [name for name in optional if name not in columns]:
            raise ValueError(f"'optional' names {', '.join(map(repr, strange))}, which 'columns' does not.")
        if not columns and arguments["mode"] != "exact":
            raise ValueError("'columns' is empty: nothing is promised.")
        promised = {name: {"type": kind, "optional": name in optional} for name, kind in columns.items()}
        return {"schema": {"mode": arguments["mode"], "columns": promised}}

    @classmethod
    def decisive(cls, results: Sequence[CheckResult], arguments: Mapping[str, Any]) -> CheckResult:
        """All that breaks as one result."""
        if not results:  # Nothing is promised about types.
            return CheckResult("schema", Status.PASS)
        worst = super().decisive(results, arguments)
        reasons = [one.reason for one in results if one.status is worst.status]
        return dataclasses.replace(worst, reason=" ".join(reasons), limit=None)

    @classmethod
    def observed(cls, result: CheckResult, report: Report) -> str:
        """How many of the promised columns are as promised."""
        results = [one for one in report.results if one.column is not None]
        kept = sum(one.status is Status.PASS for one in results)
        return f"{kept} of {words.count(len(results), 'column')} as promised"

    @classmethod
    def also(cls, result: CheckResult, report: Report) -> list[str]:
        """The reason says all of it."""
        return []

    @classmethod
    def sentence(cls, arguments: Mapping[str, Any]) -> Sentence:
        """In words."""
        mode = str(arguments.get("mode") or "compatible")
        if mode == "ignore":
            return Sentence("types of columns are not judged", {}, about_column=False)
        columns = arguments.get("columns") or {}
        told = {f"column_{index}": _spelled(*one) for index, one in enumerate(columns.items())}
        listed = ", ".join(f"${name}" for name in told) or "no columns"
        return Sentence(f"{_MODES[mode]}: {listed}", told, about_column=False)


def _spelled(column: str, kind: str | None) -> str:
    return f"{column}: {kind}" if kind else column
