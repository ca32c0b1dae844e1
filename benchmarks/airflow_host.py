"""What featureguard costs in Airflow: to parse a DAG file, and while many sensors wait.

python -m benchmarks.airflow_host [SENSORS] [SECONDS]

Goals: importing sensors and operators takes 100 ms beyond Airflow's own SDK; 500 deferred sensors of one
triggerer ask an API at most 10 times a second.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.running import target

_MANY = 100
_IMPORTS = """import sys, time, airflow.sdk
started = time.perf_counter()
import {modules}
print((time.perf_counter() - started) * 1000)"""
_OURS = "airflow_featureguard.sensors, airflow_featureguard.operators"
_PEER = "airflow.providers.standard.sensors.filesystem, airflow.providers.standard.operators.bash"
_CONTRACT = """dataset: rides
owner: me@example.org
source: {kind: parquet, path: lake/}
time: {event: at}
freshness: {max_age: 2h}
"""


def main(sensors: int, seconds: float) -> None:
    """Measure, print."""
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
    import airflow

    print(f"\n(j) in Airflow {airflow.__version__}")
    rounds = 5 if sensors >= _MANY else 1
    ours, peer = (_import_ms(modules, rounds) for modules in (_OURS, _PEER))
    print(target("to import sensors and operators, beyond airflow.sdk", ours, 100, "ms"))
    print(f"         beside FileSensor and BashOperator of Airflow's own: {peer:.0f} ms")
    for title, subjects in (("for the same", 1), ("each for another subject", sensors)):
        first, rest = _asked(sensors, subjects, seconds)
        print(target(f"{sensors} sensors wait {title}, to be asked each 15 s", rest, 10, "a second"))
        print(f"         in the first {seconds:g} s: {first:.1f} a second")


def _import_ms(modules: str, rounds: int) -> float:
    def once() -> float:
        command = [sys.executable, "-c", _IMPORTS.format(modules=modules)]
        told = subprocess.run(command, capture_output=True, text=True, check=True)
        return float(told.stdout.splitlines()[-1])

    return statistics.median(once() for _ in range(rounds))


def _asked(sensors: int, subjects: int, seconds: float) -> tuple[float, float]:
    """Questions a second: at first, and in the steady state."""
    with tempfile.TemporaryDirectory() as name, _api(Path(name), subjects) as (url, asked):
        os.environ["AIRFLOW_CONN_FEATUREGUARD_DEFAULT"] = json.dumps(
            {"conn_type": "featureguard", "host": url}
        )
        return asyncio.run(_wait(sensors, subjects, seconds, asked))


async def _wait(sensors: int, subjects: int, seconds: float, asked: list[str]) -> tuple[float, float]:
    from airflow_featureguard.triggers import FreshnessTrigger

    async def run(number: int) -> None:
        async for _ in FreshnessTrigger(subject=f"model{number % subjects}", longest=15).run():
            raise AssertionError("the gate is shut")

    waiting = [asyncio.create_task(run(number)) for number in range(sensors)]
    await asyncio.sleep(seconds)
    first = len(asked)
    await asyncio.sleep(max(seconds, sensors / 8))  # Everybody has asked once.
    before = len(asked)
    await asyncio.sleep(2 * seconds)
    found = first / seconds, (len(asked) - before) / (2 * seconds)
    for one in waiting:
        one.cancel()
    await asyncio.wait(waiting)
    return found


@contextmanager
def _api(folder: Path, subjects: int) -> Iterator[tuple[str, list[str]]]:
    """The real API on a project whose data is stale, and the paths that it is asked for."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import uvicorn

    from featureguard.api.app import create_app
    from featureguard.api.service import Service
    from featureguard.catalog import load_catalog
    from featureguard.guard import Guard
    from featureguard.project import load_project

    (folder / "contracts").mkdir()
    (folder / "lake").mkdir()
    (folder / "featureguard.yaml").write_text("store: {url: 'sqlite:///store.db'}\n")
    (folder / "contracts/rides.yaml").write_text(_CONTRACT)
    for number in range(subjects):
        text = f"subject: model{number}\nowner: ml@example.org\ntier: 0\nrequires: [rides]\n"
        (folder / "contracts" / f"model{number}.yaml").write_text(text)
    old = pa.array([datetime(2013, 2, 9, tzinfo=UTC)])
    pq.write_table(pa.table({"at": old}), folder / "lake/rides.parquet")
    project = load_project(folder, {})
    catalog = load_catalog(project.catalog_places)
    asked: list[str] = []
    with Guard.open(project, catalog, clock=lambda: datetime.now(UTC), environ={}) as guard:
        guard.check("rides")
        service = Service.on(guard.store_in_use, lambda: catalog, clock=lambda: datetime.now(UTC))
        service.start()
        app: Any = create_app(service, owns_service=False)

        async def counting(scope: Any, receive: Any, send: Any) -> None:
            asked.append(scope["path"])
            await app(scope, receive, send)

        server = uvicorn.Server(uvicorn.Config(counting, port=0, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", asked
        server.should_exit = True
        thread.join()
        service.stop()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    numbers = [float(one) for one in sys.argv[1:]]
    main(int(numbers[0]) if numbers else 500, numbers[1] if len(numbers) > 1 else 30.0)
