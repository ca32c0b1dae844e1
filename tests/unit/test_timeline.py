from datetime import UTC, datetime, timedelta, timezone

import pytest

from featureguard.profile import NEVER, Never
from featureguard.timeline import Run, Sighting, hour_of, is_stale, merge, record

NOON = datetime(2013, 2, 8, 12, tzinfo=UTC)
VALUE = NOON - timedelta(hours=3)


def seen(minutes: int, value: datetime | Never = VALUE, stale: bool = False) -> Sighting:
    return Sighting(NOON + timedelta(minutes=minutes), value, stale)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_looks_of_one_hour_that_find_the_same_value_are_one_run() -> None:
    assert record([seen(20), seen(5), seen(40)]) == (Run(VALUE, NOON, at(5), at(40)),)


def test_the_next_hour_has_a_run_of_its_own() -> None:
    runs = record([seen(59), seen(60)])
    assert [run.hour for run in runs] == [NOON, at(60)]


def test_a_value_that_goes_back_keeps_its_own_run() -> None:
    newer = VALUE + timedelta(hours=1)
    runs = record([seen(0), seen(10, newer), seen(20)])
    assert runs == (Run(VALUE, NOON, at(0), at(20)), Run(newer, NOON, at(10), at(10)))


def test_never_is_a_value_older_than_every_instant() -> None:
    runs = record([seen(0, datetime(1, 1, 1, tzinfo=UTC)), seen(1, NEVER)])
    assert [run.value for run in runs] == [NEVER, datetime(1, 1, 1, tzinfo=UTC)]


def test_the_first_stale_sighting_is_kept() -> None:
    (run,) = record([seen(30, stale=True), seen(20, stale=True), seen(10)])
    assert run.first_stale == at(20)


def test_merging_keeps_what_only_one_side_saw() -> None:
    left, right = record([seen(0)]), record([seen(60), seen(5, stale=True)])
    assert merge(left, right) == record([seen(0), seen(5, stale=True), seen(60)])


@pytest.mark.parametrize(("age", "stale"), [(3_600, False), (3_600.000001, True), (-1, False)])
def test_a_value_is_stale_once_its_age_is_past_the_limit(age: float, stale: bool) -> None:
    assert is_stale(NOON - timedelta(seconds=age), NOON, timedelta(hours=1)) is stale


def test_never_is_stale_under_any_limit_and_nothing_is_without_one() -> None:
    assert is_stale(NEVER, NOON, timedelta(days=30_000))
    assert not is_stale(NEVER, NOON, None)


def test_hours_are_those_of_utc() -> None:
    half_past = datetime(2013, 2, 8, 17, 45, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert hour_of(half_past) == NOON
