"""Materialization intervals as facts: what the newest event online was, and from when on; without Feast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.feast.history import Newest, history_of, why_unknown
from featureguard.feature_registry import BatchSource, StreamSource, View
from featureguard.profile import NEVER
from featureguard.sources import Snapshot
from featureguard.sources.memory import MemorySource

MADE = datetime(2026, 3, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
SOURCE = BatchSource("rows", "FileSource", "at", created_column="written")


def hour(number: float) -> datetime:
    return MADE + timedelta(hours=number)


def view(*intervals: tuple[float, float], changed: float | None = None, source: BatchSource = SOURCE) -> View:
    return View(
        "stats",
        "batch",
        batch_source=source,
        intervals=tuple((hour(begin), hour(end)) for begin, end in intervals),
        created_at=MADE,
        changed_at=None if changed is None else hour(changed),
    )


def rows(*events: tuple[float, float | None]) -> Snapshot:
    """Offline rows: the hour of the event, and of the writing."""
    moment = pl.Datetime("us", "UTC")
    columns = {
        "at": [hour(event) for event, _ in events],
        "written": [None if written is None else hour(written) for _, written in events],
    }
    return MemorySource(pl.DataFrame(columns, schema={"at": moment, "written": moment})).snapshot()


def test_each_run_that_brought_something_newer_begins_a_new_newest() -> None:
    past = history_of(view((0, 2), (2, 4)), rows((1, 1), (1.5, 1.5), (3, 3)), now=hour(10))
    assert past == [
        Newest(NEVER, hour(0), hour(2) - MOMENT),
        Newest(hour(1.5), hour(2), hour(4) - MOMENT),
        Newest(hour(3), hour(4), hour(10)),
    ]


def test_a_run_that_brought_nothing_newer_changes_nothing() -> None:
    past = history_of(view((0, 2), (2, 4), (4, 6)), rows((1, 1)), now=hour(10))
    assert past[1:] == [Newest(hour(1), hour(2), hour(10))]


def test_never_materialized_is_never() -> None:
    assert history_of(view(), rows((1, 1)), now=hour(10)) == [Newest(NEVER, hour(0), hour(10))]


def test_a_run_without_rows_leaves_it_at_never() -> None:
    assert history_of(view((0, 2)), rows((5, 5)), now=hour(10)) == [Newest(NEVER, hour(0), hour(10))]


def test_a_row_that_was_written_after_the_run_was_not_brought_by_it() -> None:
    past = history_of(view((0, 2), (2, 4)), rows((1, 1), (1.5, 3)), now=hour(10))
    assert [one.newest for one in past] == [NEVER, hour(1)]  # Lost for good by incremental materialization.


def test_a_row_that_does_not_say_when_it_was_written_counts_from_its_event_on() -> None:
    past = history_of(view((0, 2)), rows((1, None)), now=hour(10))
    assert past[-1] == Newest(hour(1), hour(2), hour(10))


def test_a_backfill_of_the_past_counts_from_the_ends_of_earlier_runs_on() -> None:
    past = history_of(view((4, 6), (0, 3)), rows((2, 2)), now=hour(10))
    assert past == [Newest(NEVER, hour(0), hour(6) - MOMENT), Newest(hour(2), hour(6), hour(10))]


def test_a_backfill_of_what_was_before_the_view_counts_from_its_making_on() -> None:
    past = history_of(view((-48, -24)), rows((-30, -30)), now=hour(10))
    assert past == [Newest(hour(-30), hour(0), hour(10))]


def test_a_run_whose_end_has_not_come_tells_nothing() -> None:
    assert history_of(view((0, 2), (2, 20)), rows((1, 1), (3, 3)), now=hour(10))[1:] == [
        Newest(hour(1), hour(2), hour(10))
    ]


def test_no_run_brought_what_was_written_after_the_registry_was() -> None:
    past = history_of(view((0, 8), changed=2), rows((1, 1), (5, 5)), now=hour(10))
    assert past[-1] == Newest(hour(1), hour(8), hour(10))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"stream_source": StreamSource("pushes", "push")}, "fed by a stream or by pushes too"),
        ({"created_at": None}, "does not say since when"),
        ({"batch_source": None}, "has no rows of its own"),
    ],
)
def test_where_materialization_does_not_tell_the_whole_past_it_says_so(
    more: dict[str, object], why: str
) -> None:
    told = {"batch_source": SOURCE, "created_at": MADE, **more}
    assert why in str(why_unknown(View("stats", "batch", **told)))  # type: ignore[arg-type]
    assert why_unknown(view()) is None


HOURS = st.integers(0, 12)


@given(
    st.lists(st.tuples(HOURS, HOURS).map(sorted).map(tuple), max_size=6),
    st.lists(st.tuples(HOURS, HOURS), max_size=8),
)
def test_the_past_has_no_holes_and_the_newest_never_goes_back(
    intervals: list[tuple[float, float]], events: list[tuple[float, float | None]]
) -> None:
    past = history_of(view(*intervals), rows(*events), now=hour(10))
    assert (past[0].first, past[-1].last) == (MADE, hour(10))
    for before, after in pairwise(past):
        assert before.last + MOMENT == after.first
        assert before.newest is NEVER or before.newest < after.newest  # type: ignore[operator]
    for one in past[1:]:
        assert one.newest is not NEVER
        assert one.newest <= one.first  # Nothing is online before it happened.
