"""Online against offline: for each entity, what the online store serves and what it should serve.

The truth is the newest offline row of an entity as of now: by event time, and by time of writing where two
have the same. Values are compared only where both sides are of the same event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import sqrt
from typing import Any

import polars as pl

_EXAMPLES = 5
_Z = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""


class State(StrEnum):
    """How an entity stands.

    Attributes:
        EQUAL: The same event with the same values.
        BEHIND: Online is of an older event: a late row that incremental materialization lost, or a job that
            did not run.
        AHEAD: Online is of a newer event: pushed, and not yet or never written offline.
        MISMATCH: The same event with other values: a correction that the online store never took.
        MISSING: Offline only: never materialized, or expired.
        ORPHAN: Online only: its offline rows are gone, or there never were any.
        FUTURE: Online is of a time that has not come: nothing replaces it until then, in some stores.
        TIMELESS: Online without a time.
    """

    EQUAL = "equal"
    BEHIND = "behind"
    AHEAD = "ahead"
    MISMATCH = "mismatch"
    MISSING = "missing"
    ORPHAN = "orphan"
    FUTURE = "future"
    TIMELESS = "timeless"


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a population, from a sample of it.

    Attributes:
        good: Members of the sample that count as good.
        of: Size of the sample.
        whole: Whether the sample is the whole population; then the share is exact.
    """

    good: int
    of: int
    whole: bool

    @property
    def value(self) -> float | None:
        """The share, in [0, 1]; `None` of nothing."""
        return self.good / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the population's share is with 95 % confidence (Wilson's interval); `None` of nothing."""
        if not self.of:
            return None
        share, n = self.good / self.of, self.of
        if self.whole:
            return share, share
        centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class Group:
    """Entities that stand alike.

    Attributes:
        count: How many.
        examples: Join keys of some.
        lag: The longest distance between the two sides' event times; `None` where there are not two.
    """

    count: int
    examples: tuple[Mapping[str, Any], ...] = ()
    lag: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared.

    Attributes:
        groups: Entities by how they stand; those of which there are none are left out.
        expired: Entities that are served though their time is further back than the view's ttl.
        fresh: Share of the expected entities (the offline ones) that is served and young enough.
        columns: Features whose values were compared; lists and the like are not.
    """

    groups: Mapping[State, Group]
    expired: Group
    fresh: Share
    columns: tuple[str, ...] = field(default=())

    def count(self, state: State) -> int:
        """How many entities stand so."""
        return self.groups[state].count if state in self.groups else 0


def compare(
    online: pl.DataFrame,
    offline: pl.DataFrame,
    *,
    join_keys: Sequence[str],
    event: str,
    now: datetime,
    within: timedelta | None,
    ttl: timedelta | None,
    tolerance: timedelta = timedelta(minutes=5),
    seen_within: timedelta = timedelta(days=28),
    expected: pl.DataFrame | None = None,
) -> Comparison:
    """Compare entities.

    Args:
        online: One row for each entity that the online store has of those that are looked at.
        offline: The newest row that there is offline, as of `now`, of each entity that is looked at.
        join_keys: Columns that name an entity, on both sides.
        event: Column with the event time, on both sides; aware.
        now: The instant.
        within: Largest age of an entity that counts as fresh; `None` if no age is promised.
        ttl: The view's, `None` if without end.
        tolerance: How far ahead a time may lie before it is from the future.
        seen_within: Entities whose newest offline row is older have retired: nobody expects them. Where it is
            older than `ttl`, an entity is not missing, and not fresh either.
        expected: A sample of the offline entities, by their join keys: the share that is fresh is taken over
            these. Left out: all of them were looked at.
    """
    sides = (*join_keys, event, "created")
    features = tuple(
        name
        for name, kind in online.schema.items()
        if name not in sides and name in offline.columns and _comparable(kind, offline.schema[name])
    )
    both = _joined(online, offline, list(join_keys), event, features)
    judged = both.with_columns(state=_state(both, features, now + tolerance))
    oldest = pl.lit(now - min(one for one in (ttl, seen_within) if one is not None))
    there = pl.col("is_online").is_not_null() | (pl.col("offline_time") >= oldest)
    parts = judged.filter(there).partition_by("state", as_dict=True)
    groups = {State(str(name)): _group(rows, join_keys) for (name,), rows in parts.items()}
    served = judged.filter(pl.col("is_online"))
    old = served.filter(pl.col("online_time") < pl.lit(now - ttl)) if ttl is not None else served.clear()
    counted = judged.filter(pl.col("offline_time") >= pl.lit(now - seen_within))
    if expected is not None and join_keys:
        keys = expected.select(pl.col(one).cast(judged.schema[one]) for one in join_keys)
        counted = counted.join(keys, on=list(join_keys), how="semi")
    young = pl.col("online_time").is_between(pl.lit(now - (within or timedelta())), pl.lit(now + tolerance))
    fresh = Share(counted.filter(young).height, counted.height, whole=expected is None)
    return Comparison(
        dict(sorted(groups.items())),
        _group(old, join_keys),
        fresh if within else Share(0, 0, whole=True),
        features,
    )


