from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureguard.errors import SourceCorruptError, SourceError, SourceUnreadableError
from featureguard.measures import Measures
from featureguard.profile import NEVER, ColumnProfile, Profile
from featureguard.scan import profile_batches
from featureguard.sources import Fragment
from featureguard.sources.parquet import ParquetSource
from tests.thorough import often

DAY = 86_400_000_000


def only(path: Path) -> Fragment:
    (fragment,) = ParquetSource(path).snapshot().fragments
    return fragment


def profiled(folder: Path, **columns: pa.Array) -> dict[str, ColumnProfile]:
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return dict(only(folder / "a.parquet").statistics().columns)


def extremes(column: ColumnProfile) -> tuple[Any, Any]:
    return column.least, column.greatest


def test_instants_are_microseconds_since_the_epoch_whatever_their_unit(tmp_path: Path) -> None:
    raw = [-1_500_000_001, 1_500_000_001]
    found = profiled(tmp_path, **{unit: pa.array(raw, pa.timestamp(unit)) for unit in ("ms", "us", "ns")})

    assert extremes(found["ms"]) == (-1_500_000_001_000, 1_500_000_001_000)
    assert extremes(found["us"]) == (-1_500_000_001, 1_500_000_001)
    assert extremes(found["ns"]) == (-1_500_001, 1_500_000)  # Rounded down, never newer.
    assert found["us"].types == {"timestamp[us]"}


def test_dates_and_integers_are_exact(tmp_path: Path) -> None:
    found = profiled(
        tmp_path,
        date=pa.array([dt.date(1969, 12, 31), dt.date(1970, 1, 2)]),
        unsigned=pa.array([2**63 + 1, 5], pa.uint64()),
        byte=pa.array([250, 3], pa.uint8()),
        small=pa.array([-7, None], pa.int8()),
    )
    assert extremes(found["date"]) == (-DAY, DAY)
    assert extremes(found["unsigned"]) == (5, 2**63 + 1)
    assert extremes(found["byte"]) == (3, 250)
    assert (extremes(found["small"]), found["small"].nulls) == ((-7, -7), 1)


@pytest.mark.parametrize("data_type", [pa.decimal128(5, 2), pa.decimal128(38, 10), pa.decimal256(60, 2)])
def test_decimals_are_exact_to_the_last_digit(tmp_path: Path, data_type: pa.DataType) -> None:
    most = Decimal((0, (9,) * data_type.precision, -data_type.scale))
    least = most.copy_negate()  # Not `-most`, which rounds to 28 digits.
    found = profiled(tmp_path, price=pa.array([most, least], data_type))["price"]
    assert extremes(found) == (least, most)


def test_what_a_footer_cannot_say_exactly_is_not_measured(tmp_path: Path) -> None:
    found = profiled(
        tmp_path,
        number=pa.array([1.0, float("nan")]),
        word=pa.array(["a", ""]),
        list=pa.array([[1], None]),
        flag=pa.array([True, False]),
        duration=pa.array([1, 2], pa.duration("us")),
    )
    number, word = found["number"], found["word"]
    assert (number.nulls, number.nans, *extremes(number)) == (0, None, None, None)
    assert (word.nulls, word.nans, word.empties, *extremes(word)) == (0, 0, None, None, None)
    assert (found["list"].nulls, set(found["list"].types)) == (None, {"list<int64>"})
    assert extremes(found["flag"]) == extremes(found["duration"]) == (None, None)


def test_a_column_of_nulls_has_never_had_a_value(tmp_path: Path) -> None:
    nulls = {
        name: pa.nulls(3, data_type)
        for name, data_type in {"ts": pa.timestamp("us"), "f": pa.float64(), "n": pa.null()}.items()
    }
    for column in profiled(tmp_path, **nulls).values():
        assert (column.nulls, column.nans, *extremes(column)) == (3, 0, NEVER, NEVER)


def test_a_file_without_rows_is_measured(tmp_path: Path) -> None:
    ts = profiled(tmp_path, ts=pa.array([], pa.timestamp("us")), word=pa.array([], pa.string()))["ts"]
    assert (ts.rows, ts.nulls, *extremes(ts)) == (0, 0, NEVER, NEVER)
    assert list(only(tmp_path / "a.parquet").batches(["ts"])) == []


def test_missing_statistics_are_not_measured(tmp_path: Path) -> None:
    table = pa.table({"ts": pa.array([1, 2], pa.timestamp("us")), "n": [1, None]})
    pq.write_table(table, tmp_path / "none.parquet", write_statistics=False)
    pq.write_table(table, tmp_path / "some.parquet", write_statistics=["n"])
    none = only(tmp_path / "none.parquet").statistics().columns
    some = only(tmp_path / "some.parquet").statistics().columns

    assert (
        none["ts"]
        == some["ts"]
        == ColumnProfile(rows=2, types=frozenset({"timestamp[us]"}), nans=0, empties=0)
    )
    assert (some["n"].nulls, *extremes(some["n"])) == (1, 1, 1)


def test_int96_has_no_order(tmp_path: Path) -> None:
    table = pa.table({"ts": pa.array([1, 2], pa.timestamp("ns"))})
    pq.write_table(table, tmp_path / "a.parquet", use_deprecated_int96_timestamps=True)
    fragment = only(tmp_path / "a.parquet")

    assert extremes(fragment.statistics().columns["ts"]) == (None, None)
    assert fragment.confirm_greatest("ts") == 0


