"""The graph of what is made from what: closure, impact, paths, cycles and names that lead nowhere.

Nothing here recurses, so that a chain of 10,000 datasets is as good as one of three. Answers depend on the
graph alone, never on the order in which files were read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, partial
from typing import Literal


class Kind(StrEnum):
    """What a node of the graph is; `EXTERNAL` is an upstream that no contract describes."""

    SUBJECT = "subject"
    DATASET = "dataset"
    EXTERNAL = "external"


Direction = Literal["up", "down", "both"]


@dataclass(frozen=True, slots=True)
class Affected:
    """A node that stands on a broken one.

    Attributes:
        name: Its name.
        distance: Steps of the shortest way from the broken node, at least 1.
        through: The node before it on that way: from there the harm arrives.
    """

    name: str
    distance: int
    through: str


@dataclass(frozen=True)
class Impact:
    """What a broken node takes down, nearest first, and by name where equally near.

    Attributes:
        name: The broken node.
        datasets: Datasets that are made from it.
        subjects: Subjects that require it, directly or through those datasets.
    """

    name: str
    datasets: tuple[Affected, ...] = ()
    subjects: tuple[Affected, ...] = ()

    def path(self, affected: Affected) -> tuple[str, ...]:
        """The shortest way of the harm, from the broken node to an affected one, both included."""
        way = [affected.name, affected.through]
        while way[-1] != self.name:
            way.append(self._through[way[-1]])
        return tuple(reversed(way))

    @cached_property
    def _through(self) -> Mapping[str, str]:
        return {affected.name: affected.through for affected in (*self.datasets, *self.subjects)}


@dataclass(frozen=True)
class Lineage:
    """Who is made from whom.

    Attributes:
        upstreams: Direct upstreams of every node that declares some.
        kinds: What each node is; a name without a kind is dangling.
    """

    upstreams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every node, those that are only named as upstreams included, in alphabetical order."""
        return tuple(sorted({*self.kinds, *self.upstreams, *self._downstreams}))

    @cached_property
    def sources_first(self) -> tuple[str, ...]:
        """Every node, each after all that it is made from."""
        return tuple(_sources_first(_NO_NAME, lambda name: self.direct(name) if name else self.names))[:-1]

    @cached_property
    def _closures(self) -> dict[str, tuple[str, ...]]:
        return {}

    def kind(self, name: str) -> Kind:
        """What a node is; one that nobody declares counts as a dataset."""
        return self.kinds.get(name, Kind.DATASET)

    def direct(self, name: str) -> tuple[str, ...]:
        """What a node names itself, once each, in alphabetical order."""
        return tuple(sorted(set(self.upstreams.get(name, ()))))

    def closure(self, name: str) -> tuple[str, ...]:
        """Everything upstream of a node, sources first: each comes after all that it is made from."""
        if name not in self._closures:
            self._closures[name] = tuple(_sources_first(name, self.direct))[:-1]
        return self._closures[name]

    def dependants(self, name: str) -> tuple[str, ...]:
        """Everything that a broken node takes down, nearest first: each after those that pass the harm on."""
        last_first = tuple(_sources_first(name, lambda node: self._downstreams.get(node, ())))[:-1]
        return last_first[::-1]

    def impact(self, name: str) -> Impact:
        """What a broken node takes down, datasets and subjects apart, with the way of the harm."""
        came_from = _reached(name, lambda node: self._downstreams.get(node, ()))
        distances = {name: 0}
        found = []
        for node, through in came_from.items():
            if node != name:
                distances[node] = distances[through] + 1
                found.append(Affected(node, distances[node], through))
        found.sort(key=lambda affected: (affected.distance, affected.name))
        subjects = [affected for affected in found if self.kind(affected.name) is Kind.SUBJECT]
        datasets = [affected for affected in found if self.kind(affected.name) is not Kind.SUBJECT]
        return Impact(name, tuple(datasets), tuple(subjects))

    def subgraph(self, name: str, direction: Direction = "both") -> Lineage:
        """The part of the graph that a node stands on (`up`), that stands on it (`down`), or both."""
        kept = {name}
        if direction != "down":
            kept.update(self.closure(name))
        if direction != "up":
            kept.update(self.dependants(name))
        return self.only(kept)

    def only(self, names: Collection[str]) -> Lineage:
        """The graph of some nodes and of what lies between two of them."""
        return Lineage(
            {
                name: tuple(upstream for upstream in self.direct(name) if upstream in names)
                for name in self.upstreams
                if name in names
            },
            {name: kind for name, kind in self.kinds.items() if name in names},
        )

    def path(self, name: str, upstream: str) -> tuple[str, ...]:
        """The shortest way from a node to one of its upstreams, both included; empty if there is none."""
        return _shortest(name, upstream, self.direct)

    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """One shortest cycle per knot of nodes that depend on each other, e.g. `(a, b)` for a → b → a."""
        found = []
        for knot in _knots(sorted(self.upstreams), self.direct):
            start = min(knot)
            found.append(_shortest(start, _NO_NAME, partial(_home_again, start, self.direct))[:-1])
        return tuple(sorted(found))

    def dangling(self, known: Collection[str] | None = None) -> tuple[tuple[str, str], ...]:
        """Pairs of a node and an upstream of it that nobody declares.

        Args:
            known: Names that count as declared; left out: every node with a kind.
        """
        declared = self.kinds.keys() if known is None else {*known, *self._externals}
        return tuple(
            (name, upstream)
            for name in sorted(self.upstreams)
            for upstream in self.direct(name)
            if upstream not in declared
        )

    @cached_property
    def _externals(self) -> frozenset[str]:
        return frozenset(name for name, kind in self.kinds.items() if kind is Kind.EXTERNAL)

    @cached_property
    def _downstreams(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for name in sorted(self.upstreams):
            for upstream in self.direct(name):
                found.setdefault(upstream, []).append(name)
        return {name: tuple(names) for name, names in found.items()}


_Neighbours = Callable[[str], Iterable[str]]
_NO_NAME = ""  # stands for a node of the search: its root, or the one where a cycle began; no name is empty


def _home_again(home: str, neighbours: _Neighbours, name: str) -> Iterator[str]:
    return (_NO_NAME if other == home else other for other in neighbours(name))


def _sources_first(start: str, neighbours: _Neighbours) -> Iterator[str]:
    """Depth first, a node after all its neighbours; the start comes last."""
    seen, stack = {start}, [(start, iter(neighbours(start)))]
    while stack:
        name, rest = stack[-1]
        following = next((other for other in rest if other not in seen), None)
        if following is None:
            stack.pop()
            yield name
        else:
            seen.add(following)
            stack.append((following, iter(neighbours(following))))


def _shortest(start: str, end: str, neighbours: _Neighbours) -> tuple[str, ...]:
    came_from = _reached(start, neighbours, end)
    if end not in came_from:
        return ()
    way = [end]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


def _reached(start: str, neighbours: _Neighbours, end: str | None = None) -> dict[str, str]:
    """Every node that can be reached, nearest first, each with the one before it; stops at the end."""
    came_from, queue = {start: start}, deque([start])
    while queue and end not in came_from:
        name = queue.popleft()
        for other in neighbours(name):
            if other not in came_from:
                came_from[other] = name
                queue.append(other)
    return came_from


def _knots(names: Iterable[str], neighbours: _Neighbours) -> Iterator[frozenset[str]]:
    """Strongly connected components that hold a cycle (Kosaraju: one pass forward, one pass back)."""
    order: dict[str, None] = {}
    backward: dict[str, list[str]] = {}
    for root in names:
        if root not in order:
            order.update(dict.fromkeys(_unseen_first(root, neighbours, order)))
    for name in order:
        for other in neighbours(name):
            backward.setdefault(other, []).append(name)
    placed: set[str] = set()
    for root in reversed(order):
        if root in placed:
            continue
        knot = set(_unseen_first(root, lambda name: backward.get(name, ()), placed))
        placed |= knot
        if len(knot) > 1 or root in neighbours(root):
            yield frozenset(knot)


def _unseen_first(start: str, neighbours: _Neighbours, known: Collection[str]) -> list[str]:
    return list(
        _sources_first(start, lambda name: (other for other in neighbours(name) if other not in known))
    )
