"""What is true of a view online, beside what Feast says of itself, and what is wrong with it in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl

from featureguard.duration import format_duration
from featureguard.feast.newest import newest_rows, some_entities
from featureguard.feast.skew import Comparison, Group, State, compare
from featureguard.feature_registry import View
from featureguard.online_store import EVENT, OnlineStore
from featureguard.online_store.keys import encode
from featureguard.result import Code
from featureguard.sources import Snapshot


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        code: What kind.
        text: A sentence or two with numbers and examples: what, and what it comes from.
        entities: How many entities it is about, of those that were looked at; `None` if about the view.
    """

    code: Code
    text: str
    entities: int | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """A view as it is served.

    Attributes:
        view: Its name.
        now: When it was looked at, UTC.
        looked_at: How many entities were compared.
        whole: Whether these are all that there are.
        comparison: How they stand.
        newest: Newest event time online of those that were looked at; `None` if there is none.
        feast_age: What Feast's own gauge says: time since the last materialization's end; `None` if never.
        findings: What is wrong, worst first.
        listed: Whether the online store told what it holds. If not, only entities with offline rows were
            looked at, and those that are online only could not be found.
    """

    view: str
    now: datetime
    looked_at: int
    whole: bool
    comparison: Comparison
    newest: datetime | None
    feast_age: timedelta | None
    findings: tuple[Finding, ...]
    listed: bool = True


def truth_of(
    view: View,
    store: OnlineStore,
    offline: Snapshot,
    *,
    now: datetime,
    within: timedelta | None,
    sample: int,
    seed: int = 0,
) -> Truth:
    """Look at a view from both sides: some entities of the online store, and some that have offline rows.

    Args:
        view: The view; it has a batch source.
        store: The online store.
        offline: Rows of its batch source.
        now: The instant.
        within: Largest age of an entity that counts as fresh, or `None`.
        sample: How many entities of each side.
        seed: Another one looks at others.

    Raises:
        SourceError: If a side cannot be read.
    """
    source = view.batch_source
    assert source is not None, "only views with rows are compared"
    names = list(view.join_keys)
    columns = {name: source.column_of(name) for name in (*names, *view.features)}
    expected, all_offline = some_entities(offline, {name: columns[name] for name in names}, sample, seed)
    listed = store.lists(view)
    served = pl.DataFrame(store.sample(view, sample, seed) if listed else store.of(view, []))
    all_online = listed and served.height < sample
    asked = _others(expected, served, names)
    if asked.height:
        keys = [encode(view.join_keys, entity) for entity in asked.iter_rows(named=True)]
        served = pl.concat([served, pl.DataFrame(store.of(view, keys))], how="vertical_relaxed")
    wanted = _union(served, expected, names)
    newest = newest_rows(
        offline, wanted, columns, event=source.timestamp_field, created=source.created_column, until=now
    )
    whole = all_offline and all_online
    comparison = compare(
        served,
        newest,
        join_keys=names,
        event=EVENT,
        now=now,
        within=within,
        ttl=view.ttl,
        expected=None if all_offline else expected,
    )
    ended = view.materialized_until
    latest = served.select(pl.col(EVENT).filter(pl.col(EVENT) <= pl.lit(now)).max()).item()
    told = Truth(
        view.name,
        now,
        max(wanted.height, served.height),
        whole,
        comparison,
        latest,
        now - ended if ended else None,
        (),
        listed,
    )
    return replace(told, findings=tuple(_findings(view, told, within)))


def _others(expected: pl.DataFrame, served: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Expected entities that are not yet among the served."""
    if not names:
        return expected.clear()
    known = served.select(pl.col(name).cast(expected.schema[name]) for name in names)
    return expected.join(known, on=names, how="anti").drop_nulls()


def _union(served: pl.DataFrame, expected: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    if not names:
        return pl.DataFrame()
    known = served.select(pl.col(name).cast(expected.schema[name]) for name in names)
    return pl.concat([known, expected.select(names)]).unique()


_WORDS = {
    State.FUTURE: (
        Code.DATA_FROM_FUTURE,
        "are of a time that has not come; a store such as Redis takes nothing newer for them until then",
    ),
    State.MISMATCH: (
        Code.ONLINE_SKEW,
        "have the same event time as offline and other values: a correction that the online store never took,"
        " which Redis does not for equal times; delete these keys, or write them with a later time",
    ),
    State.BEHIND: (
        Code.ONLINE_SKEW,
        "are older than offline, by up to {lag}: rows that came late and that incremental materialization"
        " leaves out for good, or a job that did not run; materialize the whole interval",
    ),
    State.MISSING: (
        Code.ONLINE_SKEW,
        "have offline rows and are not online; Feast may tell them as PRESENT with the time 1970",
    ),
    State.ORPHAN: (Code.ONLINE_SKEW, "are online and have no offline rows"),
    State.TIMELESS: (Code.ONLINE_SKEW, "are online without an event time"),
}


def _findings(view: View, truth: Truth, within: timedelta | None) -> Iterator[Finding]:
    yield from _still(view, truth, within)
    expired = truth.comparison.expired
    if expired.count and view.ttl:
        yield Finding(
            Code.TTL_EXCEEDED,
            f"{_who(expired, truth)} are older than the ttl of {format_duration(view.ttl)} and served all the"
            " same: Feast does not apply it online.",
            expired.count,
        )
    for state, (code, words) in _WORDS.items():
        if state in truth.comparison.groups:
            group = truth.comparison.groups[state]
            text = words.format(lag=_length(group.lag) if group.lag else "")
            yield Finding(code, f"{_who(group, truth)} {text}.", group.count)


def _still(view: View, truth: Truth, within: timedelta | None) -> Iterator[Finding]:
    """Nothing is there, or nothing moves."""
    ended = truth.feast_age
    if not truth.newest and not truth.comparison.count(State.FUTURE):
        ran = (
            "it was never materialized" if ended is None else f"though a materialization ended {_ago(ended)}"
        )
        yield Finding(Code.NEVER_ARRIVED, f"Nothing of '{view.name}' is online: {ran}.")
        return
    if not within or not truth.newest or truth.now - truth.newest <= within:
        return
    old = f"the newest event of '{view.name}' online is {_length(truth.now - truth.newest)} old"
    allowed = f"{format_duration(within)} is allowed"
    if ended is not None and ended <= within:
        moves = "The job runs, the data does not move"
        text = f"{moves}: materialization ended {_ago(ended)}, and {old}; {allowed}."
    elif view.stream_source and view.stream_source.kind == "push":
        text = f"Pushes have stopped: {old}; {allowed}. Feast's own gauge says nothing of pushes."
    else:
        last = (
            f"the last materialization ended {_ago(ended)}"
            if ended is not None
            else "it was never materialized"
        )
        text = f"{old[0].upper()}{old[1:]}; {allowed}, and {last}."
    yield Finding(Code.DATA_STALE, text)


def _who(group: Group, truth: Truth) -> str:
    some = "; ".join(", ".join(f"{name}={value!r}" for name, value in one.items()) for one in group.examples)
    examples = f" ({some}{' …' if group.count > len(group.examples) else ''})" if some else ""
    return f"{group.count:,} of {truth.looked_at:,} entities{examples}"


def _ago(length: timedelta) -> str:
    return f"{_length(length)} ago"


def _length(length: timedelta) -> str:
    return format_duration(timedelta(seconds=round(length.total_seconds())))
