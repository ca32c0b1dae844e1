"""How much a running service bears, over HTTP on loopback, with a token, its log and its picture on.

python -m benchmarks.service FOLDER DATASETS SECONDS

wrk asks with 32 connections for some seconds each, on the same machine and CPUs. Goals on 2 CPUs: 4,000
previews a second with p99 of 20 ms, 1,500 recorded decisions with p99 of 60 ms, the status page of 1,000
datasets in 100 ms.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.fleets import make
from benchmarks.running import target

CONNECTIONS = 32
_COMMAND = str(Path(sys.executable).with_name("featureguard"))
_SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {token}"
wrk.body = '{body}'
"""
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1_000.0}


def main(folder: Path, datasets: int, seconds: int) -> None:
    """Make the fleet where it is missing, measure, print."""
    home = folder / f"fleet-{datasets}"
    shutil.rmtree(home, ignore_errors=True)  # Evidence grows old: a fleet is of its own hour.
    (home / ".featureguard").mkdir(parents=True)
    make(home, datasets)
    print(f"\n(h) the service on {datasets:,} datasets, {CONNECTIONS} connections; no peer decides")
    token = _token(home)
    with _serving(home) as url:
        body = json.dumps({"subject": "model_0", "action": "promote"})
        rate, p99 = _asked(f"{url}/v1/previews", token, body, home, seconds)
        print(target("previews", rate, 4_000, "a second", at_least=True))
        print(target("previews, p99", p99, 20, "ms"))
        rate, p99 = _asked(f"{url}/v1/decisions", token, body, home, seconds)
        print(target("recorded decisions", rate, 1_500, "a second", at_least=True))
        print(target("recorded decisions, p99", p99, 60, "ms"))
        pages = sorted(_page_milliseconds(url, token) for _ in range(min(30, 3 * seconds)))
        print(target("status page, median", statistics.median(pages), 100, "ms"))
        print(target("status page, slowest", pages[-1], 100, "ms"))


def _asked(url: str, token: str, body: str, folder: Path, seconds: int) -> tuple[float, float]:
    """Requests a second, and the 99th percentile of their milliseconds."""
    script = folder / "ask.lua"
    script.write_text(_SCRIPT.format(token=token, body=body))
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said:
        raise RuntimeError(said)
    rate, p99 = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate, said
    assert p99, said
    return float(rate[1]), float(p99[1]) * _UNITS[p99[2]]


def _page_milliseconds(url: str, token: str) -> float:
    time.sleep(1.1)  # So that every page is of another picture.
    asked = urllib.request.Request(f"{url}/", headers={"Authorization": f"Bearer {token}"})
    started = time.perf_counter()
    with urllib.request.urlopen(asked) as answer:
        answer.read()
    return 1_000 * (time.perf_counter() - started)


def _token(home: Path) -> str:
    command = [_COMMAND, "token", "create", "bench", "--scope", "admin", "--expires", "1d", "--json"]
    said = subprocess.run(command, cwd=home, check=True, capture_output=True, text=True).stdout
    found = re.search(r"fg_[0-9a-f]{12}_[\w-]+", said)
    assert found, said
    return found[0]


@contextmanager
def _serving(home: Path) -> Iterator[str]:
    log = home / "serve.log"
    with log.open("w") as said:
        command = [_COMMAND, "serve", "--port", "0", "--rate", "0"]
        process = subprocess.Popen(command, cwd=home, stderr=said, env=os.environ)
        try:
            yield _ready(process, log)
        finally:
            process.terminate()
            process.wait(30)


def _ready(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(600):
        time.sleep(0.1)
        found = re.search(r"http://[\d.:]+", log.read_text())
        if process.poll() is not None:
            raise RuntimeError(log.read_text())
        if found:
            try:
                urllib.request.urlopen(f"{found[0]}/readyz").close()
            except OSError:
                continue
            time.sleep(5)  # What is made ahead is made.
            return found[0]
    raise RuntimeError("The service is not ready after a minute.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
