"""Lineage: what stands upstream, what breaks downstream, and what can never be."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.lineage import Affected, Direction, Impact, Kind, Lineage

NAMES = st.sampled_from("abcdefg")
EDGES = st.dictionaries(NAMES, st.lists(NAMES, max_size=3).map(tuple), max_size=7)


def graph(*edges: str) -> Lineage:
    """`graph("model < flights weather")`: the model is made from flights and weather."""
    split = [edge.partition(" < ") for edge in edges]
    return Lineage({name: tuple(upstreams.split()) for name, _, upstreams in split})


def reachable(edges: dict[str, tuple[str, ...]], start: str) -> set[str]:
    found: set[str] = set()
    for _ in edges:
        found |= {up for name in {start, *found} for up in edges.get(name, ())}
    return found


FLIGHTS = graph("model < features weather", "features < flights", "flights < raw", "weather < raw")


def test_the_closure_begins_with_the_sources() -> None:
    assert FLIGHTS.closure("model") == ("raw", "flights", "features", "weather")
    assert FLIGHTS.closure("raw") == ()
    assert FLIGHTS.closure("unheard of") == ()


def test_dependants_are_all_that_a_broken_source_takes_down_nearest_first() -> None:
    assert FLIGHTS.dependants("raw") == ("weather", "flights", "features", "model")
    assert FLIGHTS.dependants("model") == ()


def test_direct_upstreams_are_named_once() -> None:
    assert graph("model < b a b").direct("model") == ("a", "b")


def test_the_path_is_the_shortest_way_from_the_subject() -> None:
    assert FLIGHTS.path("model", "raw") == ("model", "weather", "raw")
    assert FLIGHTS.path("model", "model") == ("model",)
    assert FLIGHTS.path("raw", "model") == ()


def test_one_shortest_cycle_is_told_for_each_knot() -> None:
    knots = graph("a < b", "b < c a", "c < a", "x < y", "y < x", "self < self", "free < a")
    assert knots.cycles() == (("a", "b"), ("self",), ("x", "y"))


def test_a_graph_without_cycles_has_none() -> None:
    assert FLIGHTS.cycles() == Lineage().cycles() == ()


def test_names_that_lead_nowhere_are_told_with_who_names_them() -> None:
    lineage = Lineage(
        {"model": ("flights", "raw", "wether")}, {"flights": Kind.DATASET, "raw": Kind.EXTERNAL}
    )
    assert lineage.dangling() == (("model", "wether"),)
    assert lineage.dangling(["wether"]) == (("model", "flights"),)


@given(EDGES, NAMES)
def test_closure_and_dependants_are_what_can_be_reached(
    edges: dict[str, tuple[str, ...]], start: str
) -> None:
    lineage = Lineage(edges)
    assert set(lineage.closure(start)) == reachable(edges, start) - {start}
    down = {name for name in edges if start in reachable(edges, name)} - {start}
    assert set(lineage.dependants(start)) == down


@given(EDGES, NAMES)
def test_without_cycles_every_upstream_comes_first(edges: dict[str, tuple[str, ...]], start: str) -> None:
    lineage = Lineage(edges)
    order = lineage.closure(start)
    if not lineage.cycles():
        assert all(order.index(up) < order.index(name) for name in order for up in lineage.direct(name))


@given(EDGES)
def test_there_is_a_cycle_exactly_where_a_node_reaches_itself(edges: dict[str, tuple[str, ...]]) -> None:
    lineage = Lineage(edges)
    for cycle in lineage.cycles():
        assert all(b in lineage.direct(a) for a, b in zip(cycle, (*cycle[1:], cycle[0]), strict=True))
    assert bool(lineage.cycles()) == any(name in reachable(edges, name) for name in edges)


@given(EDGES)
def test_the_order_of_the_files_changes_nothing(edges: dict[str, tuple[str, ...]]) -> None:
    turned = Lineage({name: upstreams[::-1] for name, upstreams in reversed(edges.items())})
    assert turned.cycles() == Lineage(edges).cycles()
    assert all(turned.closure(name) == Lineage(edges).closure(name) for name in edges)
    assert all(turned.dependants(name) == Lineage(edges).dependants(name) for name in edges)


def test_ten_thousand_nodes_in_a_row_or_in_a_ring_are_no_trouble() -> None:
    row = Lineage({f"n{i:05}": (f"n{i + 1:05}",) for i in range(10_000)})
    assert len(row.closure("n00000")) == len(row.dependants("n10000")) == 10_000
    assert len(row.path("n00000", "n10000")) == 10_001
    assert row.impact("n10000").datasets[-1].distance == 10_000
    ring = Lineage({**row.upstreams, "n10000": ("n00000",)})
    assert [len(cycle) for cycle in ring.cycles()] == [10_001]


def test_impact_tells_datasets_and_subjects_apart_nearest_first() -> None:
    impact = Lineage(FLIGHTS.upstreams, {"model": Kind.SUBJECT}).impact("raw")
    assert [(found.name, found.distance) for found in impact.datasets] == [
        ("flights", 1),
        ("weather", 1),
        ("features", 2),
    ]
    assert [(found.name, found.distance) for found in impact.subjects] == [("model", 2)]
    assert impact.path(impact.subjects[0]) == ("raw", "weather", "model")


def test_what_nobody_needs_takes_nothing_down() -> None:
    assert FLIGHTS.impact("model") == Impact("model")
    assert FLIGHTS.impact("unheard of") == Impact("unheard of")


@pytest.mark.parametrize(
    ("direction", "names"),
    [
        ("up", ("features", "flights", "raw")),
        ("down", ("features", "model")),
        ("both", ("features", "flights", "model", "raw")),
    ],
)
def test_a_subgraph_holds_one_side_of_a_node_or_both(direction: Direction, names: tuple[str, ...]) -> None:
    assert FLIGHTS.subgraph("features", direction).names == names


def test_a_part_of_the_graph_keeps_kinds_and_the_edges_within() -> None:
    lineage = Lineage({"model": ("a", "b"), "a": ("b",)}, {"model": Kind.SUBJECT, "a": Kind.DATASET})
    assert lineage.only(["model", "b"]) == Lineage({"model": ("b",)}, {"model": Kind.SUBJECT})


def all_dependants_by_a_shortest_way(lineage: Lineage, impact: Impact) -> None:
    found = [*impact.datasets, *impact.subjects]
    assert {affected.name for affected in found} == set(lineage.dependants(impact.name))
    for affected in found:
        way = impact.path(affected)
        assert all(up in lineage.direct(down) for up, down in pairwise(way))
        assert len(way) == len(lineage.path(affected.name, impact.name)) == affected.distance + 1


@given(EDGES, NAMES)
def test_impact_is_all_dependants_by_a_shortest_way(edges: dict[str, tuple[str, ...]], start: str) -> None:
    lineage = Lineage(edges, {"a": Kind.SUBJECT})
    all_dependants_by_a_shortest_way(lineage, lineage.impact(start))


@pytest.mark.parametrize(
    "wrong", [(), (Affected("rides", 2, "raw"),), (Affected("rides", 1, "raw"), Affected("fares", 1, "raw"))]
)
def test_a_wrong_impact_is_caught(wrong: tuple[Affected, ...]) -> None:
    with pytest.raises(AssertionError):
        all_dependants_by_a_shortest_way(graph("rides < raw", "fares < rides"), Impact("raw", wrong))


@given(EDGES)
def test_the_whole_graph_can_be_told_sources_first(edges: dict[str, tuple[str, ...]]) -> None:
    lineage = Lineage(edges)
    order = lineage.sources_first
    assert sorted(order) == list(lineage.names)
    if not lineage.cycles():
        assert all(order.index(up) < order.index(name) for name in order for up in lineage.direct(name))
