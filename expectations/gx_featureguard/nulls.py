"""Completeness of a column as an expectation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from great_expectations.compatibility.pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

from gx_featureguard.promising import PromiseExpectation
from gx_featureguard.showing import Sentence, shown, shown_ratio

_NAMES = {"null": "null", "nan": "NaN", "empty": "empty", "sentinel": "a sentinel"}


class ExpectNullRateToBeWithinContract(PromiseExpectation):
    """Expect at most a share of rows to lack a value, in all the ways in which a value can be missing.

    What counts as no value is written as in a contract: null, NaN of floats, the empty string, and sentinels
    such as -999. No rows are no success.

    Args:
        column: The column.
        at_most: Largest share of rows without a value: `0.05` or `5%`.
        covers: What counts: of `null`, `nan`, `empty`, `sentinel`. Left out: null, NaN, and sentinels where
            some are given.
        sentinels: Values that stand for nothing.
        optional: A batch that lacks the column has no value in any row; without this it is unknown.

    Returns:
        `observed_value` is the share in [0, 1]; `details` say status, code, reason and limit.
    """

    column: StrictStr = Field(min_length=1, description="The column.")
    at_most: StrictFloat | StrictInt | StrictStr | dict[str, Any] = Field(
        description="Largest share of rows without a value: 0.05 or 5%."
    )
    covers: list[StrictStr] | None = Field(
        default=None, description="What counts as no value: of null, nan, empty, sentinel."
    )
    sentinels: list[Any] | None = Field(default=None, description="Values that stand for nothing, e.g. -999.")
    optional: StrictBool = Field(default=False, description="Whether a batch may lack the column.")

    success_keys: ClassVar[tuple[str, ...]] = ("column", "at_most", "covers", "sentinels", "optional")
    args_keys: ClassVar[tuple[str, ...]] = success_keys
    short_description: ClassVar[str] = "Expect at most a share of rows to lack a value."
    data_quality_issues: ClassVar[list[str]] = ["Completeness"]

    class Config(PromiseExpectation.Config):
        """Title of the JSON Schema."""

        title = "Expect null rate to be within contract"

    @classmethod
    def contract_of(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """A contract that promises one column's nulls."""
        nulls = {name: arguments[name] for name in ("at_most", "covers", "sentinels")}
        column = {"nulls": nulls, "optional": arguments["optional"]}
        return {"schema": {"mode": "ignore", "columns": {arguments["column"]: column}}}

    @classmethod
    def sentence(cls, arguments: Mapping[str, Any]) -> Sentence:
        """In words."""
        covers = arguments.get("covers")
        if covers is None:
            covers = ["null", "nan", *(["sentinel"] if arguments.get("sentinels") else [])]
        *others, last = [_NAMES[what] for what in _NAMES if what in covers]
        missing = f"{', '.join(others)} or {last}" if others else last
        told = {
            "column": shown(arguments.get("column")),
            "at_most": shown_ratio(arguments.get("at_most")),
        }
        if "sentinel" in covers and arguments.get("sentinels"):
            told["sentinels"] = shown(arguments["sentinels"])
            missing += " ($sentinels)"
        return Sentence(f"values may be {missing} in at most $at_most of the rows", told)
