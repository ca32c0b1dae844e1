"""A small world for the guard: a lake of real Parquet files, a real store, and a clock that tests turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from featureguard.catalog import Catalog
from featureguard.contract import Contract
from featureguard.guard import Guard
from featureguard.judging import Report
from featureguard.result import CheckResult
from featureguard.sources.parquet import ParquetSource
from featureguard.store import Store, open_store
from tests.builders import NOW, rides, write
from tests.templates import with_tables


class World:
    """A dataset `rides` in a folder, checked by a guard.

    Attributes:
        now: What the clock shows; `check` turns it on by a minute before it looks.
        read: Columns of files that were read as rows, `(file, rows)`, by the last check.
    """

    def __init__(self, folder: Path, store: Store, **contract: Any) -> None:
        self.lake, self.store, self.now = folder / "lake", store, NOW
        self.lake.mkdir()
        self.read: list[tuple[str, int]] = []
        self.recorder = "worker"
        self.promise(**contract)

    def promise(self, **contract: Any) -> Contract:
        """Replace the contract."""
        self.contract = rides(**contract)
        return self.contract

    @property
    def guard(self) -> Guard:
        """A guard on today's contract, as another process would make it."""
        catalog = Catalog.from_contracts([self.contract])
        guard = Guard(
            catalog,
            self.store,
            lambda _: ParquetSource(self.lake),
            clock=lambda: self.now,
            recorder=self.recorder,
        )
        guard.on_read = lambda name, rows: self.read.append((Path(name).name, rows))
        return guard

    def check(self, *, after: timedelta = timedelta(minutes=1), **options: Any) -> Report:
        """Look again after some time."""
        self.now += after
        self.read.clear()
        return self.guard.check("rides", **options)

    def standing(self, *, after: timedelta = timedelta()) -> Report:
        """What is known some time later, without a look."""
        return self.guard.standing("rides", self.now + after)

    def file(self, name: str, /, *, written: datetime | None = None, **columns: Any) -> Path:
        """Write a file of the lake; it says that it was written a minute ago."""
        return write(self.lake / name, written=written or self.now - timedelta(minutes=1), **columns)


@contextmanager
def world(folder: Path, **contract: Any) -> Iterator[World]:
    """A world with a simulated store."""
    with open_store(with_tables(f"sqlite:///{folder}/store.db"), simulated=True) as store:
        yield World(folder, store, **contract)


def at(*times: datetime) -> pa.Array:
    """A column of instants."""
    return pa.array(times, pa.timestamp("us", "UTC"))


def verdicts(report: Report) -> list[CheckResult]:
    """The results without how they were answered."""
    return [result.answered(result.answered_by.METADATA, 0, 0) for result in report.results]
