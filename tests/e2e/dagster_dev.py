"""A real `dagster dev`, asked over GraphQL."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
_DAGSTER = str(Path(sys.executable).with_name("dagster"))
_LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
_RUN = """query($r: ID!) { runOrError(runId: $r) { ... on Run { status
  stepStats { stepKey status } } } }"""
_CHECKS = """query($k: AssetKeyInput!, $c: String!) {
  assetCheckExecutions(assetKey: $k, checkName: $c, limit: 1) {
    status runId evaluation { description severity } } }"""
_BACKFILL = """mutation($b: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $b) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
_BACKFILLED = """query($i: String!) { partitionBackfillOrError(backfillId: $i) {
  ... on PartitionBackfill { status runs(limit: 20) { status } } } }"""
_MADE = """query($k: AssetKeyInput!) { assetOrError(assetKey: $k) {
  ... on Asset { assetMaterializations(limit: 20) { runId partition } } } }"""
_TICKS = """query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) {
  ... on Sensor { sensorState { ticks(limit: 5) { status error { message } } } } } }"""


class Dagster:
    """One that runs.

    Attributes:
        url: Its address.
    """

    def __init__(self, url: str, location: str) -> None:
        self.url = url
        self._location = {"repositoryName": "__repository__", "repositoryLocationName": location}

    def ask(self, query: str, **variables: Any) -> Any:
        """Ask GraphQL."""
        body = {"query": query, "variables": variables}
        answer = httpx.post(f"{self.url}/graphql", json=body, trust_env=False, timeout=60).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def run(self, job: str) -> tuple[str, dict[str, str]]:
        """Launch a job and wait: how it ended, and how each step did."""
        selector = {**self._location, "pipelineName": job}
        params = {"selector": selector, "runConfigData": {}, "mode": "default"}
        launched = self.ask(_LAUNCH, p=params)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched

        def ended() -> Any:
            found = self.ask(_RUN, r=launched["run"]["runId"])["runOrError"]
            return found if found["status"] in ("SUCCESS", "FAILURE", "CANCELED") else None

        found = until(ended, 120)
        return found["status"], {step["stepKey"]: step["status"] for step in found["stepStats"]}

    def backfill(self, asset: str, *partitions: str) -> tuple[str, list[str]]:
        """Launch a backfill of an asset and wait: how it ended, and how each of its runs did."""
        params = {"assetSelection": [{"path": [asset]}], "partitionNames": list(partitions)}
        launched = self.ask(_BACKFILL, b=params)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched

        def ended() -> Any:
            found = self.ask(_BACKFILLED, i=launched["backfillId"])["partitionBackfillOrError"]
            return found if found["status"].startswith(("COMPLETED", "FAILED", "CANCELED")) else None

        found = until(ended, 180)
        return found["status"], [run["status"] for run in found["runs"]]

    def made(self, asset: str) -> list[str | None]:
        """The partition of each materialization of an asset, the latest first."""
        found = self.ask(_MADE, k={"path": [asset]})["assetOrError"]
        return [one["partition"] for one in found.get("assetMaterializations", ())]

    def check(self, asset: str, name: str) -> Any:
        """The latest execution of a check, or `None`."""
        found = self.ask(_CHECKS, k={"path": [asset]}, c=name)["assetCheckExecutions"]
        return found[0] if found else None

    def ticks(self, sensor: str) -> list[Any]:
        """The latest ticks of a sensor."""
        told = self.ask(_TICKS, s={**self._location, "sensorName": sensor})
        found: list[Any] = told["sensorOrError"]["sensorState"]["ticks"]
        return found


def until(ask: Callable[[], Any], seconds: float) -> Any:
    """What is asked for, as soon as it is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := ask():
            return found
        time.sleep(0.5)
    raise AssertionError(f"Nothing after {seconds:g} s.")


@contextmanager
def dagster_dev(file: Path, folder: Path, **variables: str) -> Iterator[Dagster]:
    """`dagster dev` on a file of definitions; ended with all its processes.

    Args:
        file: The definitions.
        folder: Where its home and its log go.
        variables: More of its environment.
    """
    home = folder / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\nnux: {enabled: false}\n")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FEATUREGUARD")}
    environ |= {"DAGSTER_HOME": str(home), **variables}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [_DAGSTER, "dev", "-f", str(file), "-p", str(port)]
    with (folder / "dagster.log").open("w") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=said, stderr=said, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"

    def is_up() -> bool:
        assert process.poll() is None, (folder / "dagster.log").read_text()
        with suppress(httpx.HTTPError):
            return httpx.get(f"{url}/server_info", trust_env=False).status_code == 200
        return False

    try:
        until(is_up, 120)
        yield Dagster(url, file.name)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
