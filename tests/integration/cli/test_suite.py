"""`featureguard suite`: the command line on a real file, a real project and a real store."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import NOON, Project

NOT_NULL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "fare", "mostly": 0.9}}
CHEAP = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "fare", "min_value": 0, "max_value": {"$PARAMETER": "most"}},
    "severity": "warning",
}
LOOK_AHEAD = {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "fare", "regex": "(?=a)"}}
EXPECTS = """\
external_checks:
  - {tool: gx, check: expect_column_values_to_not_be_null(fare)}
"""


def suite(project: Project, *expectations: dict[str, Any], name: str = "rides") -> str:
    file = project.root / f"{name}.json"
    file.write_text(json.dumps({"name": name, "expectations": expectations}), encoding="utf-8")
    return str(file)


@pytest.fixture
def lake(project: Project) -> str:
    return str(project.land("a.parquet", NOON, 1.0, 2.0, 3.0, 4.0))


@pytest.mark.parametrize(
    ("expectations", "code", "said"),
    [
        ([NOT_NULL], 0, "every critical expectation holds (exit 0, not recorded)"),
        (
            [NOT_NULL, {**NOT_NULL, "type": "expect_column_values_to_be_null"}],
            1,
            "a critical expectation fails",
        ),
        ([NOT_NULL, LOOK_AHEAD], 3, "the answer is unknown (exit 3"),
        ([], 3, "none, so nothing is judged"),
    ],
)
def test_a_file_is_judged_with_the_exit_codes_of_check(
    project: Project, lake: str, expectations: list[dict[str, Any]], code: int, said: str
) -> None:
    assert project("suite", suite(project, *expectations), lake) == code
    assert said in project.out


def test_parameters_are_numbers_or_texts(project: Project, lake: str) -> None:
    file = suite(project, NOT_NULL, CHEAP)
    found = project.json("suite", file, lake, "--param", "most=3")["suites"][0]["results"][1]
    assert (found["status"], found["observed"]) == ("fail", 0.25)
    text = project.json("suite", file, lake, "--param", "most=three")["suites"][0]["results"][1]
    assert (text["status"], text["answered_by"]) == ("unknown", "nobody")
    assert project("suite", file, lake, "--param", "most") == 2
    assert "KEY=VALUE" in project.err


def test_a_folder_of_suites_is_judged_whole_and_the_worst_counts(project: Project, lake: str) -> None:
    (project.root / "suites").mkdir()
    suite(project, NOT_NULL, name="suites/a")
    suite(project, {**NOT_NULL, "type": "expect_column_values_to_be_null"}, name="suites/b")
    found = project.json("suite", str(project.root / "suites"), lake)
    assert (found["exit_code"], [one["status"] for one in found["suites"]]) == (1, ["pass", "fail"])


def test_recorded_results_are_the_evidence_that_a_contract_waits_for(project: Project, lake: str) -> None:
    contract = next((project.root / "contracts").glob("*.yaml"))
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("freshness:", f"{EXPECTS}freshness:", 1), encoding="utf-8")
    fresh = project.land("b.parquet", NOON, 5.0)
    assert fresh.exists()
    file, at = suite(project, NOT_NULL), NOON.isoformat()
    project("check", "rides", "--now", at)
    waiting = project.json("gate", "pricing", "--for", "train", "--preview", "--now", at)
    assert "there is none. Import it." in json.dumps(waiting)
    found = project.json("suite", file, "--dataset", "rides", "--record", "--now", at)
    assert (found["recorded"], found["suites"][0]["status"]) == (True, "pass")
    project("check", "rides", "--now", at)
    assert project("gate", "pricing", "--for", "train", "--preview", "--now", at) == 0, project.out


def test_nothing_is_recorded_unless_it_is_asked_for(project: Project, lake: str) -> None:
    at = NOON.isoformat()
    assert project("suite", suite(project, NOT_NULL), "--dataset", "rides", "--now", at) == 0
    assert "not recorded" in project.out


def test_data_that_is_gone_is_unknown(project: Project) -> None:
    assert project("suite", suite(project, NOT_NULL), str(project.root / "gone.parquet")) == 3
    assert "SOURCE_UNREADABLE" in json.dumps(
        project.json("suite", suite(project, NOT_NULL), str(project.root / "gone.parquet"))
    )


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("data.parquet", "--dataset", "rides"),
        ("data.parquet", "--record"),
        ("data.parquet", "--lint"),
        ("--dataset", "nothing"),
    ],
)
def test_a_call_that_cannot_be_right_says_so(project: Project, arguments: tuple[str, ...]) -> None:
    assert project("suite", suite(project, NOT_NULL), *arguments) == 2
    assert project.err


def test_a_file_that_is_no_suite_is_a_wrong_call(project: Project, lake: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]", encoding="utf-8")
    assert project("suite", str(tmp_path / "x.json"), lake) == 2
    assert "no suite of Great Expectations" in project.err


def test_the_linter_needs_no_data(project: Project) -> None:
    assert project("suite", suite(project, NOT_NULL, CHEAP), "--lint") == 0
    assert "(needs --param most)" in project.out
    assert "2 of 2 expectations can run." in project.out
    found = project.json("suite", suite(project, NOT_NULL, LOOK_AHEAD), "--lint")
    assert found["exit_code"] == 3
    assert [one["runs"] for one in found["suites"][0]["expectations"]] == [True, False]


def test_an_observing_project_blocks_nothing(project: Project, lake: str) -> None:
    settings = project.root / "featureguard.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + "enforcement: dry_run\n", encoding="utf-8")
    broken = suite(project, {**NOT_NULL, "type": "expect_column_values_to_be_null"})
    assert (
        project("suite", broken, "--dataset", "rides", "--now", (NOON + timedelta(hours=1)).isoformat()) == 0
    )
    assert "a critical expectation fails" in project.out
