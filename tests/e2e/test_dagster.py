"""A real `dagster dev` on the flights demo: its sensors tick, its gates hold, and its pages show why."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("dagster_webserver", reason="dagster-webserver is not installed")

from playwright.sync_api import Browser, expect

from tests.e2e.dagster_dev import Dagster, dagster_dev, until


@pytest.fixture(scope="module")
def dagster(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dagster]:
    folder = tmp_path_factory.mktemp("dagster")
    lake = shutil.copytree(demo, folder / "demo")  # Keeps when each file arrived.
    with dagster_dev(Path("dagster_defs/definitions.py"), folder, FEATUREGUARD_DEMO=str(lake)) as found:
        yield found


def test_the_sensor_tells_of_the_feed_that_stopped(dagster: Dagster) -> None:
    found = until(lambda: dagster.check("weather", "featureguard_probe"), 60)
    assert (found["status"], found["runId"]) == ("FAILED", "")
    assert "29h 30min old" in found["evaluation"]["description"]
    assert until(lambda: dagster.check("flights", "featureguard_probe"), 60)["status"] == "SUCCEEDED"


def test_no_tick_fails(dagster: Dagster) -> None:
    for sensor in ("featureguard_freshness", "featureguard_incidents"):
        ticks = until(lambda sensor=sensor: dagster.ticks(sensor), 60)  # type: ignore[misc]
        assert [tick for tick in ticks if tick["error"]] == []


def test_the_training_is_held_back_and_what_stands_on_other_data_runs(dagster: Dagster) -> None:
    status, steps = dagster.run("features")
    assert (status, steps["delays_by_hour"], steps["wind_by_airport"]) == ("FAILURE", "SUCCESS", "SUCCESS")
    assert steps["featureguard__delays_by_hour"] == "SUCCESS"
    status, steps = dagster.run("training")
    assert (status, steps["featureguard__weather"]) == ("FAILURE", "FAILURE")
    assert "departure_delay_model" not in steps
    status, steps = dagster.run("promotion")
    assert (status, "champion" in steps) == ("FAILURE", False)


def test_its_page_shows_the_reason_and_the_figures(
    dagster: Dagster, browser: Browser, tmp_path: Path
) -> None:
    for _ in range(2):
        dagster.run("training")
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{dagster.url}/assets/weather?view=checks&checkDetail=featureguard_freshness")
    expect(page.get_by_text("the contract allows 28h").first).to_be_visible(timeout=30_000)
    for figure in ("age_seconds", "budget_remaining_ratio", "burn_rate_1h", "fresh_until", "runbook"):
        expect(page.get_by_text(figure, exact=True).first).to_be_visible()
    page.screenshot(path=tmp_path / "dagster.png")
    page.get_by_text("Plots", exact=True).first.scroll_into_view_if_needed()
    expect(page.locator("canvas").nth(3)).to_be_attached()
    page.screenshot(path=tmp_path / "plots.png")
    page.close()