def _state(both: pl.DataFrame, features: Sequence[str], limit: datetime) -> pl.Expr:
    differs = pl.any_horizontal(_differs(both, name) for name in features) if features else pl.lit(False)
    ours, truth = pl.col("online_time"), pl.col("offline_time")
    cases = (
        (pl.col("is_online").is_null(), State.MISSING),
        (ours.is_null(), State.TIMELESS),
        (ours > pl.lit(limit), State.FUTURE),
        (pl.col("is_offline").is_null(), State.ORPHAN),
        (ours < truth, State.BEHIND),
        (ours > truth, State.AHEAD),
        (differs, State.MISMATCH),
    )
    return pl.coalesce(
        *(pl.when(holds).then(pl.lit(state.value)) for holds, state in cases), pl.lit(State.EQUAL.value)
    )


def _joined(
    online: pl.DataFrame, offline: pl.DataFrame, keys: list[str], event: str, features: Sequence[str]
) -> pl.DataFrame:
    def side(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        renamed = {event: f"{name}_time", **{one: f"{name}.{one}" for one in features}}
        kept = [*keys, event, *features]
        return frame.select(kept).rename(renamed).with_columns(pl.lit(True).alias(f"is_{name}"))

    left, right = side(online, "online"), side(offline, "offline")
    right = right.with_columns(pl.col(one).cast(left.schema[one]) for one in keys)
    moment = pl.Datetime("us", "UTC")
    left = left.with_columns(pl.col("online_time").cast(moment))
    right = right.with_columns(pl.col("offline_time").cast(moment))
    if not keys:
        if left.height and right.height:
            return left.join(right, how="cross")
        return pl.concat([left, right], how="diagonal")
    return left.join(right, on=keys, how="full", coalesce=True, nulls_equal=True)


def _differs(both: pl.DataFrame, name: str) -> pl.Expr:
    """Offline values are taken as Feast keeps them: in its type, maybe a narrower one, and NaN as none."""
    ours, theirs = pl.col(f"online.{name}"), pl.col(f"offline.{name}")
    kept, told = both.schema[f"online.{name}"], both.schema[f"offline.{name}"]
    if isinstance(told, pl.Datetime) and told.time_zone is None:
        theirs = theirs.dt.replace_time_zone("UTC")
    if isinstance(kept, pl.Datetime):
        theirs = theirs.dt.truncate("1s")
    elif told.is_float():
        theirs = theirs.fill_nan(None)
    if kept.is_float():
        ours = ours.fill_nan(None)
    return ours.ne_missing(theirs.cast(kept, strict=False))


def _comparable(kept: pl.DataType, told: pl.DataType) -> bool:
    if isinstance(kept, pl.Datetime) or isinstance(told, pl.Datetime):
        return isinstance(kept, pl.Datetime) and isinstance(told, pl.Datetime)
    return not (kept.is_nested() or told.is_nested() or kept == pl.Null or told == pl.Null)


def _group(rows: pl.DataFrame, join_keys: Sequence[str]) -> Group:
    lag = (pl.col("offline_time") - pl.col("online_time")).abs().max()
    longest = rows.select(lag).item() if rows.height else None
    return Group(rows.height, tuple(rows.select(join_keys).head(_EXAMPLES).to_dicts()), longest)
