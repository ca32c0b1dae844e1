"""Freshness of a feature table as an expectation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from great_expectations.compatibility.pydantic import Field, StrictFloat, StrictInt, StrictStr

from featureguard.checks import words
from featureguard.duration import parse_duration
from featureguard.judging import Report
from featureguard.result import CheckResult, Status
from gx_featureguard.promising import PromiseExpectation
from gx_featureguard.showing import Sentence, shown, shown_ratio

_JUDGED = ("freshness", "population")


class ExpectFeatureToBeFresh(PromiseExpectation):
    """Expect the newest row, or most rows or entities, to be young enough.

    With `max_age` the newest value of the column counts. One new row hides a stale million from it; `within`
    and `at_least` do not let it: they ask for the share of rows, or with `entity` the share of entities by
    their newest row, that is no older than `within`. Give one of the two.

    Values more than `skew_tolerance` ahead of `now` are from the future: they refresh nothing. No rows, or
    none with a time, are no success.

    Args:
        column: Time of the event, a timestamp or a date.
        max_age: Largest age of the newest value, e.g. `30h`.
        within: Largest age of a row, or of an entity's newest row, that counts as fresh.
        at_least: Smallest fresh share: `0.9` or `90%`.
        entity: Columns that name an entity; left out, rows are counted.
        seen_within: The expected entities are those with a row this young; default 28 days.
        timezone: Zone of timestamps without one and of dates, e.g. `America/New_York`.
        skew_tolerance: How far ahead a time may lie before it is from the future; default 5 minutes.
        future: Whether rows from the future are only told (`warn`), or fail this expectation (`block`).
        now: The instant at which ages are measured, ISO 8601 with a zone; left out, when it is validated.

    Returns:
        `observed_value` is an age in seconds, or a share in [0, 1]; `details` say status, code and reason.
    """

    column: StrictStr = Field(min_length=1, description="Time of the event, a timestamp or a date.")
    max_age: StrictStr | dict[str, Any] | None = Field(
        default=None, description="Largest age of the newest value."
    )
    within: StrictStr | dict[str, Any] | None = Field(
        default=None, description="Largest age of a row, or of an entity's newest row, that counts as fresh."
    )
    at_least: StrictFloat | StrictInt | StrictStr | dict[str, Any] | None = Field(
        default=None, description="Smallest fresh share: 0.9 or 90%."
    )
    entity: list[StrictStr] | None = Field(default=None, description="Columns that name an entity.")
    seen_within: StrictStr | dict[str, Any] | None = Field(
        default=None, description="The expected entities are those with a row this young; default 28 days."
    )
    timezone: StrictStr | None = Field(
        default=None, description="Zone of timestamps without one and of dates."
    )
    skew_tolerance: StrictStr | None = Field(
        default=None,
        description="How far ahead a time may lie before it is from the future; default 5 minutes.",
    )
    future: Literal["warn", "block"] = Field(
        default="warn", description="Whether rows from the future are only told, or fail this expectation."
    )
    now: StrictStr | dict[str, Any] | None = Field(
        default=None, description="The instant at which ages are measured; left out, when it is validated."
    )

    success_keys: ClassVar[tuple[str, ...]] = (
        *("column", "max_age", "within", "at_least", "entity", "seen_within"),
        *("timezone", "skew_tolerance", "future", "now"),
    )
    args_keys: ClassVar[tuple[str, ...]] = success_keys
    short_description: ClassVar[str] = "Expect the newest row, or most rows or entities, to be young enough."
    data_quality_issues: ClassVar[list[str]] = ["Freshness"]

    class Config(PromiseExpectation.Config):
        """Title of the JSON Schema."""

        title = "Expect feature to be fresh"

    @classmethod
    def contract_of(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """A contract that promises freshness."""
        by_age, by_share = arguments["max_age"] is not None, arguments["within"] is not None
        if by_age == by_share:
            raise ValueError(
                "Give either 'max_age', for the newest row, or 'within' and 'at_least', for a share of all."
                " For both write two expectations."
            )
        if by_share and arguments["at_least"] is None:
            raise ValueError("'within' needs 'at_least', the smallest share that is fresh, e.g. 90%.")
        needing = [name for name in ("at_least", "entity", "seen_within") if arguments[name] is not None]
        if by_age and needing:
            raise ValueError(f"'{needing[0]}' goes with 'within', not with 'max_age'.")
        entity = arguments["entity"]
        share = {
            "of": "entities" if entity is not None else "rows",
            "entity": entity,
            "within": arguments["within"],
            "at_least": arguments["at_least"],
            "seen_within": arguments["seen_within"],
        }
        return {
            "time": {
                "event": arguments["column"],
                "timezone": arguments["timezone"],
                "skew_tolerance": arguments["skew_tolerance"],
                "future": arguments["future"],
            },
            "freshness": {"population": share} if by_share else {"max_age": arguments["max_age"]},
        }

    @classmethod
    def decisive(cls, results: Sequence[CheckResult], arguments: Mapping[str, Any]) -> CheckResult:
        """The verdict on freshness; that on rows from the future where they are not only told."""
        counts = (*_JUDGED, "future") if arguments["future"] == "block" else _JUDGED
        return super().decisive([one for one in results if one.check in counts] or results, arguments)

    @classmethod
    def told(cls, result: CheckResult, report: Report) -> CheckResult:
        """With the name of a column that is missing, where that is why nothing could be measured."""
        population = report.contract.freshness and report.contract.freshness.population
        named = [str(report.contract.clock_column), *(population.entity if population else ())]
        missing = [name for name in named if name not in report.observation.profile.columns]
        if result.status is not Status.UNKNOWN or not missing or report.observation.failure:
            return result
        return dataclasses.replace(result, reason=f"{', '.join(map(repr, missing))} is missing.")

    @classmethod
    def sentence(cls, arguments: Mapping[str, Any]) -> Sentence:
        """In words."""
        column = shown(arguments.get("column"))
        if arguments.get("within") is None:
            told = {"column": column, "max_age": _age(arguments.get("max_age"))}
            return Sentence("newest value must be no older than $max_age", told)
        entity = arguments.get("entity")
        told = {
            "column": column,
            "at_least": shown_ratio(arguments.get("at_least")),
            "within": _age(arguments.get("within")),
            **({"entity": shown(entity)} if entity else {}),
        }
        of = "of the entities ($entity) must have a row" if entity else "of the rows must be"
        return Sentence(f"at least $at_least {of} no older than $within", told)


def _age(value: object) -> str:
    return words.limit(parse_duration(value)) if isinstance(value, str) else shown(value)
