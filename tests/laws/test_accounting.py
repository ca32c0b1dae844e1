"""What was known at an instant never claims more than the looks before it say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.accounting import as_known
from featureguard.profile import NEVER
from featureguard.timeline import Run, Sighting, record

START = datetime(2013, 2, 8, tzinfo=UTC)


def minute(count: int) -> datetime:
    return START + timedelta(minutes=count)


def sighting(at: int, value: int | None, stale: bool) -> Sighting:
    return Sighting(minute(at), NEVER if value is None else minute(value), stale)


MINUTES = st.integers(0, 180)
LOOKS = st.lists(st.builds(sighting, MINUTES, st.none() | st.sampled_from([-90, 0, 60]), st.booleans()))
Known = Callable[[Sequence[Run], datetime], list[Run]]


def check(known: Known, looks: Sequence[Sighting], now: datetime) -> None:
    """All looks, cut at an instant, against those that had been made by then."""
    told, truth = known(record(looks), now), record(look for look in looks if look.seen_at <= now)
    assert [(run.hour, run.value, run.first_seen) for run in told] == [
        (run.hour, run.value, run.first_seen) for run in truth
    ]
    assert [run.first_stale for run in told] == [run.first_stale for run in truth]
    assert all(one.last_seen <= other.last_seen for one, other in zip(told, truth, strict=True))


@given(LOOKS, MINUTES.map(minute))
def test_what_was_known_is_what_earlier_looks_say_or_less(looks: list[Sighting], now: datetime) -> None:
    check(as_known, looks, now)


@pytest.mark.parametrize(
    "known",
    [
        lambda runs, now: [run for run in runs if run.last_seen <= now],
        lambda runs, now: [run for run in runs if run.first_seen <= now],
    ],
    ids=["drops runs that go on", "keeps their later sightings"],
)
def test_other_ways_to_cut_are_caught(known: Known) -> None:
    looks = [sighting(10, 0, False), sighting(50, 0, True)]
    with pytest.raises(AssertionError):
        check(known, looks, minute(30))
