"""The time SLI of thousands of datasets at once, in polars; bit for bit what `sli.time_sli` gives for each.

A *step* is a run and the gap behind it: [first, last] had `value`, (last, following) something from `worst`
to `best`. Good and bad time is summed up over the steps once; a window is then the difference between two
look-ups in these sums, however long it is.
"""

from __future__ import annotations

import polars as pl

from featureguard.slo.reading import BEYOND_MICROS, NEVER_MICROS

CHUNK = 1_000
"""Datasets that are integrated together: more take more memory, not less time."""

RUNS = pl.Schema(
    {"dataset": pl.UInt32(), "value": pl.Int64(), "first_seen": pl.Int64(), "last_seen": pl.Int64()}
)
"""Runs of the clock in force, in any order; microseconds since the epoch, `value` null for `NEVER`."""

WINDOWS = pl.Schema(
    {
        "dataset": pl.UInt32(),
        "window": pl.UInt32(),
        "start": pl.Int64(),
        "end": pl.Int64(),
        "max_age": pl.Int64(),
    }
)
"""Pieces of windows, each under one limit (see `pieces.cut`); several may belong to one window."""

MAINTENANCE = pl.Schema({"dataset": pl.UInt32(), "start": pl.Int64(), "end": pl.Int64()})
"""Declared maintenance; spans may overlap."""

_PARTS = ("good", "bad", "open")


