"""Small builders of contracts, looks and files, shared by the tests."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from featureguard.contract import Contract
from featureguard.judging import Report
from featureguard.observation import ClockReading, History, KeyCount, Observation, PopulationReading, Unit
from featureguard.profile import ColumnProfile, Profile
from featureguard.result import CheckResult

NOW = datetime(2013, 2, 9, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rides(**parts: Any) -> Contract:
    """A contract of the dataset `rides`."""
    return Contract.model_validate({"dataset": "rides", "owner": "me@example.org", **parts})


def column(name: str = "fare", /, **promises: Any) -> Contract:
    """A contract that promises one column."""
    return rides(schema={"columns": {name: promises}})


def unit(
    columns: Mapping[str, ColumnProfile] | None = None,
    *,
    rows: int | None = None,
    key: str = "all",
    day: int | None = None,
    length: timedelta = DAY,
    keys: KeyCount | None = None,
    bad: Sequence[str] = (),
) -> Unit:
    """A judged unit; with `day`, that day of 2013, counted from 0."""
    found = columns or {}
    rows = max((c.rows for c in found.values()), default=0) if rows is None else rows
    start = datetime(2013, 1, 1, tzinfo=UTC) + day * DAY if day is not None else None
    end = start + length if start else None
    name = f"{start:%Y-%m-%d}" if start else key
    return Unit(name, f"content of {name}", Profile(rows, found), start, end, keys, frozenset(bad))


def look(
    *units: Unit,
    profile: Profile | None = None,
    newest: object = None,
    future: int | None = 0,
    files: object = None,
    population: PopulationReading | None = None,
    observed_at: datetime = NOW,
) -> Observation:
    """A look at `rides`; `newest` is what the event clock shows, `files` what the files' clock does."""
    clocks = {"event_time": ClockReading(newest, future), "file_mtime": ClockReading(files)}  # type: ignore[arg-type]
    whole = profile if profile is not None else sum((u.profile for u in units), Profile())
    return Observation("rides", observed_at, "s", whole, clocks, units, population)


def only(check: Any, contract: Contract, seen: Observation, history: History | None = None) -> CheckResult:
    """The one result of a check at `NOW`."""
    (result,) = check(contract, seen, history or History(), NOW)
    assert isinstance(result, CheckResult)
    return result


def named(report: Report, check: str, column: str | None = None) -> CheckResult:
    """The one result of a report with this check, and this column if given."""
    (result,) = (r for r in report.results if r.check == check and column in (None, r.column))
    return result


def write(path: Path, /, *, written: datetime | None = None, **columns: Any) -> Path:
    """A real Parquet file; `written` is when it says it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    if written:
        os.utime(path, (written.timestamp(), written.timestamp()))
    return path


def hours_ago(*hours: float, unit: str = "us", zone: str | None = "UTC") -> pa.Array:
    """Timestamps so many hours before `NOW`."""
    times = [NOW - hour * HOUR for hour in hours]
    return pa.array([time if zone else time.replace(tzinfo=None) for time in times], pa.timestamp(unit, zone))
