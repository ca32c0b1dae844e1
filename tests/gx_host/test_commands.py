"""`featureguard export gx` and `featureguard draft`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from featureguard.catalog import load_contract
from featureguard.cli.app import run

FLIGHTS = Path(__file__).parents[2] / "examples/flights"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a project."""
    monkeypatch.chdir(tmp_path)


def test_a_contract_goes_out_as_suites_and_comes_back(tmp_path: Path) -> None:
    export = ["export", "gx", "flights", "--project", str(FLIGHTS), "--output", "suites"]
    assert run(export) == 0
    files = sorted((tmp_path / "suites").iterdir())
    assert [file.name for file in files] == ["flights.json", "flights_freshness.json"]
    assert run(["draft", *map(str, files), "--output", "flights.yaml"]) == 0
    assert load_contract(tmp_path / "flights.yaml") == load_contract(FLIGHTS / "contracts/flights.yaml")


def test_a_suite_of_a_team_lies_where_gx_looks_for_it(tmp_path: Path) -> None:
    contract = "dataset: shop.rides\nowner: me@example.org\nvolume: {at_least: 1}\n"
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/rides.yaml").write_text(contract, encoding="utf-8")
    (tmp_path / "featureguard.yaml").write_text("catalog: [contracts/]\nstore: sqlite:///store.db\n")
    assert run(["export", "gx", "shop.rides", "--output", "suites"]) == 0
    assert json.loads((tmp_path / "suites/shop/rides.json").read_text())["name"] == "shop.rides"


def test_what_gx_does_not_judge_is_told_beside_the_suites(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "gx", "weather", "--project", str(FLIGHTS), "--now-parameter", "at"]) == 0
    said = capsys.readouterr()
    contents, clocks = json.loads(said.out)
    assert contents["name"] == "weather"
    assert {one["kwargs"]["now"]["$PARAMETER"] for one in clocks["expectations"]} == {"at"}
    assert said.err.startswith("Of 'weather' GX judges otherwise, or not at all (2 notes):\n  judge: ")


def test_a_dataset_that_is_not_there_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "gx", "wether", "--project", str(FLIGHTS)]) == 2
    assert "no dataset 'wether'. Did you mean 'weather'?" in capsys.readouterr().err


def test_a_suite_of_somebody_else_becomes_a_draft(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = {
        "expectations": [
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id"}, "meta": {}},
            {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "fare", "min_value": 1}},
        ]
    }
    (tmp_path / "rides.json").write_text(json.dumps(suite), encoding="utf-8")
    assert run(["draft", "rides.json"]) == 2
    assert "Nobody owns the dataset yet" in capsys.readouterr().err
    assert run(["draft", "rides.json", "--owner", "me@example.org"]) == 0
    said = capsys.readouterr()
    assert said.out == (
        "dataset: rides\nowner: me@example.org\nschema:\n  columns:\n    id:\n      nullable: false\n"
    )
    assert "expect_column_mean_to_be_between(fare): left out: a contract has no such promise." in said.err


@pytest.mark.parametrize("text", ["[]", "{", '{"expectations": 3}'])
def test_what_is_no_suite_is_refused(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rides.json").write_text(text, encoding="utf-8")
    assert run(["draft", "rides.json", "--owner", "me@example.org"]) != 0
    assert "rides" in capsys.readouterr().err
