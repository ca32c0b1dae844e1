"""The graph as text that others draw: Mermaid for pages and pull requests, DOT for Graphviz.

Names are shown, never interpreted: nodes are called n0, n1, … and names stand in quoted, escaped labels.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from featureguard.lineage import Kind, Lineage

State = Literal["ok", "warn", "hold", "block", "unknown"]
"""How a node stands; a node without a state was not asked about."""

_COLOURS: Mapping[State, str] = {
    "ok": "#1a7f37",
    "warn": "#9a6700",
    "hold": "#8250df",
    "block": "#cf222e",
    "unknown": "#6e7781",
}
_MERMAID_SHAPES = {Kind.SUBJECT: ("([", "])"), Kind.DATASET: ("[", "]"), Kind.EXTERNAL: ("[/", "/]")}
_DOT_SHAPES = {
    Kind.SUBJECT: "shape=box, style=rounded",
    Kind.DATASET: "shape=box",
    Kind.EXTERNAL: "shape=parallelogram",
}
# In Mermaid's labels some characters end the text, and others begin Markdown, such as the "1." of a list.
_NOT_PLAIN = re.compile(r"^[^A-Za-z]|[^\w ./:-]")


def to_mermaid(
    lineage: Lineage, names: Collection[str] | None = None, states: Mapping[str, State] | None = None
) -> str:
    """Draw a graph as a Mermaid flowchart, data flowing from left to right.

    Args:
        lineage: Who is made from whom.
        names: Nodes to draw; left out, all.
        states: How nodes stand; each is written under its name and coloured.
    """
    drawn, states = _Drawn.of(lineage, names), states or {}
    lines = ["flowchart LR"]
    for name, node in drawn.nodes.items():
        opened, closed = _MERMAID_SHAPES[lineage.kind(name)]
        label = _mermaid_label(name) + (f"<br>{states[name]}" if name in states else "")
        lines.append(f'    {node}{opened}"{label}"{closed}')
    lines += [f"    {upstream} --> {node}" for upstream, node in drawn.edges]
    for state, colour in _COLOURS.items():
        if nodes := [node for name, node in drawn.nodes.items() if states.get(name) == state]:
            lines.append(f"    classDef {state} stroke:{colour},stroke-width:2px")
            lines.append(f"    class {','.join(nodes)} {state}")
    return "\n".join(lines) + "\n"


def to_dot(
    lineage: Lineage, names: Collection[str] | None = None, states: Mapping[str, State] | None = None
) -> str:
    """Draw a graph in Graphviz's DOT; the arguments are those of `to_mermaid`."""
    drawn, states = _Drawn.of(lineage, names), states or {}
    lines = ["digraph lineage {", "    rankdir=LR;"]
    for name, node in drawn.nodes.items():
        state = states.get(name)
        label = _dot_label(name) + (f"\\n{state}" if state else "")
        colour = f', color="{_COLOURS[state]}"' if state else ""
        lines.append(f'    {node} [label="{label}", {_DOT_SHAPES[lineage.kind(name)]}{colour}];')
    lines += [f"    {upstream} -> {node};" for upstream, node in drawn.edges]
    return "\n".join([*lines, "}"]) + "\n"


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Nodes by name with their ids, and edges of ids from upstream to downstream, in alphabetical order."""

    nodes: Mapping[str, str]
    edges: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, lineage: Lineage, names: Collection[str] | None) -> _Drawn:
        kept = lineage.names if names is None else sorted({*names} & {*lineage.names})
        nodes = {name: f"n{at}" for at, name in enumerate(kept)}
        edges = [
            (nodes[upstream], nodes[name])
            for name in kept
            for upstream in lineage.direct(name)
            if upstream in nodes
        ]
        return cls(nodes, tuple(edges))


def _mermaid_label(name: str) -> str:
    return _NOT_PLAIN.sub(lambda found: f"#{ord(found[0])};", _printable(name))


def _dot_label(name: str) -> str:
    # Graphviz reads backslashes as escapes and ampersands as HTML entities.
    return _printable(name).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
