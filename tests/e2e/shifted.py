"""The last weeks of the real year, moved so that the weather feed stopped the day before yesterday.

The store is a real one, with the real clock: in it the feed stopped on 30 December at 18:00 New York time,
and now is about 1 January, 08:00. Nothing else about the data is changed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from featureguard.catalog import load_catalog
from featureguard.demo.year import Feed, load_feeds
from featureguard.guard import Guard
from featureguard.project import load_project

EXAMPLE = Path(__file__).parents[2] / "examples" / "flights"
HOUR = timedelta(hours=1)
NEW_YEAR = datetime(2014, 1, 1, 13, tzinfo=UTC)
"""What is taken for now: the weather is stale since 10 hours, and the flights of the night have landed."""

WINTER_TIME = timedelta(hours=-5)
_FIRST_DAY = date(2013, 11, 21)
_LANDS = timedelta(hours=6)
"""A local day's file lands at 01:00 of the next night, 06:00 UTC."""

_LOOKS = (23, 20, 17, 14, 11, 8, 5, 2, 0)
"""Hours before now: a real store takes no look that is more than 24 h old."""


def replay_until(now: datetime, folder: Path) -> None:
    """A project whose store has seen the last day every three hours, as by a scheduled check."""
    shift = (now - NEW_YEAR) // HOUR * HOUR
    _write_project(folder, _zone(shift))
    files = sorted(_files(shift), key=lambda file: file[0])
    project = load_project(folder, {}, None)
    catalog = load_catalog(project.catalog_places, project.vars)
    for back in _LOOKS:
        at = NEW_YEAR + shift - back * HOUR
        while files and files[0][0] <= at:
            _land(folder / "lake", *files.pop(0))
        with Guard.open(project, catalog, clock=partial(_same, at), environ={}) as guard:
            guard.check_all("departure_delay")


def _write_project(folder: Path, zone: str) -> None:
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "featureguard.yaml").write_text(
        "catalog: [contracts/]\nstore: sqlite:///.featureguard/store.db\n"
    )
    for contract in (folder / "contracts").iterdir():
        contract.write_text(contract.read_text().replace("zone: America/New_York", f"zone: {zone}"))


def _zone(shift: timedelta) -> str:
    """Where it is midnight when it was midnight in New York."""
    hours = (WINTER_TIME - shift) // HOUR
    offset = (hours + 12) % 24 - 12
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"


def _files(shift: timedelta) -> Iterator[tuple[datetime, str, pa.Table]]:
    """Each day's file: when it lands, its path, and its rows."""
    for feed, column in zip(load_feeds(), ("scheduled_at", "observed_at"), strict=True):
        for day, table in _last_weeks(feed):
            lands = datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1) + _LANDS + shift
            moved = pc.add(table[column], pa.scalar(shift, pa.duration("us")))
            index = table.schema.get_field_index(column)
            yield lands, f"{feed.name}/day={day}/part-0.parquet", table.set_column(index, column, moved)


def _last_weeks(feed: Feed) -> Iterator[tuple[date, pa.Table]]:
    return ((day, table) for day, table in feed.days.items() if day >= _FIRST_DAY)


def _land(lake: Path, at: datetime, path: str, table: pa.Table) -> None:
    file = lake / path
    file.parent.mkdir(parents=True)
    pq.write_table(table, file, compression="zstd", write_page_checksum=True)
    os.utime(file, (at.timestamp(), at.timestamp()))


def _same(at: datetime) -> datetime:
    return at
