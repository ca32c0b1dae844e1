"""A real Prometheus that scrapes a service every second."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import yaml

T = TypeVar("T")


@dataclass(frozen=True)
class Prometheus:
    """Its HTTP API."""

    url: str

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer."""
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=parameters, trust_env=False)
        found = answer.json()
        assert found["status"] == "success", found
        return found["data"]

    def values(self, expr: str) -> list[float]:
        """What an expression comes to now."""
        found = self.ask("query", query=expr)["result"]
        return [float(one["value"][1]) for one in found]

    def firing(self) -> list[dict[str, Any]]:
        """Alerts that fire."""
        return [one for one in self.ask("alerts")["alerts"] if one["state"] == "firing"]

    def names(self) -> set[str]:
        """Names of alerts that fire, or will unless their cause goes."""
        return {
            one["labels"]["alertname"].removeprefix("Featureguard") for one in self.ask("alerts")["alerts"]
        }

    def alert(self, name: str, **labels: str) -> dict[str, Any]:
        """The only alert of a name that fires; waits for it."""

        def the_one() -> dict[str, Any] | None:
            found = [one for one in self.firing() if one["labels"]["alertname"] == f"Featureguard{name}"]
            found = [one for one in found if labels.items() <= one["labels"].items()]
            assert len(found) <= 1
            return found[0] if found else None

        return until(the_one, f"{name} to fire")


def until(found: Callable[[], T | None], what: str, seconds: float = 60.0) -> T:
    """Wait for something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (one := found()) is not None:
            return one
        time.sleep(0.25)
    raise AssertionError(f"Waited {seconds:g} s in vain for {what}.")


@contextmanager
def prometheus(folder: Path, target: str, token: str, rules: Path) -> Iterator[Prometheus]:
    """Prometheus on a port and a disk of its own, with a token in a file and the exported rules."""
    command = shutil.which("prometheus")
    if command is None:
        pytest.skip("Prometheus is not installed (Debian: apt-get install prometheus)")
    folder.mkdir()
    (folder / "token").write_text(token)
    scraped = {
        "job_name": "featureguard",
        "authorization": {"credentials_file": str(folder / "token")},
        "static_configs": [{"targets": [target.removeprefix("http://")]}],
    }
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [scraped],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([command, *words], stdout=log, stderr=log, cwd=folder)
        try:
            until(lambda: _is_ready(address, process), "Prometheus")
            yield Prometheus(f"http://{address}")
        finally:
            process.terminate()
            process.wait(20)


def _is_ready(address: str, process: subprocess.Popen[bytes]) -> bool | None:
    assert process.poll() is None, "Prometheus did not start."
    with suppress(httpx.HTTPError):
        return httpx.get(f"http://{address}/-/ready", trust_env=False).status_code == 200 or None
    return None
