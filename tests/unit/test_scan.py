from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest

from featureguard.histogram import TimeHistogram
from featureguard.measures import Measures
from featureguard.observation import NO_TIME
from featureguard.profile import MAX_DISTINCT, NEVER, ColumnProfile, Values
from featureguard.scan import (
    frames_between,
    instants,
    is_instant,
    newest_before,
    profile_batches,
    profile_windows,
)
from featureguard.windows import Windows, to_micros

NOON = datetime(2013, 2, 8, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def measured(
    rows: list[object], kind: pa.DataType, zone: str | None = None, **measures: object
) -> ColumnProfile:
    batch = pa.record_batch({"x": pa.array(rows, kind)})
    wanted = {"x": Measures(**measures)}  # type: ignore[arg-type]
    return profile_batches([batch], wanted, zones={"x": zone} if zone else {}).columns["x"]


def test_null_nan_and_empty_are_counted_apart() -> None:
    assert measured([None, float("nan"), 1.0], pa.float64(), nulls=True, nans=True).nans == 1
    found = measured([None, "", "a"], pa.string(), nulls=True, empties=True)
    assert (found.nulls, found.empties, found.nans) == (1, 1, 0)


def test_what_is_not_wanted_is_not_measured_unless_the_type_answers() -> None:
    found = measured([1.0], pa.float64())
    assert (found.nulls, found.nans, found.empties, found.least) == (None, None, 0, None)
    assert measured([1], pa.int64()).nans == 0


@pytest.mark.parametrize(
    ("rows", "kind", "ends"),
    [
        ([3, None, -2], pa.int64(), (-2, 3)),
        ([float("nan"), 1.0], pa.float64(), (1.0, 1.0)),
        ([float("nan")], pa.float64(), (NEVER, NEVER)),
        ([None], pa.int64(), (NEVER, NEVER)),
        ([2**63 + 1], pa.uint64(), (2**63 + 1, 2**63 + 1)),
        ([Decimal("1.10")], pa.decimal128(5, 2), (Decimal("1.1"), Decimal("1.1"))),
        ([date(1970, 1, 2)], pa.date32(), (86_400_000_000, 86_400_000_000)),
        ([NOON], pa.timestamp("ms", "UTC"), (to_micros(NOON), to_micros(NOON))),
        ([1_999], pa.timestamp("ns", "UTC"), (1, 1)),
        ([-1], pa.timestamp("ns", "UTC"), (-1, -1)),
        (["a"], pa.string(), (None, None)),
        ([True], pa.bool_(), (None, None)),
    ],
)
def test_extremes_are_numbers_or_microseconds(rows: list[object], kind: pa.DataType, ends: object) -> None:
    found = measured(rows, kind, extremes=True)
    assert (found.least, found.greatest) == ends


@pytest.mark.parametrize(
    ("sentinel", "rows", "kind", "tally"),
    [
        ("-999", [-999, 1, None], pa.int64(), 1),
        ("-999", [-999.0, 1.0], pa.float32(), 1),
        ("-999.9", [-999.9, 1.0], pa.float32(), 1),
        ("-999", [1], pa.uint8(), 0),
        ("1000", [1], pa.int8(), 0),
        ("2.5", [Decimal("2.5")], pa.decimal128(4, 1), 1),
        ('"?"', ["?", "a"], pa.string(), 1),
        ('"1"', [1], pa.int64(), 0),
        ("1", ["1"], pa.string(), 0),
        ("true", [True, False, None], pa.bool_(), 1),
        ("true", [1], pa.int64(), 0),
        ("1", [True], pa.bool_(), 0),
        ('"2013-02-08"', [date(2013, 2, 8)], pa.date32(), 0),
    ],
)
def test_a_sentinel_is_tallied_where_it_can_be(
    sentinel: str, rows: list[object], kind: pa.DataType, tally: int
) -> None:
    assert measured(rows, kind, sentinels=frozenset({sentinel})).tally(sentinel) == tally


def test_values_are_spelled_one_way_each() -> None:
    assert measured([0.0, -0.0, None], pa.float64(), values=True).values == Values.of({"0.0": 2})
    assert measured([-0.0], pa.float64(), values=True).values == Values.of({"0.0": 1})
    assert measured([Decimal("1.50")], pa.decimal128(5, 2), values=True).values == Values.of({"1.50": 1})
    found = measured([float("nan"), float("inf")], pa.float64(), values=True).values
    assert found == Values.of({'"inf"': 1, '"nan"': 1})
    assert measured([date(2013, 2, 8)], pa.date32(), values=True).values == Values.of({'"2013-02-08"': 1})


def test_values_closer_than_their_spelling_are_counted_together() -> None:
    found = measured([1_000_000_001, 1_000_000_002], pa.timestamp("ns", "UTC"), values=True).values
    assert found is not None
    assert [rows for _, rows in found.counts] == [2]


def test_more_values_than_the_bound_overflow() -> None:
    found = measured(list(range(MAX_DISTINCT + 1)), pa.int64(), values=True).values
    assert found == Values((), overflowed=True)


def test_a_list_has_no_values_to_collect() -> None:
    assert measured([[1]], pa.list_(pa.int64()), values=True, nulls=True).values is None


def test_a_table_without_columns_still_has_rows() -> None:
    batch = pa.RecordBatch.from_struct_array(pa.Array.from_buffers(pa.struct([]), 7, [None]))
    assert profile_batches([batch], {}).rows == 7


def test_instants_are_in_utc_where_the_zone_is_declared() -> None:
    wall = NOON.replace(tzinfo=None)
    found = measured([wall], pa.timestamp("us"), "America/New_York", extremes=True, times=True)
    utc = to_micros(NOON + 5 * HOUR)
    assert (found.greatest, found.times) == (utc, TimeHistogram.of_seconds([(utc // 10**6, 1)]))
    assert measured([wall.date()], pa.date32(), "Asia/Tokyo", extremes=True).least == to_micros(
        datetime(2013, 2, 7, 15, tzinfo=UTC)
    )


def test_an_aware_column_keeps_its_own_zone() -> None:
    assert measured([NOON], pa.timestamp("us", "UTC"), "Asia/Tokyo", extremes=True).least == to_micros(NOON)


@pytest.mark.parametrize(
    ("zone", "wall", "utc"),
    [
        ("America/New_York", (2013, 3, 10, 2, 30), (2013, 3, 10, 6, 30)),
        ("America/New_York", (2013, 11, 3, 1, 30), (2013, 11, 3, 5, 30)),
        ("Antarctica/Troll", (2019, 3, 31, 2, 30), (2019, 3, 31, 0, 30)),
        ("Pacific/Apia", (2011, 12, 30, 12), (2011, 12, 29, 22)),
    ],
)
def test_a_skipped_or_repeated_wall_time_is_read_as_the_earlier(
    zone: str, wall: tuple[int, ...], utc: tuple[int, ...]
) -> None:
    batch = pa.record_batch({"at": [datetime(*wall)]})  # type: ignore[arg-type]  # noqa: DTZ001
    (frame,) = instants([batch], "at", zones={"at": zone})
    assert frame.get_column("at").to_list() == [to_micros(datetime(*utc, tzinfo=UTC))]  # type: ignore[misc,arg-type]


def times(*hours: float | None) -> pa.RecordBatch:
    at = [None if hour is None else NOON + hour * HOUR for hour in hours]
    return pa.record_batch({"at": pa.array(at, pa.timestamp("us", "UTC")), "x": list(range(len(at)))})


def test_the_newest_value_up_to_the_horizon_counts_and_the_rest_is_counted() -> None:
    found = instants([times(-2, None), times(0, 0.5, 9), times()], "at")
    assert newest_before(found, "at", NOON) == (to_micros(NOON), 2)


def test_only_future_rows_have_no_newest() -> None:
    assert newest_before(instants([times(1, None)], "at"), "at", NOON) == (NEVER, 1)


def test_rows_are_cut_by_window_and_those_without_a_time_kept_apart() -> None:
    wanted = {"x": Measures(extremes=True)}
    found = profile_windows([times(0, 13, None), times(1)], wanted, windows=Windows("day"), time="at")
    assert {key: profile.rows for key, profile in found.items()} == {
        "2013-02-08": 2,
        "2013-02-09": 1,
        NO_TIME: 1,
    }


def test_windows_of_a_declared_zone_cut_wall_times() -> None:
    batch = pa.record_batch({"at": pa.array([datetime(2013, 2, 8, 23)], pa.timestamp("us"))})  # noqa: DTZ001
    cut = Windows("day", "America/New_York")
    assert profile_windows([batch], {}, windows=cut, time="at", zones={"at": "UTC"}).keys() == {"2013-02-08"}


def test_a_text_is_no_point_in_time() -> None:
    with pytest.raises(TypeError, match="'x' is String, not a point in time"):
        next(instants([pa.record_batch({"x": ["2013-02-08"]})], "x"))


def test_rows_between_two_instants_keep_their_types() -> None:
    (frame,) = frames_between([times(-1, 0, 1, None)], "at", NOON, NOON + HOUR)
    assert frame.get_column("at").to_list() == [NOON]
    (without,) = frames_between([times(-1, None)], "at", None, None)
    assert without.get_column("x").to_list() == [1]


def test_instants_are_timestamps_and_dates() -> None:
    assert is_instant(pa.timestamp("s"))
    assert is_instant(pa.date64())
    assert is_instant(pl.Datetime("us"))
    assert not is_instant(pa.time64("us"))
    assert not is_instant(pl.Int64())
