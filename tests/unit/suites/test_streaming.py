"""However rows are cut into batches, the verdicts are the same; memory follows the state, not the rows."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureguard.errors import SourceCorruptError, UsageError
from featureguard.result import Status
from featureguard.sources.memory import MemorySource
from featureguard.suites import tallying
from featureguard.suites.compiling import compile_suite
from featureguard.suites.data import as_data
from featureguard.suites.measures import Tally
from featureguard.suites.tallying import Tallier
from tests.thorough import often
from tests.unit.suites.builders import expect, judged, suite

SUITE = [
    expect("column_values_to_not_be_null", column="n", mostly=0.5),
    expect("column_values_to_be_between", column="n", min_value=0, max_value=5),
    expect("column_values_to_be_unique", column="n"),
    expect("column_mean_to_be_between", column="f", min_value=0),
    expect("column_stdev_to_be_between", column="f", max_value=1),
    expect("column_sum_to_be_between", column="n", max_value=10),
    expect("column_min_to_be_between", column="f", min_value=0),
    expect("column_median_to_be_between", column="f", min_value=0),
    expect("column_unique_value_count_to_be_between", column="n", max_value=4),
    expect("column_most_common_value_to_be_in_set", column="n", value_set=[1, 2]),
    expect("column_values_to_not_be_outliers", column="f", multiplier=1.0),
    expect("compound_columns_to_be_unique", column_list=["n", "f"]),
    expect("table_row_count_to_be_between", min_value=1),
]
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-2, 6),
        st.none() | st.sampled_from([0.0, -0.0, 0.5, 1.0, -1.0, 2.5, float("nan"), float("inf")]),
    ),
    max_size=30,
)


def said(found: Any) -> list[Any]:
    return [
        (one.status, one.code, round(one.observed, 9) if isinstance(one.observed, float) else one.observed)
        for one in found.results
    ]


@settings(max_examples=often(60), deadline=None)
@given(ROWS, st.integers(1, 7))
def test_the_cut_into_batches_changes_nothing(rows: list[tuple[Any, Any]], size: int) -> None:
    schema = pa.schema([("n", pa.int64()), ("f", pa.float64())])
    table = pa.Table.from_pylist([{"n": n, "f": f} for n, f in rows], schema=schema)
    batches = table.to_batches(max_chunksize=size)
    streamed = judged(pa.RecordBatchReader.from_batches(schema, iter(batches)), *SUITE)
    assert said(streamed) == said(judged(table, *SUITE))


@settings(max_examples=often(60), deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), max_size=8), min_size=1, max_size=6))
def test_a_tally_that_was_counted_on_the_way_is_the_same(parts: list[list[int]]) -> None:
    tally = Tally((pl.col("x"),))

    def gathered(raw_rows: int) -> tuple[Any, ...]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tallying, "RAW_ROWS", raw_rows)
            tallier = Tallier(tally)
            for part in parts:
                tallier.add(pl.DataFrame({"x": pl.Series(part, dtype=pl.Int64)}))
            found = tallier.finish()
        ranks = list(range(found.rows))
        repeated = found.repeated.sort("0").rows()
        return found.rows, found.distinct, found.grouped.sort("0").rows(), repeated, found.at(ranks)

    values = sorted(value for part in parts for value in part)
    assert gathered(3) == gathered(1_000)
    assert gathered(3)[0::4] == (len(values), values)


def test_one_column_is_kept_once_for_all_that_ask_about_it_without_a_condition() -> None:
    frame = pl.DataFrame({"n": [1, 1, 2], "f": [0.5, 1.0, 1.5]})
    asked = [
        expect("column_values_to_be_unique", column="n"),
        expect("column_unique_value_count_to_be_between", column="n", max_value=2),
        expect("column_median_to_be_between", column="n", max_value=1),
        expect("column_median_to_be_between", column="n", min_value=2, row_condition="f > 1"),
        expect("column_median_to_be_between", column="f", max_value=1),
    ]
    compiled = compile_suite(suite(*asked), frame.schema)
    tallies = [one.check.measures[0] for one in compiled if one.check]
    assert [tally.key for tally in tallies if isinstance(tally, Tally)] == ["n", "n", "n", None, "f"]
    assert [one.success for one in judged(frame, *asked).results] == [False, True, True, True, True]


def endless(batches: int, rows: int) -> Iterator[pa.RecordBatch]:
    for number in range(batches):
        yield pa.RecordBatch.from_pydict({"n": pa.array([number % 5] * rows), "f": pa.array([0.5] * rows)})


def test_a_stream_is_read_once_and_not_kept() -> None:
    stream = endless(200, 10_000)
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    tracemalloc.start()
    found = judged(
        stream, *[one for one in SUITE if "unique" not in one["type"] and "median" not in one["type"]]
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.results[0].result["element_count"] == 2_000_000
    assert next(stream, None) is None
    assert peak < 20 << 20
    assert pool.bytes_allocated() - before < 20 << 20


@pytest.mark.parametrize(
    "made", [lambda f: f, lambda f: f.to_arrow(), lambda f: MemorySource(f), lambda f: lambda: f]
)
def test_frames_tables_sources_and_functions_are_data(made: Any) -> None:
    frame = pl.DataFrame({"n": [1, None]})
    assert judged(made(frame), expect("column_values_to_not_be_null", column="n")).results[0].observed == 0.5


def test_a_fragment_and_the_batches_of_one_are_data() -> None:
    (fragment,) = MemorySource(pl.DataFrame({"n": [1, None]})).snapshot().fragments
    asked = expect("column_values_to_not_be_null", column="n")
    assert judged(fragment, asked).results[0].observed == 0.5
    assert judged(fragment.batches(["n"]), asked).results[0].observed == 0.5


def test_what_is_no_table_is_a_wrong_call() -> None:
    with pytest.raises(UsageError, match="no table"):
        judged([1, 2], *SUITE)
    with pytest.raises(UsageError, match="LazyFrame"):
        judged(pl.DataFrame({"n": [1]}).lazy(), *SUITE)
    with pytest.raises(SourceCorruptError, match="no record batches"):
        as_data(iter([1, 2]))


def test_files_of_one_dataset_may_differ_in_width_and_in_columns(tmp_path: Any) -> None:
    from featureguard.sources.parquet import ParquetSource

    for part, frame in {
        "day=1": pl.DataFrame({"n": pl.Series([1], dtype=pl.Int32)}),
        "day=2": pl.DataFrame({"n": pl.Series([2**40], dtype=pl.Int64), "more": ["a"]}),
    }.items():
        (tmp_path / part).mkdir()
        frame.write_parquet(tmp_path / part / "a.parquet")
    found = judged(
        ParquetSource(str(tmp_path)),
        expect("column_max_to_be_between", column="n", max_value=2**40),
        expect("column_values_to_not_be_null", column="more", mostly=0.5),
        expect("column_values_to_be_in_set", column="day", value_set=["1", "2"]),
        expect("table_columns_to_match_set", column_set=["n", "more", "day"]),
    )
    assert [one.status for one in found.results] == [Status.PASS] * 4
    assert found.snapshot is not None


def test_all_types_of_arrow_are_counted_even_where_they_are_not_compared() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    table = pa.table(
        {
            "list": pa.array([[1], None]),
            "struct": pa.array([{"a": 1}, None]),
            "bytes": pa.array([b"a", None]),
            "time": pa.array([at.time(), None]),
            "gone": pa.nulls(2),
            "kind": pa.array(["a", None]).dictionary_encode(),
            "zoned": pa.array([at, None], pa.timestamp("ms", "Europe/Berlin")),
            "price": pa.array([1, None], pa.decimal128(12, 3)),
        }
    )
    asked = [expect("column_values_to_not_be_null", column=name) for name in table.column_names]
    found = {one.column: one.observed for one in judged(table, *asked).results}
    assert found == {**dict.fromkeys(table.column_names, 0.5), "gone": 1.0}
