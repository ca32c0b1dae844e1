"""`featureguard age`: how old the data behind a node is, and which stage lost the time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from featureguard.checks import words
from featureguard.cli.lineage import must_be_there
from featureguard.cli.machine import print_json
from featureguard.cli.opening import Opened, opened
from featureguard.cli.tables import console, newest, plain_table
from featureguard.errors import UsageError
from featureguard.lineage_age import AgePath, Newest, age_path
from featureguard.observation import ClockReading


def show_age(
    name: str, now: str | None, project: Path | None, environment: str | None, *, as_json: bool
) -> int:
    """Follow the oldest data to a node, by the evidence at hand; no data is looked at."""
    with opened(project, environment, now) as found:
        must_be_there(found.catalog.lineage, name)
        seen = {dataset: _newest(found, dataset) for dataset in _datasets(found, name)}
        path = age_path(found.catalog.lineage, name, seen, found.now)
    if path is None:
        raise UsageError(f"No dataset of this catalog stands behind '{name}', so no age can be told.")
    if as_json:
        print_json({"now": found.now, **_as_dict(path)})
    else:
        _print(path, found)
    return 0


def _datasets(found: Opened, name: str) -> list[str]:
    nodes = (*found.catalog.lineage.closure(name), name)
    return [node for node in nodes if node in found.catalog.contracts]


def _newest(found: Opened, dataset: str) -> Newest:
    """Newest value of the clock that the dataset's freshness uses, as it was last seen."""
    report = found.guard.standing(dataset, found.now)
    reading = report.observation.clocks.get(report.contract.clock or "")
    return reading.newest if reading and report.recorded else None


def _print(path: AgePath, found: Opened) -> None:
    out = console()
    table = plain_table("stage", "newest", "lost here", "")
    for stage in path.stages:
        lost = "unknown" if stage.lost is None else _hours(stage.lost)
        note = "newer than what it is made from" if stage.ahead else ""
        table.add_row(stage.name, newest(ClockReading(stage.newest), found.now), lost, note)
    out.print(f"{path.name}: {_age(path)}, as last seen before {words.instant(found.now)}")
    out.print(table)
    if path.unmeasured:
        out.print(f"not measured: {', '.join(path.unmeasured)}. Run 'featureguard check' on them.")


def _age(path: AgePath) -> str:
    if path.age is not None:
        return f"its data is {_hours(path.age)} old"
    if path.at_least is not None:
        return f"the age of its data is unknown, and at least {_hours(path.at_least)}"
    return "the age of its data is unknown"


def _hours(length: timedelta) -> str:
    return words.duration(length.total_seconds())


def _as_dict(path: AgePath) -> dict[str, Any]:
    return {
        "name": path.name,
        "age_seconds": _seconds(path.age),
        "at_least_seconds": _seconds(path.at_least),
        "unmeasured": list(path.unmeasured),
        "stages": [
            {
                "name": stage.name,
                "newest": stage.newest,
                "lost_seconds": _seconds(stage.lost),
                "ahead": stage.ahead,
            }
            for stage in path.stages
        ],
    }


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
