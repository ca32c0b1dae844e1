"""A model small enough to read: the mean departure delay of the last 28 days by airport and hour.

Run it behind the check, so that it never learns from features that broke their promises:

    featureguard check departure_delay && python train.py
"""

from pathlib import Path

import polars as pl

LOCAL = "America/New_York"


def main() -> None:
    """Fit the means and write them beside this file."""
    here = Path(__file__).parent
    flights = pl.scan_parquet(here / "lake/flights/**/*.parquet")
    recent = flights.filter(pl.col("scheduled_at") > pl.col("scheduled_at").max() - pl.duration(days=28))
    hour = pl.col("scheduled_at").dt.convert_time_zone(LOCAL).dt.hour().alias("hour")
    model = (
        recent.drop_nulls("dep_delay")
        .group_by("origin", hour)
        .agg(pl.col("dep_delay").mean().round(1).alias("minutes"), pl.len().alias("flights"))
        .sort("origin", "hour")
        .collect()
    )
    model.write_json(here / "model.json")
    learned = int(model.get_column("flights").sum())
    print(f"Trained departure_delay on {learned:,} flights: model.json holds {model.height} means.")


if __name__ == "__main__":
    main()
