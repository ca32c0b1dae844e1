"""Grouping puts each incident in one place, whatever order incidents come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from featureguard.incident import Group, Impact, Incident, group
from featureguard.lineage import Lineage
from tests.incident_builders import HOUR, clock, incident

NAMES = "abcdef"
# A dataset is made from later letters, so that there is no cycle.
lineages = st.fixed_dictionaries(
    {
        name: st.sets(st.sampled_from(NAMES[n + 1 :])).map(sorted).map(tuple)
        for n, name in enumerate(NAMES[:-1])
    }
).map(Lineage)
failures = st.builds(
    lambda name, by, length, check: incident(
        name, by, None if length is None else by + 1 + length, detected=by, last_bad=by, check=check
    ),
    st.sampled_from(NAMES),
    st.integers(0, 20),
    st.none() | st.integers(0, 8),
    st.sampled_from(["freshness", "nulls"]),
)
several = st.lists(failures, max_size=12, unique_by=lambda one: one.key)
slacks = st.integers(0, 3).map(lambda hours: hours * HOUR)
randoms = st.randoms(use_true_random=False)

Grouping = Callable[[Sequence[Incident], Lineage], Sequence[Group]]


def is_free_of_order(grouping: Grouping, found: list[Incident], lineage: Lineage, random: Random) -> bool:
    return grouping(found, lineage) == grouping(random.sample(found, len(found)), lineage)


@given(several, lineages, slacks, randoms)
def test_the_order_of_incidents_changes_nothing(
    found: list[Incident], lineage: Lineage, slack: timedelta, random: Random
) -> None:
    assert is_free_of_order(lambda some, graph: group(some, graph, slack), found, lineage, random)


def places(groups: Sequence[Group]) -> Counter[Incident]:
    """How often each incident stands in some group, as root or as impact."""
    roots = (root for one in groups for root in one.roots)
    return Counter([*roots, *(hit.incident for one in groups for hit in one.impact)])


@given(several, lineages)
def test_each_incident_is_in_one_group_as_root_or_as_impact(found: list[Incident], lineage: Lineage) -> None:
    assert places(group(found, lineage)) == Counter(found)


def causes(one: Incident, found: Sequence[Incident], lineage: Lineage) -> list[Incident]:
    """Incidents upstream with which it shares an instant, by hour, as slowly as it gets."""
    return [
        other
        for other in found
        if lineage.path(one.dataset, other.dataset)[1:]
        and (one.is_open or other.started.by < (one.resolved or clock(99)))
        and (other.is_open or one.started.by <= (other.resolved or clock(99)))
    ]


def roots_have_no_cause(groups: Sequence[Group], found: Sequence[Incident], lineage: Lineage) -> bool:
    """A root fails by itself, an impact has a cause, and a path along the lineage leads to its root."""
    roots = [root for one in groups for root in one.roots]
    hits = [(hit, one.dataset) for one in groups for hit in one.impact]
    return (
        not any(causes(root, found, lineage) for root in roots)
        and all(causes(hit.incident, found, lineage) for hit, _ in hits)
        and all(hit.path == lineage.path(hit.incident.dataset, root) != () for hit, root in hits)
    )


@given(several, lineages)
def test_exactly_what_has_no_failing_upstream_is_a_root(found: list[Incident], lineage: Lineage) -> None:
    groups = group(found, lineage)
    assert roots_have_no_cause(groups, found, lineage)
    assert all(one.takes_down == lineage.dependants(one.dataset) for one in groups)
    assert all({hit.incident.dataset for hit in one.impact} <= set(one.takes_down) for one in groups)


def by_first_met(found: Sequence[Incident], lineage: Lineage) -> list[Group]:
    """Negative control: attach to the first group met that is upstream, else open one."""
    groups: list[Group] = []
    for one in found:
        for n, met in enumerate(groups):
            if path := lineage.path(one.dataset, met.dataset)[1:]:
                groups[n] = replace(met, impact=(*met.impact, Impact(one, (one.dataset, *path))))
                break
        else:
            groups.append(Group((one,), (), lineage.dependants(one.dataset)))
    return groups


CHAIN = Lineage({"a": ("b",)})
UPSTREAM, DOWNSTREAM = incident("b", by=5), incident("a", by=6)


def test_control_grouping_as_they_come_depends_on_the_order() -> None:
    pages = [DOWNSTREAM, UPSTREAM]
    assert all(is_free_of_order(group, pages, CHAIN, Random(seed)) for seed in range(5))
    assert not all(is_free_of_order(by_first_met, pages, CHAIN, Random(seed)) for seed in range(5))
    assert not roots_have_no_cause(by_first_met(pages, CHAIN), pages, CHAIN)


def test_control_an_impact_under_each_of_its_roots_would_be_told_twice() -> None:
    wide, found = Lineage({"a": ("b", "c")}), [incident("b"), incident("c"), DOWNSTREAM]
    twice = [g for root in found[:2] for g in group([root, DOWNSTREAM], wide)]
    assert places(group(found, wide)) == Counter(found)
    assert places(twice) != Counter(found)
