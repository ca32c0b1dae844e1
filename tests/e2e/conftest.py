"""A server on the replayed year, and a real browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")

import httpx
from playwright.sync_api import Browser, BrowserContext, sync_playwright

COMMAND = str(Path(sys.executable).with_name("featureguard"))
BLIZZARD = "2013-02-09T12:00Z"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def featureguard(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    command = [COMMAND, *words]
    return subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False)


def until_ready(url: str, seconds: float = 30.0) -> None:
    """Wait until a service can answer well."""
    for _ in range(int(seconds / 0.1)):
        with suppress(httpx.HTTPError):
            if httpx.get(f"{url}readyz", trust_env=False).status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"{url} is not ready after {seconds:g} s.")


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[str]:
    """`featureguard serve`; gives its address."""
    log, address = folder / "serve.log", None
    with log.open("w") as said:
        command = [COMMAND, "serve", "--port", "0", *options]
        process = subprocess.Popen(command, cwd=folder, stderr=said)
        while not (address := re.search(r"http://[^\s]+", log.read_text())):
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        try:
            until_ready(address[0])
            yield address[0].rstrip("/.")
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the demo leaves behind."""
    if given := os.environ.get("FEATUREGUARD_DEMO"):  # The replay takes a minute or two.
        return Path(given)
    folder = tmp_path_factory.mktemp("demo")
    done = featureguard("demo", "--to", str(folder / "replay"), folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "replay"


@pytest.fixture(scope="session")
def blizzard(demo: Path) -> Iterator[str]:
    """The service on the day of the blizzard."""
    with serving(demo, "--now", BLIZZARD) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    if CHROMIUM is None:
        pytest.skip("There is no Chromium on this machine.")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield started
        started.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a window of the browser; closed in the end."""
    opened: list[BrowserContext] = []

    def open_(**options: object) -> BrowserContext:
        opened.append(browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options}))  # type: ignore[arg-type]
        opened[-1].set_default_timeout(10_000)
        return opened[-1]

    yield open_
    for one in opened:
        one.close()
