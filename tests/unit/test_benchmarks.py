"""The benchmarks run and print figures; how large these are is for people to judge."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks import data
from benchmarks.answers import Answer, between, disagreements
from benchmarks.running import Figure, Plan, assert_same, table, take_turns, target

ROOT = Path(__file__).parents[2]


@pytest.mark.long
def test_the_smallest_run_prints_a_table_and_a_target_for_each_part(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--rows=2000", "--rounds=1", f"--folder={tmp_path}"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for part in "abcdefghikl":
        assert f"\n({part}) " in printed
    assert len(re.findall(r"^  featureguard +\d", printed, re.MULTILINE)) == 5
    assert len(re.findall(r"^  (meets |misses) .*\(target [≤≥] ", printed, re.MULTILINE)) >= 10


def test_the_same_data_is_made_every_time(tmp_path: Path) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    first, second = (data.large_file(folder, 1_000) for folder in folders)
    assert first.read_bytes() == second.read_bytes()


def test_the_files_of_the_folder_hold_one_day_each_and_the_next_is_not_there_yet(tmp_path: Path) -> None:
    import polars as pl

    lake = data.lake(tmp_path, files=3, rows=100)
    days = [
        pl.read_parquet(file).get_column(data.TIME).dt.date().unique().to_list()
        for file in sorted(lake.glob("*/*.parquet"))
    ]
    assert [day.isoformat() for (day,) in days] == ["2026-09-28", "2026-09-29", "2026-09-30", "2026-10-01"]
    assert [file.name for file in (lake / "next").iterdir()] == ["day-00003.parquet"]


def test_featureguard_and_polars_give_the_same_answers(tmp_path: Path) -> None:
    file = data.small_file(tmp_path)
    for part, peer in (("footers", "polars scan"), ("contents", "polars streaming")):
        figures = take_turns([Plan(part, "featureguard", 1), Plan(part, peer, 1)], file, file)
        assert_same(figures)
        assert len(figures["featureguard"].answer) > 30
        assert json.dumps(figures[peer].answer["rows"]) == "1000"


def test_a_tool_that_answers_differently_is_told() -> None:
    answers: dict[str, Answer] = {
        "one": {"rows": 5, "fresh": between(2, 4)},
        "two": {"rows": 6, "fresh": 5, "more": 1},
    }
    assert disagreements(answers) == [
        "rows: one says 5, two says 6",
        "fresh: one says {'least': 2, 'most': 4}, two says 5",
    ]
    assert disagreements({"one": {"fresh": between(2, 4)}, "two": {"fresh": 4}}) == []


def test_the_table_tells_how_many_times_as_long_the_others_take() -> None:
    figures = {"slow": Figure([3.0, 2.0, 9.0], [1.0], 1 << 30), "fast": Figure([0.5], [0.5], 1 << 20)}
    head, first, second = table(figures, beside="fast").splitlines()
    assert head.endswith("× fast")
    assert first.split() == ["fast", *["500.0", "ms"] * 4, "1", "MiB", "1.00"]
    assert second.split() == [
        "slow",
        "2.00",
        "s",
        "3.00",
        "s",
        "9.00",
        "s",
        "1.00",
        "s",
        "1,024",
        "MiB",
        "6.00",
    ]


@pytest.mark.parametrize(("measured", "word"), [(1.5, "meets"), (1.51, "misses")])
def test_a_target_stands_beside_what_was_measured(measured: float, word: str) -> None:
    line = target("beside bare polars", measured, 1.5, "times")
    assert line.split() == [word, *f"beside bare polars: {measured:.2f} times (target ≤ 1.5 times)".split()]


def test_no_row_is_from_the_future(tmp_path: Path) -> None:
    import polars as pl

    times = pl.read_parquet(data.small_file(tmp_path)).get_column(data.TIME)
    newest = times.max()
    assert isinstance(newest, datetime)
    assert data.END - data.SPAN <= newest.astimezone(UTC) < data.END
