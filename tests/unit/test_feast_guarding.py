"""What a request to Feast asks for, how fresh its parts are, and what a training join lost; without Feast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.errors import TrainingDataError, UsageError
from featureguard.feast.asked import Stored, asked_of
from featureguard.feast.freshness import Freshness, judged, worst
from featureguard.feast.training import Expected, check_training
from featureguard.feature_registry import Projection, Registry, Service, View
from featureguard.promises import Column

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, SKEW = timedelta(hours=1), timedelta(minutes=5)
REGISTRY = Registry(
    "rides",
    {
        "stats": View("stats", "batch", {"driver_id": "INT64"}, {"trips": "INT64", "rate": "FLOAT"}),
        "surge": View(
            "surge", "on_demand", sources=(Projection("stats", ("rate",)), Projection("pace", ("pace",)))
        ),
        "pace": View(
            "pace", "on_demand", sources=(Projection("stats", ("trips",)), Projection("surge", ("x",)))
        ),
        "said": View("said", "on_demand"),
    },
    {
        "eta": Service(
            "eta", (Projection("stats", ("trips",), alias="main"), Projection("surge", ("surged",)))
        ),
        "kept": Service("kept", (Projection("stats", ("trips",)),), precomputed=True),
    },
)


def test_a_service_is_what_its_projections_take_by_the_names_of_the_response() -> None:
    trips, rate = Stored("stats", "trips"), Stored("stats", "rate")
    for full, names in ((False, ["trips", "surged"]), (True, ["main__trips", "surge__surged"])):
        stored, computed = asked_of(REGISTRY, "eta", full_names=full)
        assert [stored.name, computed.name] == names
        assert (stored.rests_on, stored.computed) == ((trips,), False)
        # Also what is below it, though that goes in a circle.
        assert (set(computed.rests_on), computed.computed) == ({rate, trips}, True)


def test_a_reference_may_name_a_version() -> None:
    (one,) = asked_of(REGISTRY, ["stats@v2:trips"], full_names=True)
    assert (one.name, one.rests_on) == ("stats@v2__trips", (Stored("stats", "trips"),))


def test_what_comes_from_the_request_alone_rests_on_nothing() -> None:
    (one,) = asked_of(REGISTRY, ["said:it"], full_names=False)
    assert one.rests_on == ()


@pytest.mark.parametrize(
    ("features", "why"),
    [
        (["stat:trips"], "Feast knows no feature view 'stat'. Did you mean 'stats'?"),
        (["trips"], "'trips' is no reference to a feature. Write 'view:feature'."),
        ("eto", "Feast knows no feature service 'eto'. Did you mean 'eta'?"),
        ("kept", "'kept' keeps vectors that were computed before"),
    ],
)
def test_a_request_that_cannot_be_judged_is_refused(features: list[str] | str, why: str) -> None:
    with pytest.raises(UsageError, match=why.replace("?", r"\?")):
        asked_of(REGISTRY, features, full_names=False)


def micros(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def test_each_row_is_judged_by_its_own_time() -> None:
    edge = NOW - HOUR
    times = [NOW, edge, edge - timedelta(microseconds=1), NOW + SKEW, NOW + SKEW + timedelta(microseconds=1)]
    found = judged([*map(micros, times), 0], NOW, HOUR, promised=True, skew=SKEW)
    fresh, stale, future, missing = Freshness.FRESH, Freshness.STALE, Freshness.FUTURE, Freshness.MISSING
    assert found.states == (fresh, fresh, stale, fresh, future, missing)
    assert found.ages[1:3] == (HOUR, HOUR + timedelta(microseconds=1))
    assert found.ages[5] is None


def test_without_a_limit_nothing_is_called_fresh() -> None:
    found = judged([micros(NOW), 1, 0], NOW, None, promised=False, skew=SKEW)
    assert found.states == (Freshness.UNPROMISED, Freshness.UNPROMISED, Freshness.MISSING)


@given(st.lists(st.lists(st.integers(0, 2 * micros(NOW)), min_size=3, max_size=3), min_size=1, max_size=4))
def test_what_is_computed_is_as_bad_as_the_worst_of_its_inputs(inputs: list[list[int]]) -> None:
    parts = [judged(times, NOW, HOUR, promised=True, skew=SKEW) for times in inputs]
    found, order = worst(parts), list(Freshness)
    for row, state in enumerate(found.states):
        assert order.index(state) == max(order.index(one.states[row]) for one in parts)
        known = [one.ages[row] for one in parts if one.ages[row] is not None]
        assert found.ages[row] == (max(known) if known else None)  # type: ignore[type-var]


ENTITIES = 4


def joined(trips: list[int | None], rate: list[float | None]) -> pl.DataFrame:
    return pl.DataFrame({"driver_id": range(len(trips)), "trips": trips, "rate": rate}, strict=False)


TRIPS = Expected("trips", Column.model_validate({"nulls": "25%"}))
RATE = Expected("rate", Column.model_validate({"nullable": False}))


def test_a_join_that_kept_rows_and_values_is_good() -> None:
    found = check_training(ENTITIES, joined([1, None, 3, 4], [0.1, 0.2, 0.3, 0.4]), [TRIPS, RATE])
    assert (found.rows_out, found.problems) == (ENTITIES, [])
    assert found.null_ratios == {"trips": 0.25, "rate": 0.0}
    found.raise_if_wrong()


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (joined([1, 2], [0.1, 0.2]), "2 of 4 rows were lost in the join"),
        (joined([1] * 5, [0.1] * 5), "4 rows became 5 in the join: a key has several rows of one time."),
        (joined([1, None, None, 4], [0.1] * 4), "50.00% of 'trips' is null; the contract allows 25.00%."),
        (
            joined([1] * 4, [0.1, float("nan"), 0.3, 0.4]),
            "25.00% of 'rate' is NaN; the contract allows 0.00%.",
        ),
        (joined([], []), "4 of 4 rows were lost in the join"),
    ],
)
def test_a_join_that_lost_something_trains_nothing(rows: pl.DataFrame, why: str) -> None:
    found = check_training(ENTITIES, rows, [TRIPS, RATE])
    with pytest.raises(TrainingDataError, match=why) as caught:
        found.raise_if_wrong()
    assert caught.value.joined == found


def test_nothing_to_train_on_is_no_training() -> None:
    assert check_training(0, joined([], []), [TRIPS]).problems == ["There are no entities to train on."]


def test_without_a_promise_nulls_are_told_and_not_judged() -> None:
    found = check_training(ENTITIES, joined([None] * 4, [0.1] * 4), [Expected("trips"), Expected("rate")])
    assert (found.problems, found.null_ratios) == ([], {"trips": 1.0, "rate": 0.0})


def test_a_feature_that_is_no_column_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="The joined rows have no column 'speed'"):
        check_training(ENTITIES, joined([1], [0.1]), [Expected("speed")])