def test_required_columns_have_no_nulls_even_without_statistics(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("n", pa.int64(), nullable=False)])
    pq.write_table(pa.table({"n": [1]}, schema=schema), tmp_path / "a.parquet", write_statistics=False)
    assert only(tmp_path / "a.parquet").statistics().columns["n"].nulls == 0


def test_names_with_dots_are_not_mistaken_for_nested_columns(tmp_path: Path) -> None:
    table = pa.table({"a": [{"b": 1}], "a.b": [7], "c.d": [8]})
    pq.write_table(table, tmp_path / "a.parquet")
    fragment = only(tmp_path / "a.parquet")

    columns = fragment.statistics().columns
    assert (columns["a"].greatest, columns["a.b"].greatest, columns["c.d"].greatest) == (None, 7, 8)
    (batch,) = fragment.batches(["a.b"])
    assert batch.to_pydict() == {"a.b": [7]}


@pytest.mark.parametrize("writer", ["pyarrow", "polars"])
def test_both_writers_give_the_same_profile(tmp_path: Path, writer: str) -> None:
    stamps = [dt.datetime(2013, 1, 1, tzinfo=dt.UTC), None, dt.datetime(2013, 1, 2, tzinfo=dt.UTC)]
    frame = pl.DataFrame({"ts": stamps, "n": [1, 2, None], "word": ["a", None, ""]})
    path = tmp_path / "a.parquet"
    frame.write_parquet(path) if writer == "polars" else pq.write_table(frame.to_arrow(), path)

    columns = only(path).statistics().columns
    assert extremes(columns["ts"]) == (1_356_998_400_000_000, 1_357_084_800_000_000)
    assert [columns[name].nulls for name in ("ts", "n", "word")] == [1, 1, 1]


def test_a_column_of_the_file_wins_over_the_partition_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "n=9").mkdir()
    pq.write_table(pa.table({"n": [1]}), tmp_path / "n=9" / "a.parquet")
    (fragment,) = ParquetSource(tmp_path).snapshot().fragments

    assert fragment.statistics().columns["n"].types == {"int64"}
    assert next(fragment.batches(["n"])).to_pydict() == {"n": [1]}


def test_files_whose_schemas_differ_are_each_read_as_they_are(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"n": ["x"], "new": [2]}), tmp_path / "2.parquet")
    profiles = [fragment.statistics() for fragment in ParquetSource(tmp_path).snapshot().fragments]

    merged = profiles[0] + profiles[1]
    assert merged.columns["n"].types == {"int64", "string"}
    assert (merged.rows, merged.columns["new"].rows) == (2, 1)


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"not a parquet file at all", b"PAR1\0\0\0\0\xff\xff\xff\x7fPAR1"]
)
def test_what_is_no_parquet_file_is_corrupt(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(SourceCorruptError, match=r"a\.parquet"):
        only(tmp_path / "a.parquet").statistics()


def test_a_file_that_vanishes_or_changes_after_listing_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": [1]}), path)
    fragment = only(path)
    pq.write_table(pa.table({"n": [1], "more": [2]}), path)
    with pytest.raises(SourceUnreadableError, match="changed while it was read"):
        fragment.statistics()
    path.unlink()
    with pytest.raises(SourceUnreadableError, match=r"a\.parquet"):
        list(fragment.batches(["n"]))


def test_two_columns_of_one_name_are_refused_by_name(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["fare", "fare"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(SourceError, match="'fare' occurs more than once"):
        only(tmp_path / "a.parquet").statistics()


_TABLES = st.lists(
    st.fixed_dictionaries(
        {
            "ts": st.none() | st.integers(-(2**53), 2**53),
            "day": st.none() | st.dates(),
            "n": st.none() | st.integers(-(2**63), 2**63 - 1),
            "f": st.none() | st.floats(),
            "word": st.none() | st.text(max_size=3),
            "price": st.none() | st.decimals(-(10**9), 10**9, places=2),
        }
    ),
    max_size=30,
)
_SCHEMA = pa.schema(
    {
        "ts": pa.timestamp("us"),
        "day": pa.date32(),
        "n": pa.int64(),
        "f": pa.float64(),
        "word": pa.string(),
        "price": pa.decimal128(20, 2),
    }
)


@settings(max_examples=often(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=_TABLES, group=st.integers(1, 10))
def test_metadata_says_what_a_scan_says_or_nothing(
    tmp_path: Path, rows: list[dict[str, Any]], group: int
) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(rows, _SCHEMA), path, row_group_size=group)
    fragment = only(path)
    everything = Measures(nulls=True, nans=True, empties=True, extremes=True)
    measured = dict.fromkeys(_SCHEMA.names, everything)

    scanned = profile_batches(fragment.batches(_SCHEMA.names), measured) if rows else Profile()
    for name, column in fragment.statistics().columns.items():
        said = {f: getattr(column, f) for f in ("rows", "nulls", "nans", "empties", "least", "greatest")}
        for what, value in said.items():
            if value not in (None, NEVER) and rows:
                assert getattr(scanned.columns[name], what) == value, (name, what)
        if name in ("ts", "day", "n", "price"):
            assert column.greatest is not None
