"""`featureguard diff`: what a change of contracts means before it is merged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.cli.conftest import CONTRACT, Project


@pytest.fixture
def propose(project: Project) -> Callable[[str, str], Path]:
    """A copy of the project in which one text is replaced by another."""

    def proposed(before: str, after: str) -> Path:
        head = project.root / "head"
        (head / "contracts").mkdir(parents=True)
        shutil.copy(project.root / "featureguard.yaml", head)
        assert before in CONTRACT
        (head / "contracts" / "rides.yaml").write_text(CONTRACT.replace(before, after))
        return head

    return proposed


def test_the_same_contracts_differ_in_nothing(project: Project) -> None:
    assert project("diff", ".", "contracts") == 0
    assert project.out == "The contracts are the same (exit 0)\n"


def test_a_tighter_promise_passes(project: Project, propose: Callable[[str, str], Path]) -> None:
    head = propose("26h", "20h")
    assert project("diff", ".", str(head)) == 0
    assert "tightens  freshness.max_age: 26h → 20h (more is promised)" in project.out
    assert "nothing breaks or loosens (exit 0)" in project.out


def test_a_looser_promise_asks_for_a_review_and_says_for_whom(
    project: Project, propose: Callable[[str, str], Path]
) -> None:
    head = propose("26h", "30h")
    assert project("diff", ".", str(head)) == 1
    assert "loosens   freshness.max_age: 26h → 30h (less is promised)" in project.out
    assert "for       pricing" in project.out
    assert "1 loosens: a review is asked for (exit 1)" in project.out


def test_machines_get_the_same_as_json(project: Project, propose: Callable[[str, str], Path]) -> None:
    found = project.json("diff", ".", str(propose("fare: {type: float64", "fare: {type: string")))
    (rides,) = found["differences"]
    assert (found["effect"], found["exit_code"]) == ("breaks", 1)
    assert (rides["name"], rides["status"], rides["subjects"]) == ("rides", "changed", ["pricing"])
    assert rides["changes"][0]["field"] == "schema.columns.fare.type"
    assert (rides["changes"][0]["before"], rides["changes"][0]["after"]) == ("float64", "string")


def test_variables_are_compared_as_they_are_written(
    project: Project, propose: Callable[[str, str], Path]
) -> None:
    head = propose("lake/rides/", '"${lake}/rides/"')
    assert project("diff", str(head), str(head)) == 0
    assert project("diff", ".", str(head)) == 1
    assert "source.path: lake/rides/ → ${lake}/rides/" in project.out


def test_single_files_are_compared_though_their_upstreams_are_elsewhere(project: Project) -> None:
    contract = CONTRACT.split("---")[0]
    (project.root / "old.yaml").write_text(contract + "upstream: [flights]\n")
    (project.root / "new.yaml").write_text(contract + "upstream: [flights]\nvolume: {at_least: 1}\n")
    assert project("diff", "old.yaml", "new.yaml") == 0
    assert 'tightens  volume: nothing → {"severity": "block", "at_least": 1}' in project.out


@pytest.mark.parametrize("place", ["nowhere", "bad.yaml"])
def test_contracts_that_cannot_be_read_exit_2(project: Project, place: str) -> None:
    (project.root / "bad.yaml").write_text("dataset: bad\nowner: x\ntier: 9\n")
    assert project("diff", ".", place) == 2
    assert place in project.err
