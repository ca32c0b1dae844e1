"""`featureguard lineage`: what is made from what, and what a broken node takes down."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import read_catalog
from featureguard.cli.tables import console, plain_table
from featureguard.errors import UsageError
from featureguard.lineage import Affected, Impact, Lineage
from featureguard.lineage_text import to_dot, to_mermaid
from featureguard.problems import suggestion

Format = Literal["text", "mermaid", "dot", "json"]


def show_lineage(
    name: str | None, written: Format, project: Path | None, environment: str | None, *, impact: bool
) -> int:
    """Show the whole graph, what is connected with a node, or what stands on it."""
    _, catalog = read_catalog(project, environment)
    lineage = catalog.lineage
    if name is None and impact:
        raise UsageError("--impact needs the name of what is broken: featureguard lineage NAME --impact.")
    if name is not None:
        must_be_there(lineage, name)
    drawn = lineage if name is None else lineage.subgraph(name, "down" if impact else "both")
    if written == "mermaid":
        sys.stdout.write(to_mermaid(drawn))
    elif written == "dot":
        sys.stdout.write(to_dot(drawn))
    elif name is not None and impact:
        _show_impact(lineage.impact(name), as_json=written == "json")
    else:
        _show_graph(name, drawn, as_json=written == "json")
    return 0


def must_be_there(lineage: Lineage, name: str) -> None:
    """Refuse a name that the catalog does not hold, with the one that may be meant."""
    if name not in lineage.names:
        raise UsageError(f"Nothing here is called '{name}'.{suggestion(name, lineage.names)}")


def _show_graph(name: str | None, lineage: Lineage, *, as_json: bool) -> None:
    nodes = lineage.sources_first
    if as_json:
        found = [
            {"name": node, "kind": lineage.kind(node), "upstream": list(lineage.direct(node))}
            for node in nodes
        ]
        print_json({"name": name, "nodes": found})
        return
    table = plain_table("name", "kind", "made from")
    for node in nodes:
        table.add_row(node, lineage.kind(node), ", ".join(lineage.direct(node)))
    console().print(table)


def _show_impact(impact: Impact, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "name": impact.name,
                "datasets": [_as_dict(impact, affected) for affected in impact.datasets],
                "subjects": [_as_dict(impact, affected) for affected in impact.subjects],
            }
        )
        return
    out = console()
    counts = words.count(len(impact.subjects), "subject"), words.count(len(impact.datasets), "dataset")
    out.print(f"If '{impact.name}' breaks, it takes down {counts[0]} and {counts[1]}.")
    if not impact.subjects and not impact.datasets:
        return
    table = plain_table("", "name", "steps", "way of the harm")
    for kind, found in (("subject", impact.subjects), ("dataset", impact.datasets)):
        for affected in found:
            way = " → ".join(impact.path(affected))
            table.add_row(kind, affected.name, str(affected.distance), way)
    out.print(table)


def _as_dict(impact: Impact, affected: Affected) -> dict[str, object]:
    return {"name": affected.name, "distance": affected.distance, "path": list(impact.path(affected))}
