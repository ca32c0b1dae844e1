"""`featureguard lineage`: what is made from what, and what a broken source takes down."""

from __future__ import annotations

import json

import pytest

from tests.integration.cli.conftest import CONTRACT, Project


@pytest.fixture(autouse=True)
def _upstream(project: Project) -> None:
    """Rides are made from an external feed."""
    contract = CONTRACT.replace("tier: 0\nrunbook", "tier: 0\nupstream: [{external: feed}]\nrunbook")
    (project.root / "contracts" / "rides.yaml").write_text(contract)


def test_the_whole_graph_is_told_sources_first(project: Project) -> None:
    assert project("lineage") == 0
    rows = [line.split() for line in project.out.splitlines()[1:]]
    assert rows == [["feed", "external"], ["rides", "dataset", "feed"], ["pricing", "subject", "rides"]]


def test_the_impact_of_a_broken_source_is_told_with_the_way_of_the_harm(project: Project) -> None:
    assert project("lineage", "feed", "--impact") == 0
    assert "If 'feed' breaks, it takes down 1 subject and 1 dataset." in project.out
    assert "feed → rides → pricing" in project.out
    assert project("lineage", "pricing", "--impact") == 0
    assert "0 subjects and 0 datasets" in project.out


def test_machines_get_graph_and_impact_as_json(project: Project) -> None:
    project("lineage", "rides", "--format", "json")
    assert json.loads(project.out)["nodes"][1] == {"name": "rides", "kind": "dataset", "upstream": ["feed"]}
    project("lineage", "feed", "--impact", "--format", "json")
    found = json.loads(project.out)
    assert found["datasets"] == [{"name": "rides", "distance": 1, "path": ["feed", "rides"]}]
    assert [subject["name"] for subject in found["subjects"]] == ["pricing"]


@pytest.mark.parametrize(("written", "first"), [("mermaid", "flowchart LR"), ("dot", "digraph lineage {")])
def test_the_graph_is_drawn_by_other_tools(project: Project, written: str, first: str) -> None:
    assert project("lineage", "rides", "--impact", "--format", written) == 0
    assert project.out.startswith(first)
    assert "pricing" in project.out
    assert "feed" not in project.out


def test_a_wrong_call_says_what_is_possible(project: Project) -> None:
    assert project("lineage", "ridez") == 2
    assert "Did you mean 'rides'?" in project.err
    assert project("lineage", "--impact") == 2
    assert "featureguard lineage NAME --impact" in project.err
