"""A real `featureguard serve` that is killed, and clients that write down what it acknowledged."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx

from featureguard.catalog import load_catalog
from featureguard.chain import faults
from featureguard.store import Store, open_store

DATASETS = ("rides", "walks", "flights")
_CONTRACT = """dataset: {name}
owner: me@example.org
time: {{event: at}}
freshness: {{max_age: 30h}}
"""
_SUBJECT = "subject: pricing\nowner: ml@example.org\nrequires: [rides, walks]\n"
_COMMAND = str(Path(sys.executable).with_name("featureguard"))
_TICK = timedelta(microseconds=1)
T = TypeVar("T")


@dataclass
class Acknowledged:
    """What clients were told is on the disk.

    Attributes:
        readings: By dataset, the newest values that were taken.
        decisions: Ids by idempotency key.
        in_flight: Requests that got no answer, to be sent again.
    """

    readings: dict[str, set[datetime]] = field(default_factory=lambda: {name: set() for name in DATASETS})
    decisions: dict[str, str] = field(default_factory=dict)
    in_flight: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def take(self, path: str, body: dict[str, Any], answer: httpx.Response) -> None:
        """Write down an answer; one that acknowledges nothing leaves open what became of the request."""
        assert answer.status_code in (200, 503), answer.text
        told = answer.json()
        if answer.status_code == 503 or ("id" in told and told["id"] is None):
            self.in_flight.append((path, body))
        elif path == "/v1/observations":
            for one in body["readings"]:
                self.readings[one["dataset"]].add(datetime.fromisoformat(one["newest"]))
        else:
            assert self.decisions.setdefault(body["key"], told["id"]) == told["id"]


def project(folder: Path, store: str) -> Path:
    """Three datasets and a model on a store."""
    contracts = folder / "contracts"
    contracts.mkdir(parents=True)
    for name in DATASETS:
        (contracts / f"{name}.yaml").write_text(_CONTRACT.format(name=name))
    (contracts / "pricing.yaml").write_text(_SUBJECT)
    (folder / "featureguard.yaml").write_text(f"catalog: [contracts/]\nstore: {{url: {store}}}\n")
    assert set(load_catalog([contracts]).contracts) == set(DATASETS)
    return folder


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A process that answers; killed at the end if nobody did before."""
    log = home / "serve.log"
    with log.open("wb") as said:
        command = [_COMMAND, "serve", "--port", "0", "--rate", "0"]
        process = subprocess.Popen(command, cwd=home, stderr=said, env=os.environ, start_new_session=True)
    try:
        yield _ready(process, log), process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL: nothing of it gets to do anything any more."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _ready(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.05)
        assert process.poll() is None, log.read_text()
        if found := re.search(r"http://[\d.:]+", log.read_text()):
            try:
                if httpx.get(f"{found[0]}/readyz", trust_env=False).status_code == 200:
                    return found[0]
            except httpx.HTTPError:
                continue
    raise AssertionError("It is not ready after a minute.")


class Clients:
    """Threads that post until the server is gone; each request is unlike all others."""

    numbers = count()

    def __init__(self, url: str, told: Acknowledged, threads: int = 6) -> None:
        self._url, self._told, self._lock = url, told, threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(n % 3 == 0,)) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until all have noticed."""
        for thread in self._threads:
            thread.join()

    def _run(self, decides: bool) -> None:
        with httpx.Client(base_url=self._url, trust_env=False, timeout=20) as client:
            while True:
                path, body = ask(next(self.numbers), decides)
                try:
                    answer = client.post(path, json=body)
                except httpx.HTTPError:
                    with self._lock:
                        self._told.in_flight.append((path, body))
                    return
                with self._lock:
                    self._told.take(path, body, answer)


def send_again(url: str, told: Acknowledged) -> None:
    """Send what got no answer once more."""
    again, told.in_flight = told.in_flight, []
    with httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
        for path, body in again:
            told.take(path, body, client.post(path, json=body))


def ask(number: int, decides: bool) -> tuple[str, dict[str, Any]]:
    """A request that nobody has sent before."""
    if decides:
        return "/v1/decisions", {"subject": "pricing", "action": "train", "key": f"run {number}"}
    now = datetime.now(UTC)
    newest = now.replace(microsecond=0) - timedelta(hours=2) + number * _TICK
    readings = [
        {"dataset": name, "observed_at": now.isoformat(), "newest": newest.isoformat()} for name in DATASETS
    ]
    return "/v1/observations", {"readings": readings}


def examined(url: str, told: Acknowledged) -> list[str]:
    """What was acknowledged and is not there, or is there twice, in a store that is opened anew."""
    with open_store(url) as store:
        return [*_missing(store, told), *_broken(store)]


def unasked(url: str, told: Acknowledged) -> list[str]:
    """What is there and was not acknowledged."""
    with open_store(url) as store:
        kept = {name: set(_kept(store, name)) for name in told.readings}
        keys = {one.key for one in store.decisions.recorded() if one.key is not None}
    found = [f"a reading of {name}: {value}" for name in kept for value in kept[name] - told.readings[name]]
    return found + [f"decision {key}" for key in keys - set(told.decisions)]


def _missing(store: Store, told: Acknowledged) -> Iterator[str]:
    for name, values in told.readings.items():
        yield from (f"a reading of {name}: {value}" for value in values - set(_kept(store, name)))
    ids = {one.key: one.link.seal for one in store.decisions.recorded()}
    yield from (f"decision {key}" for key, id_ in told.decisions.items() if ids.get(key) != id_)


def _broken(store: Store) -> Iterator[str]:
    for name in DATASETS:
        yield from (f"two readings of {name}: {value}" for value in _twice(_kept(store, name)))
    keys = [one.key for one in store.decisions.recorded() if one.key is not None]
    yield from (f"two decisions for {key}" for key in _twice(keys))
    yield from (f"the chain: {fault.reason}" for fault in faults(store.decisions.chain()))


def _kept(store: Store, dataset: str) -> list[datetime]:
    return [run.value for run in store.timeline(dataset, "event_time") if isinstance(run.value, datetime)]


def _twice(values: Iterable[T]) -> list[T]:
    return [value for value, times in Counter(values).items() if times > 1]
