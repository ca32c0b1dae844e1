"""A lineage as a picture: sources on the left, what stands on them to the right, coloured by state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from featureguard.api.page.charts.svg import number
from featureguard.lineage import Kind, Lineage

_WIDE, _HIGH, _GAP_X, _GAP_Y, _EDGE = 190.0, 46.0, 70.0, 18.0, 8.0


@dataclass(frozen=True, slots=True)
class Node:
    """One box.

    Attributes:
        name: What it is called.
        kind: What it is.
        layer: Steps from the sources.
        x, y: Its upper left corner.
    """

    name: str
    kind: Kind
    layer: int
    x: float
    y: float


def layout(lineage: Lineage) -> list[Node]:
    """Where the boxes stand: each to the right of all that it is made from, near the middle of them."""
    layers: dict[str, int] = {}
    for name in lineage.sources_first:
        layers[name] = 1 + max((layers.get(up, -1) for up in lineage.direct(name)), default=-1)
    rows: dict[int, list[str]] = {}
    for name in lineage.sources_first:
        rows.setdefault(layers[name], []).append(name)
    tallest = max(map(len, rows.values()), default=0)
    place: dict[str, float] = {}
    for layer in sorted(rows):
        wanted = {
            name: _middle([place[up] for up in lineage.direct(name) if up in place]) for name in rows[layer]
        }
        ordered = sorted(rows[layer], key=lambda name: (wanted[name], name))
        offset = (tallest - len(ordered)) / 2
        place.update({name: offset + n for n, name in enumerate(ordered)})
    return [
        Node(
            name,
            lineage.kind(name),
            layers[name],
            _EDGE + layers[name] * (_WIDE + _GAP_X),
            _EDGE + place[name] * (_HIGH + _GAP_Y),
        )
        for name in lineage.sources_first
    ]


def graph(
    lineage: Lineage,
    states: Mapping[str, tuple[str, str]],
    link: Callable[[str, Kind], str | None],
    here: str,
) -> Markup:
    """The picture; boxes are links.

    Args:
        lineage: What to draw.
        states: By name: a class, and the state in words.
        link: Where a box leads; `None` nowhere.
        here: The box that is being looked at.
    """
    nodes = {node.name: node for node in layout(lineage)}
    width = max((node.x for node in nodes.values()), default=0) + _WIDE + _EDGE
    height = max((node.y for node in nodes.values()), default=0) + _HIGH + _EDGE
    parts = [
        _edge(nodes[upstream], node, states.get(upstream, ("none", ""))[0])
        for name, node in nodes.items()
        for upstream in lineage.direct(name)
        if upstream in nodes
    ]
    for node in nodes.values():
        kind, told = states.get(node.name, ("none", "no contract"))
        parts.append(_box(node, kind, told, link(node.name, node.kind), here=node.name == here))
    return Markup(
        f'<svg class="lineage" viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" '
        f'height="{number(height)}" role="group" aria-label="Lineage of {escape(here)}">'
        f"{''.join(parts)}</svg>"
    )


def _edge(start: Node, end: Node, kind: str) -> str:
    x, y, to_x, to_y = start.x + _WIDE, start.y + _HIGH / 2, end.x, end.y + _HIGH / 2
    half = number((x + to_x) / 2)
    told = f"M{number(x)} {number(y)}C{half} {number(y)} {half} {number(to_y)} {number(to_x)} {number(to_y)}"
    return f'<path class="edge s-{escape(kind)}" d="{told}" fill="none"/>'


def _box(node: Node, kind: str, told: str, href: str | None, *, here: bool) -> str:
    shown = node.name if len(node.name) <= 24 else f"{node.name[:23]}…"
    inside = (
        f"<title>{escape(node.name)}: {escape(told)}</title>"
        f'<rect x="{number(node.x)}" y="{number(node.y)}" width="{_WIDE:g}" height="{_HIGH:g}" rx="8"/>'
        f'<text class="name" x="{number(node.x + 12)}" y="{number(node.y + 20)}">{escape(shown)}</text>'
        f'<text class="told" x="{number(node.x + 12)}" y="{number(node.y + 36)}">{escape(told)}</text>'
    )
    classes = f"node s-{escape(kind)} {escape(node.kind.value)}{' here' if here else ''}"
    if href is None or here:
        return f'<g class="{classes}">{inside}</g>'
    return f'<a class="{classes}" href="{escape(href)}">{inside}</a>'


def _middle(places: list[float]) -> float:
    return sum(places) / len(places) if places else 0.0
