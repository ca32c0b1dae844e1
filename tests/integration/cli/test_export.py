"""`featureguard export`: rules and a dashboard for other tools, from nothing but options."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
import yaml

from featureguard.cli.app import run

EXPORTS = ["prometheus-rules", "grafana"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a project."""
    monkeypatch.chdir(tmp_path)


def test_rules_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "prometheus-rules", "--job", "fg", "--for", "90s"]) == 0
    groups = yaml.safe_load(capsys.readouterr().out)["groups"]
    rules = {rule["alert"]: rule for group in groups for rule in group["rules"]}
    assert rules["FeatureguardGone"]["expr"] == 'absent(featureguard_build_info{job="fg"})'
    assert rules["FeatureguardGone"]["for"] == "90s"


def test_a_dashboard_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "grafana", "--url", "https://freshness.example.org"]) == 0
    assert json.loads(capsys.readouterr().out)["links"][0]["url"] == "https://freshness.example.org/"


@pytest.mark.parametrize("kind", EXPORTS)
def test_a_file_is_written_whole_and_nothing_else_is_left(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out.txt"
    file.write_text("before")
    file.chmod(0o640)
    assert run(["export", kind, "--output", str(file)]) == 0
    assert capsys.readouterr().out == ""
    assert run(["export", kind]) == 0
    assert file.read_text(encoding="utf-8") == capsys.readouterr().out
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["out.txt"]


def test_a_new_file_has_the_rights_that_new_files_have(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        assert run(["export", "grafana", "--output", "new.json"]) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.json").stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").touch()
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    assert run(["export", "prometheus-rules", "--output", "link.yaml"]) == 0
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").stat().st_size > 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--url", "freshness"], "--url 'freshness': write an address"),
        (["--job", 'a"b'], "--job 'a\"b': write the name of a scrape job"),
        (["--output", "missing/x"], "'missing/x' cannot be written: No such file or directory"),
        (["--output", "."], "'.' cannot be written: Is a directory"),
    ],
)
@pytest.mark.parametrize("kind", EXPORTS)
def test_bad_input_is_told_and_is_2(
    kind: str, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", kind, *words]) == 2
    assert capsys.readouterr().err.startswith(told)


@pytest.mark.parametrize("hold", ["5m", "0s", "-1h", "2d", "x"])
def test_a_time_to_hold_that_makes_no_sense_is_refused(hold: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "prometheus-rules", "--for", hold]) == 2
    assert "for" in capsys.readouterr().err
