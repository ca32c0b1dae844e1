"""Every way in which an online store can be wrong is told apart, and a sample says how sure it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from featureguard.feast.skew import Comparison, Share, State, compare

NOW = datetime(2013, 2, 9, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def frame(*rows: tuple[int, datetime | None, float | None], kind: Any = pl.Float64) -> pl.DataFrame:
    schema = {"id": pl.Int64, "at": pl.Datetime("us", "UTC"), "rate": kind}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def compared(online: pl.DataFrame, offline: pl.DataFrame, **more: Any) -> Comparison:
    given: dict[str, Any] = {
        "join_keys": ["id"],
        "event": "at",
        "now": NOW,
        "within": 2 * HOUR,
        "ttl": 24 * HOUR,
    }
    return compare(online, offline, **(given | more))


@pytest.mark.parametrize(
    ("online", "offline", "state"),
    [
        ((NOW - HOUR, 1.0), (NOW - HOUR, 1.0), State.EQUAL),
        ((NOW - HOUR, None), (NOW - HOUR, float("nan")), State.EQUAL),
        ((NOW - 2 * HOUR, 1.0), (NOW - HOUR, 1.0), State.BEHIND),
        ((NOW - HOUR, 1.0), (NOW - 2 * HOUR, 1.0), State.AHEAD),
        ((NOW - HOUR, 1.0), (NOW - HOUR, 2.0), State.MISMATCH),
        ((NOW - HOUR, None), (NOW - HOUR, 2.0), State.MISMATCH),
        (None, (NOW - HOUR, 1.0), State.MISSING),
        ((NOW - HOUR, 1.0), None, State.ORPHAN),
        ((NOW + HOUR, 1.0), (NOW - HOUR, 1.0), State.FUTURE),
        ((NOW + HOUR, 1.0), None, State.FUTURE),
        ((NOW + timedelta(minutes=5), 1.0), (NOW + timedelta(minutes=5), 1.0), State.EQUAL),
        ((None, 1.0), (NOW - HOUR, 1.0), State.TIMELESS),
    ],
)
def test_each_entity_stands_in_one_way(
    online: tuple[datetime | None, float | None] | None,
    offline: tuple[datetime | None, float | None] | None,
    state: State,
) -> None:
    found = compared(frame(*([(1, *online)] if online else [])), frame(*([(1, *offline)] if offline else [])))
    assert {one: group.count for one, group in found.groups.items()} == {state: 1}
    assert found.groups[state].examples == ({"id": 1},)


def test_the_lag_is_the_longest() -> None:
    online = frame((1, NOW - 3 * HOUR, 1.0), (2, NOW - 9 * HOUR, 1.0))
    offline = frame((1, NOW - HOUR, 1.0), (2, NOW - HOUR, 1.0))
    assert compared(online, offline).groups[State.BEHIND].lag == 8 * HOUR


def test_a_value_that_feast_keeps_in_a_smaller_type_is_the_same_value() -> None:
    found = compared(frame((1, NOW, 0.1), kind=pl.Float32), frame((1, NOW, 0.1)))
    assert found.count(State.EQUAL) == 1
    assert compared(frame((1, NOW, 0.1), kind=pl.Float32), frame((1, NOW, 0.1001))).count(State.MISMATCH) == 1


def test_times_are_kept_in_seconds_and_lists_are_not_compared() -> None:
    moment = NOW + timedelta(microseconds=250)
    ours = frame((1, NOW, 1.0)).with_columns(
        since=pl.lit(NOW, pl.Datetime("ms", "UTC")),
        other=pl.lit(NOW - HOUR, pl.Datetime("ms", "UTC")),
        tags=pl.Series([[1]]),
    )
    truth = frame((1, NOW, 1.0)).with_columns(
        since=pl.lit(moment.replace(tzinfo=None)), tags=pl.Series([[2]])
    )
    found = compared(ours, truth)
    assert (found.count(State.EQUAL), found.columns) == (1, ("rate", "since"))
    assert compared(ours, truth.with_columns(other=pl.lit(moment))).count(State.MISMATCH) == 1


def test_what_is_served_beyond_its_ttl_is_found() -> None:
    online = frame((1, NOW - 25 * HOUR, 1.0), (2, NOW - 23 * HOUR, 1.0))
    assert compared(online, online).expired.count == 1
    assert compared(online, online, ttl=None).expired.count == 0


def test_one_fresh_entity_does_not_make_the_population_fresh() -> None:
    rows = [(1, NOW, 1.0), *((one, NOW - 5 * HOUR, 1.0) for one in range(2, 101))]
    found = compared(frame(*rows), frame(*rows)).fresh
    assert (found.good, found.of, found.value, found.interval) == (1, 100, 0.01, (0.01, 0.01))


def test_an_expected_entity_that_is_missing_or_of_the_future_is_not_fresh() -> None:
    offline = frame(*((one, NOW - HOUR, 1.0) for one in range(4)))
    online = frame((0, NOW - HOUR, 1.0), (1, NOW + HOUR, 1.0), (2, None, 1.0))
    assert compared(online, offline).fresh == Share(1, 4, whole=True)


def test_retired_entities_are_neither_missing_nor_expected() -> None:
    offline = frame((1, NOW - 25 * HOUR, 1.0), (2, NOW - 29 * 24 * HOUR, 1.0))
    assert compared(frame(), offline).groups == {}
    assert compared(frame(), offline).fresh == Share(0, 1, whole=True)  # It is not missing, and not fresh.
    found = compared(frame((2, NOW, 1.0)), offline, ttl=None)
    assert (found.count(State.MISSING), found.fresh) == (1, Share(0, 1, whole=True))


def test_of_a_sample_only_the_expected_half_says_how_fresh_the_population_is() -> None:
    both = frame((1, NOW, 1.0), (2, NOW - 9 * HOUR, 1.0), (3, NOW, 1.0))
    found = compared(both, both, expected=pl.DataFrame({"id": pl.Series([2, 3], dtype=pl.Int32)}))
    assert found.fresh == Share(1, 2, whole=False)


def test_without_a_promise_nothing_is_called_fresh() -> None:
    found = compared(frame((1, NOW, 1.0)), frame((1, NOW, 1.0)), within=None).fresh
    assert (found.value, found.interval) == (None, None)


@pytest.mark.parametrize(
    ("good", "of", "low", "high"),
    [(95, 100, 0.888, 0.978), (0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (500, 1000, 0.469, 0.531)],
)
def test_a_sample_says_how_sure_it_is(good: int, of: int, low: float, high: float) -> None:
    """Wilson's interval as published tables have it."""
    found = Share(good, of, whole=False).interval
    assert found == pytest.approx((low, high), abs=5e-4)


def test_a_view_without_entities_is_compared_too() -> None:
    online, offline = frame((1, NOW, 1.0)).drop("id"), frame((1, NOW - HOUR, 2.0)).drop("id")
    assert compared(online, offline, join_keys=[]).count(State.AHEAD) == 1
    assert compared(online, offline.clear(), join_keys=[]).count(State.ORPHAN) == 1
    assert compared(online.clear(), offline, join_keys=[]).count(State.MISSING) == 1
