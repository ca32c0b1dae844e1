"""A folder of real Parquet files with a real store, and a guard whose clock the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from featureguard.catalog import Catalog
from featureguard.contract import Contract, ParquetConfig
from featureguard.guard import Guard
from featureguard.judging import Report
from featureguard.result import AnsweredBy
from featureguard.sources import Source
from featureguard.sources.parquet import ParquetSource
from featureguard.store import Store, open_store
from tests.builders import HOUR, NOW, rides, write
from tests.templates import with_tables

AT = {"event": "at"}
MINUTE = timedelta(minutes=1)


class Lake:
    """One dataset, `rides`, checked again and again.

    Attributes:
        now: What the guard's clock shows; a check comes an hour after the one before.
        read: Names of the files whose rows the last check read.
    """

    def __init__(self, folder: Path, **promises: Any) -> None:
        self.folder = folder / "lake"
        self.folder.mkdir(exist_ok=True)
        self.url = f"sqlite:///{folder}/store.db"
        self.store: Store = open_store(with_tables(self.url), simulated=True)
        self.now, self.read, self._files = NOW - HOUR, list[str](), 0
        self.contract = rides(**{"time": AT, **promises})

    def add(self, name: str, /, **columns: Any) -> Path:
        """Write a file, or write it anew."""
        self._files += 1  # Two files of one size are told apart by when they were written.
        written = self.now - 24 * HOUR + timedelta(seconds=self._files)
        return write(self.folder / f"{name}.parquet", written=written, **columns)

    def source(self, contract: Contract) -> Source:
        """The folder, or the key table of a contract."""
        path = contract.source.path if isinstance(contract.source, ParquetConfig) else str(self.folder)
        return ParquetSource(path)

    def guard(self, *, clock: Callable[[], datetime] | None = None, recorder: str = "a worker") -> Guard:
        """Another guard on the same folder and store."""
        catalog = Catalog.from_contracts([self.contract])
        return Guard(catalog, self.store, self.source, clock=clock or (lambda: self.now), recorder=recorder)

    def check(self, *, after: timedelta = HOUR, **options: Any) -> Report:
        """Check, a while after the last time."""
        self.now, self.read = self.now + after, []
        guard = self.guard()
        guard.on_read = lambda name, _: self.read.append(Path(name).stem)
        return guard.check("rides", **options)

    def promise(self, **promises: Any) -> None:
        """Change the contract."""
        self.contract = rides(**{"time": AT, **promises})


@contextmanager
def lake(folder: Path, /, **promises: Any) -> Iterator[Lake]:
    """A lake whose store is closed in the end."""
    made = Lake(folder, **promises)
    try:
        yield made
    finally:
        made.store.close()


def said(report: Report) -> dict[str, str]:
    """`status CODE` by check, with the column where several are judged: `nulls fare`."""
    names = [f"{r.check} {r.column}" if r.check in ("nulls", "range") else r.check for r in report.results]
    verdicts = [f"{r.status} {r.code}" if r.code else str(r.status) for r in report.results]
    return dict(zip(names, verdicts, strict=True))


def judged(report: Report) -> list[str]:
    """The units that a report judged."""
    return [unit.key for unit in report.observation.units]


def days(*of_2013: float | None) -> pa.Array:
    """Timestamps so many days after the first of January 2013; `NOW` is day 39.5."""
    first = NOW - timedelta(days=39, hours=12)
    times = [None if day is None else first + timedelta(days=day) for day in of_2013]
    return pa.array(times, pa.timestamp("us", "UTC"))


def verdicts(report: Report) -> list[Any]:
    """The results without the account of how they were answered."""
    return [replace(r, answered_by=AnsweredBy.METADATA, rows_read=0, bytes_read=0) for r in report.results]
