"""Take the pictures of the README: `python -m tests.e2e.pictures FOLDER_OF_THE_DEMO`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import BLIZZARD, CHROMIUM, serving
from tests.e2e.dagster_dev import dagster_dev

PICTURES = {"subject": ("/subjects/departure_delay", 760), "dataset": ("/datasets/flights", 1_290)}
FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


def main(demo: Path) -> None:
    """Write them to `docs/pictures`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with serving(demo, "--now", BLIZZARD) as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, (path, height) in PICTURES.items():
            page = browser.new_page(viewport={"width": 1_100, "height": height})
            page.goto(url + path)
            page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()
    with tempfile.TemporaryDirectory() as folder, dagster_dev(demo, Path(folder)) as dagster:
        dagster.run("training")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1_400, "height": 900})
            page.goto(f"{dagster.url}/assets/weather?view=checks&checkDetail=featureguard_freshness")
            page.get_by_text("the contract allows 28h").first.wait_for()
            page.screenshot(path=FOLDER / "dagster.png")
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
