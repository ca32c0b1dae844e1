"""One root, not forty pages."""

from __future__ import annotations

import pytest

from featureguard.incident import Incident, group
from featureguard.lineage import Lineage
from featureguard.result import Severity
from tests.incident_builders import HOUR, incident

LINEAGE = Lineage(
    {"features": ("flights", "weather"), "flights": ("raw",), "weather": ("raw",), "model": ("features",)}
)


def roots(*incidents: Incident) -> list[tuple[str, list[str]]]:
    """Each group as its root's dataset and those of its impact."""
    return [(one.dataset, [hit.incident.dataset for hit in one.impact]) for one in group(incidents, LINEAGE)]


def test_what_fails_downstream_is_impact_with_its_causal_path() -> None:
    (found,) = group([incident("raw", by=5), incident("features", by=6)], LINEAGE)
    assert found.roots == (incident("raw", by=5),)
    assert [hit.path for hit in found.impact] == [("features", "flights", "raw")]
    assert found.takes_down == ("weather", "flights", "features", "model")


def test_forty_dependants_are_one_group() -> None:
    wide = Lineage({f"d{n}": ("raw",) for n in range(40)})
    (found,) = group([incident("raw", by=5), *(incident(f"d{n}") for n in range(40))], wide)
    assert len(found.impact) == 40


def test_unrelated_incidents_are_roots_of_their_own() -> None:
    assert roots(incident("flights"), incident("weather")) == [("flights", []), ("weather", [])]


@pytest.mark.parametrize(("begins", "groups"), [(9, 1), (9.01, 2)])
def test_an_upstream_that_was_resolved_before_caused_nothing(begins: float, groups: int) -> None:
    after = incident("features", by=begins, resolved=12)
    assert len(roots(incident("raw", resolved=9), after)) == groups


@pytest.mark.parametrize(("begins", "groups"), [(8.99, 1), (9, 2)])
def test_an_upstream_that_began_after_the_end_caused_nothing(begins: float, groups: int) -> None:
    assert len(roots(incident("features", resolved=9), incident("raw", by=begins, resolved=20))) == groups


def test_the_hysteresis_bridges_the_time_that_harm_takes_to_travel() -> None:
    late = [incident("raw", resolved=9), incident("features", by=11, resolved=12)]
    assert len(group(late, LINEAGE, 2 * HOUR)) == 1
    assert len(group(late, LINEAGE, 1.9 * HOUR)) == 2


def test_of_several_roots_the_earliest_has_the_impact_then_the_first_by_name() -> None:
    hit = incident("features", by=7)
    assert roots(incident("flights", by=6), incident("weather", by=5), hit) == [
        ("weather", ["features"]),
        ("flights", []),
    ]
    assert roots(incident("weather", by=5), incident("flights", by=5), hit)[0] == ("flights", ["features"])


def test_harm_that_outlives_its_root_still_leads_to_it() -> None:
    chain = [
        incident("raw", by=1, detected=1, last_bad=1, resolved=3),
        incident("flights", by=2, resolved=9),
        incident("features", by=8, resolved=12),
    ]
    assert roots(*chain) == [("raw", ["flights", "features"])]


def test_roots_of_one_dataset_that_overlap_are_one_group() -> None:
    stale, nulls = incident("raw", by=5), incident("raw", by=8, check="nulls")
    later = incident("raw", by=20, resolved=None)
    first, second = group([nulls, later, stale], LINEAGE)
    assert first.roots == (stale, nulls)
    assert second.roots == (later,)


def test_a_group_is_as_severe_as_its_worst_incident() -> None:
    (found,) = group([incident("raw", by=5, severity=Severity.WARN), incident("flights")], LINEAGE)
    assert found.severity is Severity.BLOCK


def test_datasets_that_depend_on_each_other_are_not_upstream_of_each_other() -> None:
    knot = Lineage({"a": ("b",), "b": ("a", "raw")})
    found = group([incident("a"), incident("b")], knot)
    assert [one.dataset for one in found] == ["a", "b"]
    (one,) = group([incident("a"), incident("b"), incident("raw", by=5)], knot)
    assert [hit.path for hit in one.impact] == [("a", "b", "raw"), ("b", "raw")]
