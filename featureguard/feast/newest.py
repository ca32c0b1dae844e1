"""Offline rows of a view in one pass or two: some of its entities, and the newest row of each named one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import polars as pl

from featureguard.sources import Snapshot

_AT_ONCE = 200_000
"""Rows that wait until they are boiled down to the newest of each entity."""


def some_entities(
    snapshot: Snapshot, columns: Mapping[str, str], count: int, seed: int = 0
) -> tuple[pl.DataFrame, bool]:
    """Entities that have a row, each as likely as any other, and whether these are all.

    Those with the smallest hashes are taken, so that memory follows the sample and not the data.

    Args:
        snapshot: The rows.
        columns: Column of each join key, by its name in the result.
        count: How many.
        seed: Another one gives other entities.
    """
    picked: pl.DataFrame | None = None
    everything = True
    for batch in frames(snapshot, list(columns.values())):
        keys = batch.select(pl.col(column).alias(name) for name, column in columns.items()).unique()
        found = keys if picked is None else pl.concat([picked.drop("_hash"), keys]).unique()
        found = found.with_columns(_hash=pl.struct(list(columns)).hash(seed)).sort("_hash")
        everything = everything and found.height <= count
        picked = found.head(count)
    if picked is None:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.Int64)), True
    return picked.drop("_hash"), everything


def newest_rows(
    snapshot: Snapshot,
    keys: pl.DataFrame,
    columns: Mapping[str, str],
    *,
    event: str,
    created: str | None,
    until: datetime,
) -> pl.DataFrame:
    """The newest row of each named entity: by event time, then by time of writing.

    Args:
        snapshot: The rows.
        keys: Join keys of the entities, one row each; without columns for a view without entities.
        columns: Column of each join key and feature, by its name in the result.
        event: Column with the event time; without a zone it is UTC.
        created: Column with the time of writing, or `None`.
        until: Rows of later events are left out.
    """
    wanted = [*columns.values(), event, *([created] if created else [])]
    found: pl.DataFrame | None = None
    waiting: list[pl.DataFrame] = []
    for batch in frames(snapshot, list(dict.fromkeys(wanted))):
        some = _named(batch, keys, columns, event, created, until)
        waiting.append(some)
        if sum(one.height for one in waiting) > _AT_ONCE:
            found = _boiled(waiting, found, keys.columns)
            waiting = []
    result = _boiled(waiting, found, keys.columns)
    if result is None:
        names = (*columns, "event_timestamp", "created")
        return pl.DataFrame(schema=dict.fromkeys(names, pl.Null))
    return result


def _named(
    batch: pl.DataFrame,
    keys: pl.DataFrame,
    columns: Mapping[str, str],
    event: str,
    created: str | None,
    until: datetime,
) -> pl.DataFrame:
    rows = batch.select(
        *(pl.col(column).alias(name) for name, column in columns.items()),
        in_utc(batch, event).alias("event_timestamp"),
        (in_utc(batch, created) if created else pl.lit(None, pl.Datetime("us", "UTC"))).alias("created"),
    ).filter(pl.col("event_timestamp") <= pl.lit(until))
    if not keys.columns:
        return rows
    casted = keys.select(pl.col(name).cast(rows.schema[name]) for name in keys.columns)
    return rows.join(casted, on=keys.columns, how="semi", nulls_equal=True)


def _boiled(
    waiting: Sequence[pl.DataFrame], found: pl.DataFrame | None, keys: Sequence[str]
) -> pl.DataFrame | None:
    frames = [*([found] if found is not None else []), *waiting]
    if not frames:
        return None
    rows = pl.concat(frames, how="vertical_relaxed").sort("event_timestamp", "created", nulls_last=False)
    return rows.unique(keys, keep="last", maintain_order=True) if keys else rows.tail(1)


def in_utc(batch: pl.DataFrame, column: str) -> pl.Expr:
    """A column of times as Feast takes it: without a zone it is UTC, and a date is its midnight."""
    kind = batch.schema[column]
    told = pl.col(column)
    if kind == pl.Date:
        told = told.cast(pl.Datetime("us"))
        kind = pl.Datetime("us")
    if isinstance(kind, pl.Datetime) and kind.time_zone is None:
        told = told.dt.replace_time_zone("UTC")
    return told.cast(pl.Datetime("us", "UTC"))


def frames(snapshot: Snapshot, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """These columns of a snapshot, batch by batch."""
    for fragment in snapshot.fragments:
        for batch in fragment.batches(columns):
            found = pl.from_arrow(batch)
            assert isinstance(found, pl.DataFrame), "a batch is a table"
            yield found
