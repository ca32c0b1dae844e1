"""Reports as JSON for machines; field names are those of the Python values, times ISO 8601 in UTC."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from featureguard.judging import Report
from featureguard.profile import Never
from featureguard.result import CheckResult


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=_plain) + "\n")


def report_to_dict(report: Report) -> dict[str, Any]:
    """A report as plain values."""
    seen = report.observation
    return {
        "dataset": report.dataset,
        "tier": report.contract.tier,
        "owner": report.contract.owner,
        "runbook": report.contract.runbook,
        "contract": report.contract.digest,
        "now": report.now,
        "observed_at": seen.observed_at,
        "snapshot": seen.snapshot,
        "recorded": report.recorded,
        "rows": seen.profile.rows,
        "clocks": {name: _fields(reading) for name, reading in seen.clocks.items()},
        "units": [unit.key for unit in seen.units],
        "exit_code": report.exit_code,
        "results": [result_to_dict(result) for result in report.results],
    }


def result_to_dict(result: CheckResult) -> dict[str, Any]:
    """A result as plain values."""
    found = _fields(result)
    del found["not_measured"]
    return found


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Never | Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no JSON form.")
