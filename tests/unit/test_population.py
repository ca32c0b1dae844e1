from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from featureguard.contract import Population
from featureguard.histogram import TimeHistogram
from featureguard.population import (
    NEWEST,
    count_keys,
    merge_states,
    newest_per_entity,
    quantiles,
    read_entities,
    time_histogram,
)
from featureguard.windows import to_micros

NOW = datetime(2013, 2, 9, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PROMISE = Population(entity=("id",), within=HOUR, at_least=0.9, seen_within=24 * HOUR)


def state(*ages: timedelta | None) -> pl.DataFrame:
    """Entities 0, 1 … with a newest row so old."""
    newest = [None if age is None else to_micros(NOW - age) for age in ages]
    return pl.DataFrame({"id": range(len(ages)), NEWEST: pl.Series(newest, dtype=pl.Int64)})


@pytest.mark.parametrize(
    ("age", "fresh", "expected"),
    [
        (HOUR, 1, 1),
        (HOUR + timedelta(microseconds=1), 0, 1),
        (24 * HOUR, 0, 1),
        (24 * HOUR + timedelta(microseconds=1), 0, 0),
        (-HOUR, 1, 1),
        (None, 0, 0),
    ],
)
def test_an_entity_is_fresh_then_stale_then_retired(age: timedelta | None, fresh: int, expected: int) -> None:
    reading = read_entities(state(age), PROMISE, NOW)
    assert (reading.fresh, reading.expected, reading.at) == (fresh, expected, NOW)


def test_the_oldest_expected_entities_are_named_oldest_first() -> None:
    reading = read_entities(state(*[n * HOUR for n in (1, 9, 3, 30, 7, 2, 5)]), PROMISE, NOW)
    assert [name for name, _ in reading.worst] == ["id=1", "id=4", "id=6", "id=2", "id=5"]
    assert reading.worst[0][1] == 9 * 3_600


def test_an_age_inside_the_tolerance_is_not_negative() -> None:
    assert read_entities(state(-timedelta(minutes=1)), PROMISE, NOW).age_seconds["max"] == 0


def test_a_row_from_the_future_refreshes_nobody_but_its_entity_is_known() -> None:
    at = pl.Series([to_micros(NOW + HOUR), to_micros(NOW - 2 * HOUR)])
    rows = pl.DataFrame({"id": [1, 2], "at": at})
    found = newest_per_entity([rows], ["id"], "at", NOW)
    assert dict(found.iter_rows()) == {1: None, 2: to_micros(NOW - 2 * HOUR)}


def test_a_row_that_names_nobody_is_left_out() -> None:
    rows = pl.DataFrame({"id": [None, "a"], "at": [1, 1]})
    assert newest_per_entity([rows], ["id"], "at", NOW).get_column("id").to_list() == ["a"]


def test_files_with_other_integers_name_the_same_entities() -> None:
    narrow = pl.DataFrame({"id": pl.Series([1], dtype=pl.Int32), NEWEST: [5]})
    wide = pl.DataFrame({"id": pl.Series([1], dtype=pl.Int64), NEWEST: [7]})
    assert (
        merge_states([narrow, wide], ["id"]).rows() == merge_states([wide, narrow], ["id"]).rows() == [(1, 7)]
    )


def test_no_files_and_no_rows_are_no_entities() -> None:
    for frames in ([], [pl.DataFrame(schema={"id": pl.Int64, "at": pl.Int64})]):
        reading = read_entities(newest_per_entity(frames, ["id"], "at", NOW), PROMISE, NOW)
        assert (reading.expected, reading.fresh, reading.worst, reading.age_seconds) == (0, 0, (), {})


def test_quantiles_of_nothing_are_not_measured() -> None:
    assert quantiles(pl.Series([], dtype=pl.Float64)) == {}


@pytest.mark.parametrize(
    "types",
    [
        (pl.Int32, pl.Int64),
        (pl.Int64, pl.Int32),
        (pl.Int64, pl.UInt64),
        (pl.Int64, pl.String),
    ],
)
def test_keys_of_files_whose_types_differ_are_counted_together(types: tuple[type[pl.DataType], ...]) -> None:
    """A group-by that streams frames of two types would abort the process."""
    frames = [pl.DataFrame({"id": pl.Series([1, 2]).cast(dtype)}) for dtype in types]
    found = count_keys(frames, ["id"])
    assert (found.rows, found.distinct) == (4, 2)


def test_a_timestamp_is_one_key_whatever_its_unit() -> None:
    at = pl.Series("at", [NOW])
    frames = [pl.DataFrame(at.cast(pl.Datetime(unit, "UTC"))) for unit in ("us", "ns", "ms")]
    assert count_keys(frames, ["at"]).distinct == 1


def test_an_error_while_rows_are_read_comes_out_as_it_was() -> None:
    def broken() -> object:
        yield pl.DataFrame({"id": [1]})
        raise KeyError("page 7")

    with pytest.raises(KeyError, match="page 7"):
        count_keys(broken(), ["id"])  # type: ignore[arg-type]


def test_a_repeated_key_is_shown() -> None:
    found = count_keys([pl.DataFrame({"id": [1, 2, 2], "city": ["a", "b", "b"]})], ["id", "city"])
    assert (found.rows, found.distinct, found.example) == (3, 2, "id=2, city=b")


def test_nothing_has_no_keys() -> None:
    found = count_keys([], ["id"])
    assert (found.rows, found.distinct, found.example) == (0, 0, "")


def test_half_a_second_before_the_epoch_is_in_the_bucket_before_it() -> None:
    assert time_histogram(pl.Series([-500_000, None])) == TimeHistogram(0, (-1,), (1,))