def time_slis(
    runs: pl.DataFrame, windows: pl.DataFrame, maintenance: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Integrate every window.

    Args:
        runs: As `RUNS` says. Sightings outside of the windows are evidence too.
        windows: As `WINDOWS` says, none of them empty.
        maintenance: As `MAINTENANCE` says.

    Returns:
        `dataset`, `window` and the microseconds `good`, `bad`, `unknown`, `open` (part of `unknown`) and
        `maintenance`; sorted by the first two.
    """
    away = MAINTENANCE.to_frame() if maintenance is None else maintenance
    datasets = windows.get_column("dataset").unique().sort()
    chunks = [datasets.slice(start, CHUNK) for start in range(0, max(1, datasets.len()), CHUNK)]
    return pl.concat(_time_slis(*(_of(frame, chunk) for frame in (runs, windows, away))) for chunk in chunks)


def _of(frame: pl.DataFrame, datasets: pl.Series) -> pl.DataFrame:
    """The rows of a stretch of datasets, given in order."""
    return frame.filter(pl.col("dataset").is_between(datasets.min(), datasets.max()))


def _time_slis(runs: pl.DataFrame, windows: pl.DataFrame, maintenance: pl.DataFrame) -> pl.DataFrame:
    points = pl.concat([_edges(windows, 1), _edges(_overlaps(windows, maintenance), -1)])
    sums = _sums(_steps(_begun(runs, points)), points.select("dataset", "max_age").unique())
    found = points.sort("dataset", "max_age", "at").join_asof(
        sums, left_on="at", right_on="first", by=["dataset", "max_age"], check_sortedness=False
    )
    weighted = (
        found.with_columns(_until("at"))
        .group_by("dataset", "window")
        .agg(
            *((pl.col(part) * pl.col("weight")).sum() for part in _PARTS),
            valid=(pl.col("at") * pl.col("weight")).sum(),
            maintenance=pl.col("away").sum(),
        )
    )
    unknown = pl.col("valid") - pl.col("good") - pl.col("bad")
    return weighted.sort("dataset", "window").select(
        "dataset", "window", "good", "bad", unknown.alias("unknown"), "open", "maintenance"
    )


def _edges(spans: pl.DataFrame, sign: int) -> pl.DataFrame:
    """Both ends of every span; what lies before the end counts, what lies before the start is taken off."""
    away = (pl.col("end") - pl.col("start")) if sign < 0 else pl.lit(0, pl.Int64)
    return pl.concat(
        spans.select("dataset", "window", "max_age", at=edge, weight=pl.lit(weight, pl.Int64), away=taken)
        for edge, weight, taken in (("end", sign, away), ("start", -sign, pl.lit(0, pl.Int64)))
    )


def _overlaps(windows: pl.DataFrame, maintenance: pl.DataFrame) -> pl.DataFrame:
    """The parts of the windows that fall into maintenance."""
    both = windows.join(_union(maintenance), on="dataset", suffix="_away").with_columns(
        start=pl.max_horizontal("start", "start_away"), end=pl.min_horizontal("end", "end_away")
    )
    return both.filter(pl.col("start") < pl.col("end")).select(windows.columns)


def _union(spans: pl.DataFrame) -> pl.DataFrame:
    """Merged, disjoint spans of each dataset."""
    reach = pl.col("end").cum_max().shift(1).over("dataset")
    return (
        spans.filter(pl.col("start") < pl.col("end"))
        .sort("dataset", "start")
        .with_columns(span=(pl.col("start") > reach).fill_null(True).cum_sum())
        .group_by("span")
        .agg(pl.col("dataset").first(), pl.col("start").min(), pl.col("end").max())
        .drop("span")
    )


def _begun(runs: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
    """The runs in order; each dataset's begin with one of `NEVER`, before every sighting and every window.

    So every instant has a step, and nothing is claimed by it: `NEVER` is never good, bad needs a later look.
    """
    instants = pl.concat([points.get_column("at"), runs.get_column("first_seen")])
    start = pl.lit((instants.min() or 0), pl.Int64) - 1
    begin = (
        points.select("dataset").unique().with_columns(value=NEVER_MICROS, first_seen=start, last_seen=start)
    )
    seen = runs.select(RUNS.names()).with_columns(pl.col("value").fill_null(NEVER_MICROS))
    ordered = pl.concat([begin, seen]).sort("dataset", "first_seen", "last_seen", "value")
    return ordered.with_columns(looked=pl.col("first_seen") > start)


def _steps(runs: pl.DataFrame) -> pl.DataFrame:
    """Steps of runs in order; of datasets whose runs overlap, one for every sighting."""
    clash = (pl.col("dataset") == pl.col("dataset").shift()) & (
        pl.col("first_seen") < pl.col("last_seen").shift()
    )
    mixed = runs.filter(clash).get_column("dataset").unique()
    if mixed.is_empty():
        return _disjoint(runs)
    is_mixed = pl.col("dataset").is_in(mixed.implode())
    parts = [_disjoint(runs.filter(~is_mixed)), _overlapping(runs.filter(is_mixed))]
    return pl.concat(parts).sort("dataset", maintain_order=True)


def _disjoint(runs: pl.DataFrame) -> pl.DataFrame:
    is_last = (pl.col("dataset") != pl.col("dataset").shift(-1)).fill_null(True)
    next_value = pl.col("value").shift(-1)
    return runs.select(
        "dataset",
        "value",
        "looked",
        is_last=is_last,
        first="first_seen",
        last="last_seen",
        following=pl.when(is_last).then(BEYOND_MICROS).otherwise(pl.col("first_seen").shift(-1)),
        worst=pl.when(is_last).then("value").otherwise(pl.min_horizontal("value", next_value)),
        best=pl.when(is_last).then(BEYOND_MICROS).otherwise(pl.max_horizontal("value", next_value)),
    )


def _overlapping(runs: pl.DataFrame) -> pl.DataFrame:
    """Every run that spans the gap between two sightings has a say in its worst and best."""
    numbered = runs.with_row_index("run")
    ends = pl.concat(
        numbered.select("dataset", "run", "value", "looked", first_seen=end, last_seen=end)
        for end in ("first_seen", "last_seen")
    )
    ends = ends.sort("dataset", "first_seen", "run").with_row_index("place")
    places = ends.group_by("run").agg(
        pl.col("value").first(), start=pl.col("place").min(), end=pl.col("place").max()
    )
    spanning = (
        places.select("value", place=pl.int_ranges("start", "end", dtype=pl.UInt32))
        .explode("place", empty_as_null=False)
        .group_by("place")
        .agg(low=pl.col("value").min(), high=pl.col("value").max())
    )
    steps = _disjoint(ends)
    return (
        steps.with_row_index("place")
        .join(spanning, on="place", how="left", maintain_order="left")
        .with_columns(worst=pl.min_horizontal("worst", "low"), best=pl.max_horizontal("best", "high"))
        .select(steps.columns)
    )


def _sums(steps: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Each step under each limit, with the good, bad and open time of all steps before it.

    The sums run on from one dataset to the next; only differences within one are ever used.
    """
    judged = steps.join(limits.sort("dataset", "max_age"), on="dataset", maintain_order="left_right")
    if limits.height > limits.get_column("dataset").n_unique():
        judged = judged.sort("dataset", "max_age", maintain_order=True)
    whole = [
        pl.when("is_last").then(0).otherwise(part).alias(name) for name, part in _within("following").items()
    ]
    return (
        judged.with_columns(whole)
        .with_columns((pl.col(part).cum_sum() - pl.col(part)).alias(f"{part}_before") for part in _PARTS)
        .drop(_PARTS)
    )


def _until(instant: str) -> list[pl.Expr]:
    """Good, bad and open time from the beginning of the sums up to an instant of the step."""
    return [(pl.col(f"{name}_before") + part).alias(name) for name, part in _within(instant).items()]


def _within(instant: str) -> dict[str, pl.Expr]:
    """Good, bad and open time from the beginning of a step up to an instant of it."""
    limit = pl.col("max_age")
    stale_from, worst_from, best_from = (pl.col(name) + limit for name in ("value", "worst", "best"))
    still_open = pl.col("is_last") & pl.col("looked") & (stale_from < pl.col("last"))
    return {
        "good": _span("first", pl.min_horizontal(instant, "last", stale_from))
        + _span("last", pl.min_horizontal(instant, "following", worst_from)),
        "bad": _span(pl.max_horizontal("first", stale_from), pl.min_horizontal(instant, "last"))
        + _span(pl.max_horizontal("last", best_from), pl.min_horizontal(instant, "following")),
        "open": pl.when(still_open).then(_span("last", pl.col(instant))).otherwise(0),
    }


def _span(start: str | pl.Expr, end: pl.Expr) -> pl.Expr:
    """Time from start to end; none if they are the other way round."""
    return (end - (pl.col(start) if isinstance(start, str) else start)).clip(0)
