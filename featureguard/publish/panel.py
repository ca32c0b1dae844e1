"""A panel of the dashboard: what it asks, how it is drawn, and of which datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from featureguard.publish.promql import DATASET, OBJECTIVE, ON_DATASET, latest, series

Kind = Literal["stat", "timeseries", "table", "bargauge"]

_CHOSEN = {"tier": "~$tier", "dataset": "~$dataset"}


@dataclass(frozen=True, slots=True)
class Query:
    """One question.

    Attributes:
        expr: In PromQL; `$tier`, `$owner`, `$dataset` and `$window` are chosen by the reader.
        legend: Names each curve.
        column: Heading of its values in a table; empty: they are not shown, only their labels.
        unit: Unit of the values, as Grafana names it.
    """

    expr: str
    legend: str = ""
    column: str = ""
    unit: str = "none"


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Attributes:
        title: What it shows.
        says: One sentence about how to read it.
        kind: How it is drawn.
        queries: What it asks.
        width: Of 24.
        height: In rows of the grid.
        bad_from: The value from which it is red; `None`: it is never.
        link: Path of the page that a table's first column leads to.
        options: Further options of its kind.
    """

    title: str
    says: str
    kind: Kind
    queries: tuple[Query, ...]
    width: int = 12
    height: int = 8
    bad_from: float | None = None
    link: str = ""
    options: Mapping[str, object] = field(default_factory=dict)


def number(title: str, says: str, expr: str, bad_from: float | None = 1) -> Panel:
    """One figure."""
    return Panel(title, says, "stat", (Query(expr),), 4, 4, bad_from=bad_from)


def chosen(job: str, name: str, *, by: tuple[str, ...] = DATASET, **labels: str) -> str:
    """What is told about datasets that the reader chose by tier and name."""
    return latest(by, series(job, name, **_CHOSEN, **labels))


def shown(job: str, name: str, *, by: tuple[str, ...] = DATASET, **labels: str) -> str:
    """The same, and chosen by owner, whom another metric knows."""
    owner = latest(DATASET, series(job, "dataset_info", owner="~$owner"))
    return f"{chosen(job, name, by=by, **labels)} and {ON_DATASET} {owner}"


def increase(job: str, kind: str) -> str:
    """How far a counter went on within the chosen window, in seconds or deliveries."""
    units = (series(job, f"slo_{kind}_{unit}_total", **_CHOSEN) for unit in ("seconds", "deliveries"))
    either = " or ".join(latest(OBJECTIVE, f"increase({one}[$window])") for one in units)
    owner = latest(DATASET, series(job, "dataset_info", owner="~$owner"))
    return f"(({either}) and {ON_DATASET} {owner})"
