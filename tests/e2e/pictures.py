"""Take the pictures of the README: `python -m tests.e2e.pictures FOLDER_OF_THE_DEMO`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import BLIZZARD, CHROMIUM, serving

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


if __name__ == "__main__":
    main(Path(sys.argv[1]))
