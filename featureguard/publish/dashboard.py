"""The dashboard that Grafana imports: its panels on a grid, and what a reader may choose.

It is Grafana's classic JSON model; the data source is chosen on the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from featureguard.publish.alert import Wishes
from featureguard.publish.panel import Panel, Query
from featureguard.publish.panels import panels
from featureguard.publish.promql import series

SCHEMA_VERSION = 41
"""Of the classic JSON model; Grafana brings older ones up to its own by itself."""

WINDOWS = ("1d", "7d", "28d", "90d")
"""Windows of SLIs to choose from."""

_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS = 24
_COLOURS = {
    "fresh": "green",
    "aging": "yellow",
    "stale": "red",
    "never": "dark-red",
    "unknown": "purple",
    "none": "gray",
    "allow": "green",
    "warn": "yellow",
    "hold": "purple",
    "block": "red",
    "fail": "red",
}


def to_dashboard(wishes: Wishes) -> str:
    """The dashboard, as JSON."""
    return json.dumps(dashboard(wishes), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def dashboard(wishes: Wishes) -> dict[str, Any]:
    """The dashboard as a document."""
    url = wishes.url.rstrip("/")
    return {
        "title": "Data freshness (featureguard)",
        "description": "Written by 'featureguard export grafana'. Ages are those of Prometheus's clock.",
        "uid": "featureguard",
        "tags": ["featureguard", "data-quality"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "utc",
        "links": [
            {
                "title": title,
                "url": f"{url}{path}",
                "type": "link",
                "icon": "external link",
                "targetBlank": True,
            }
            for title, path in (("Status page", "/"), ("Runbooks", "/runbooks"))
        ],
        "annotations": {"list": []},
        "templating": {"list": list(_choices(wishes.job))},
        "panels": list(_placed(wishes.job, url)),
    }


def _choices(job: str) -> Iterator[dict[str, Any]]:
    yield {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    tiers = series(job, "dataset_info")
    owners = series(job, "dataset_info", tier="~$tier")
    datasets = series(job, "dataset_info", tier="~$tier", owner="~$owner")
    for name, selector in (("tier", tiers), ("owner", owners), ("dataset", datasets)):
        yield {
            "name": name,
            "label": name.capitalize(),
            "type": "query",
            "datasource": _SOURCE,
            "query": {"query": f"label_values({selector}, {name})", "refId": name},
            "refresh": 2,  # When the time range changes, too.
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        }
    yield {
        "name": "window",
        "label": "SLI window",
        "type": "custom",
        "query": ",".join(WINDOWS),
        "options": [{"text": one, "value": one, "selected": one == "28d"} for one in WINDOWS],
        "current": {"selected": True, "text": "28d", "value": "28d"},
    }


def _placed(job: str, url: str) -> Iterator[dict[str, Any]]:
    """Rows and panels from left to right, a new line where one is full."""
    y, number = 0, 0
    for title, members in panels(job).items():
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": y, "w": _COLUMNS, "h": 1},
            "panels": [],
        }
        x, y, tallest = 0, y + 1, 0
        for panel in members:
            if x + panel.width > _COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            number += 1
            place = {"x": x, "y": y, "w": panel.width, "h": panel.height}
            yield {"id": number, "gridPos": place} | _panel(panel, url)
            x, tallest = x + panel.width, max(tallest, panel.height)
        y += tallest


def _panel(panel: Panel, url: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": panel.title,
        "description": panel.says,
        "type": panel.kind,
        "datasource": _SOURCE,
        "targets": [
            _target(panel, query, letter) for query, letter in zip(panel.queries, "ABCDEFGH", strict=False)
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }
    if panel.kind == "table":
        found["transformations"] = [{"id": "merge", "options": {}}, _columns(panel.queries)]
        found["fieldConfig"]["overrides"] = list(_cells(panel, url))
    return found


def _target(panel: Panel, query: Query, letter: str) -> dict[str, Any]:
    at_once = panel.kind != "timeseries"
    return {
        "refId": letter,
        "datasource": _SOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "instant": at_once,
        "range": not at_once,
        "format": "table" if panel.kind == "table" else "time_series",
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bad_from is not None:
        steps.append({"color": "red", "value": panel.bad_from})
    found: dict[str, Any] = {"thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind != "table":
        found["unit"] = panel.queries[0].unit
    if panel.kind == "timeseries":
        stacking = {"mode": panel.options.get("stacking", "none"), "group": "A"}
        line = {"mode": "line" if panel.bad_from is not None else "off"}
        fill = 30 if "stacking" in panel.options else 0
        found["custom"] = {
            "stacking": stacking,
            "thresholdsStyle": line,
            "fillOpacity": fill,
            "showPoints": "never",
        }
    return found


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "timeseries":
        legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
        return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
    if panel.kind == "table":
        return {"showHeader": True, "cellHeight": "sm"}
    reduce = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    if panel.kind == "bargauge":
        return {"reduceOptions": reduce, "orientation": "horizontal", "displayMode": "basic"}
    return {"reduceOptions": reduce, "colorMode": "background", "graphMode": "none", "justifyMode": "center"}


def _columns(queries: Sequence[Query]) -> dict[str, Any]:
    """Values under their headings; instants and values that only say 1 are left out."""
    several = len(queries) > 1
    fields = [
        (f"Value #{letter}" if several else "Value", one)
        for one, letter in zip(queries, "ABCDEFGH", strict=False)
    ]
    return {
        "id": "organize",
        "options": {
            "excludeByName": {"Time": True} | {name: True for name, one in fields if not one.column},
            "renameByName": {name: one.column for name, one in fields if one.column},
        },
    }


def _cells(panel: Panel, url: str) -> Iterator[dict[str, Any]]:
    """Units of columns, colours of states and verdicts, and links."""
    for query in panel.queries:
        if query.column:
            yield _override(query.column, {"unit": query.unit})
    colours = [{"type": "value", "options": {word: {"color": colour} for word, colour in _COLOURS.items()}}]
    for name in ("state", "verdict", "status"):
        yield _override(name, {"mappings": colours, "custom.cellOptions": {"type": "color-background"}})
    if panel.link:
        field = panel.link.strip("/").removesuffix("s")
        target = {"title": "Show", "url": f"{url}{panel.link}${{__value.raw}}", "targetBlank": True}
        yield _override(field, {"links": [target]})


def _override(column: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "matcher": {"id": "byName", "options": column},
        "properties": [{"id": name, "value": value} for name, value in properties.items()],
    }
