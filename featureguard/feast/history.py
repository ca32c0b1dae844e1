"""What Feast materialized in the past, as facts of ours: what the newest event online was, and from when on.

Feast keeps the intervals that were materialized, each with the end that its run was given, and not when it
ran. A run counts from that end on, but not before the view was made, and not before the ends of earlier
runs: the sooner it is told, the fresher the past would look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from featureguard.feast.newest import frames, in_utc
from featureguard.feature_registry import BatchSource, View
from featureguard.profile import NEVER, Never
from featureguard.sources import Snapshot

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Newest:
    """What the newest event online was for some time.

    Attributes:
        newest: Its time, or `NEVER` while nothing was online.
        first: When it began to be so, UTC.
        last: When it was still so: a moment before the next, or when the registry was read.
    """

    newest: datetime | Never
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class _Run:
    begin: datetime
    end: datetime
    at: datetime


def why_unknown(view: View) -> str | None:
    """Why materialization does not tell the whole past of a view; `None` if it does."""
    if view.stream_source is not None:
        return f"'{view.name}' is fed by a stream or by pushes too, of which Feast keeps no history."
    if view.created_at is None:
        return f"Feast does not say since when there is '{view.name}'."
    if view.batch_source is None:
        return f"'{view.name}' has no rows of its own."
    return None


def history_of(view: View, offline: Snapshot, *, now: datetime) -> list[Newest]:
    """The past of what is online, oldest first; nothing of a view that was made in the future.

    The newest event of a run is that of the offline rows in its interval that were written before its end,
    where they say when they were written; rows that are gone since cannot be seen any more.

    Args:
        view: The view; `why_unknown` knows nothing against it.
        offline: Rows of its batch source.
        now: When the registry was read, UTC.

    Raises:
        SourceError: If the rows cannot be read.
    """
    source, made = view.batch_source, view.created_at
    assert source is not None, "why_unknown was asked"
    assert made is not None, "why_unknown was asked"
    runs = list(_runs(view, made, now))
    found, since = [], made
    current: datetime | Never = NEVER
    for run, newest in zip(runs, _newest_of(runs, source, offline), strict=True):
        if newest is None or (current is not NEVER and newest <= current):
            continue  # The job ran, and the data did not move.
        if run.at > since:
            found.append(Newest(current, since, run.at - _MICROSECOND))
        current, since = newest, run.at
    return [*found, Newest(current, since, now)] if since <= now else found


def _runs(view: View, made: datetime, now: datetime) -> Iterator[_Run]:
    at = made
    for begin, end in view.intervals:
        if end <= now:  # One that is said to end later has brought what nobody can tell.
            at = max(at, end)
            yield _Run(begin, min(end, view.changed_at or end), at)


def _newest_of(runs: Sequence[_Run], source: BatchSource, offline: Snapshot) -> list[datetime | None]:
    """The newest event that each run can have brought."""
    moment = pl.Datetime("us", "UTC")
    known = pl.DataFrame(
        {
            "run": range(len(runs)),
            "begin": [one.begin for one in runs],
            "end": [one.end for one in runs],
        },
        schema={"run": pl.Int64, "begin": moment, "end": moment},
    )
    event, created = source.timestamp_field, source.created_column
    wanted = list(dict.fromkeys([event, *([created] if created else [])]))
    best = pl.DataFrame(schema={"run": pl.Int64, "event": moment})
    for batch in frames(offline, wanted) if runs else ():
        written = in_utc(batch, created).fill_null(in_utc(batch, event)) if created else in_utc(batch, event)
        rows = (
            batch.select(event=in_utc(batch, event), written=written)
            .drop_nulls("event")
            .group_by("event")
            .agg(pl.col("written").min())
        )
        brought = rows.join_where(
            known,
            pl.col("event") >= pl.col("begin"),
            pl.col("event") <= pl.col("end"),
            pl.col("written") <= pl.col("end"),
        ).select("run", "event")
        best = pl.concat([best, brought]).group_by("run").agg(pl.col("event").max())
    told = dict(best.iter_rows())
    return [told.get(number) for number in range(len(runs))]
