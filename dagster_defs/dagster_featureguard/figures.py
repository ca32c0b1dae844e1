"""Figures that Dagster plots, and facts about the data under the keys that it knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from featureguard.accounting import Account
from featureguard.judging import Report
from featureguard.profile import Profile
from featureguard.result import CheckResult

_MOST_COLUMNS = 50
_HOUR = timedelta(hours=1)
_SLO_OF = {"freshness": "time", "population": "population", "delivery": "delivery"}
"""The objective that each kind of check is shown with."""


def figures(
    kind: str, report: Report, results: Sequence[CheckResult], account: Account | None
) -> dict[str, Any]:
    """The figures of one check; what was not measured is left out.

    Args:
        kind: What it is about.
        report: The look at the dataset.
        results: What the check said.
        account: What became of the dataset's objective.
    """
    found = dict(_about(kind, report, results))
    if account is not None and _SLO_OF.get(kind) == account.slo.sli:
        found |= _objective(account)
    return found


def _about(kind: str, report: Report, results: Sequence[CheckResult]) -> Iterator[tuple[str, Any]]:
    if kind == "freshness":
        yield from _freshness(report, results)
    elif kind == "population":
        yield from _population(report, results)
    elif kind in ("nulls", "null_spike"):
        yield from _nulls(results)
    elif kind == "schema":
        if report.observation.profile.columns:
            yield "dagster/column_schema", column_schema(report.observation.profile)
    elif kind == "volume":
        for result in results:
            if isinstance(result.observed, int):
                yield "rows", result.observed


def _freshness(report: Report, results: Sequence[CheckResult]) -> Iterator[tuple[str, Any]]:
    for result in results:
        if isinstance(result.observed, int | float):
            yield "age_seconds", float(result.observed)
        if isinstance(result.limit, int | float):
            yield "limit_seconds", float(result.limit)
    contract = report.contract
    reading = report.observation.clocks.get(contract.clock or "")
    newest = reading.newest if reading else None
    if isinstance(newest, datetime):
        yield "dagster/last_updated_timestamp", dg.MetadataValue.timestamp(newest)
        if contract.freshness and contract.freshness.max_age:
            yield "fresh_until", dg.MetadataValue.timestamp(newest + contract.freshness.max_age)


def _population(report: Report, results: Sequence[CheckResult]) -> Iterator[tuple[str, Any]]:
    for result in results:
        if isinstance(result.observed, int | float):
            yield "population_fresh_ratio", float(result.observed)
    seen = report.observation.population
    if seen is None:
        return
    if seen.expected is not None:
        yield "population_expected", seen.expected
    if seen.worst:
        columns = [dg.TableColumn("member", "string"), dg.TableColumn("age_seconds", "float")]
        records = [dg.TableRecord({"member": name, "age_seconds": age}) for name, age in seen.worst]
        yield "oldest", dg.MetadataValue.table(records, schema=dg.TableSchema(columns))


def _nulls(results: Sequence[CheckResult]) -> Iterator[tuple[str, Any]]:
    rates = {
        result.column: float(result.observed)
        for result in results
        if result.column and isinstance(result.observed, int | float)
    }
    if rates:
        yield "null_ratio", max(rates.values())
    for column, rate in sorted(rates.items(), key=lambda one: -one[1])[:_MOST_COLUMNS]:
        yield f"null_ratio/{column}", rate


def _objective(account: Account) -> dict[str, Any]:
    found = {"objective": account.slo.objective}
    if account.budget.remaining_ratio is not None:
        found["budget_remaining_ratio"] = account.budget.remaining_ratio
    burn = account.burn_rates.get(_HOUR)
    if burn is not None:
        found["burn_rate_1h"] = burn
    return found


def column_schema(profile: Profile) -> dg.TableSchema:
    """The columns as they were seen; several types of one column are told side by side."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                name,
                " | ".join(sorted(column.types)),
                constraints=dg.TableColumnConstraints(nullable=column.nulls != 0),
            )
            for name, column in profile.columns.items()
        ]
    )
