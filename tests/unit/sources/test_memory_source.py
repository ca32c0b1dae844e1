from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from featureguard.contract import Contract
from featureguard.errors import SourceCorruptError, UsageError
from featureguard.guard import check
from featureguard.profile import NEVER
from featureguard.sources import Fragment
from featureguard.sources.memory import MemorySource


def only(data: object) -> Fragment:
    (fragment,) = MemorySource(data).snapshot().fragments
    return fragment


def rides(*values: float | None) -> pa.Table:
    return pa.table({"fare": pa.array(values, pa.float64()), "word": pa.array([str(v) for v in values])})


class Stream:
    """What any library may hand in: an object that only speaks the Arrow C stream."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "form",
    [
        lambda t: t,
        lambda t: t.to_batches()[0],
        lambda t: t.to_reader(),
        lambda t: pl.DataFrame(t),
        lambda t: Stream(t),
    ],
    ids=["table", "batch", "reader", "polars", "stream"],
)
def test_every_form_of_table_reads_alike(form: Callable[[pa.Table], object]) -> None:
    fragment = only(form(rides(1.5, None)))

    (batch,) = fragment.batches(["fare"])
    assert batch.to_pydict() == {"fare": [1.5, None]}
    assert fragment.statistics().columns["fare"].nulls == 1
    assert (fragment.key, fragment.partition, fragment.modified_us) == (None, {}, None)


def test_a_pandas_frame_keeps_a_named_index_and_drops_a_nameless_one() -> None:
    pd: Any = pytest.importorskip("pandas")
    frame = pd.DataFrame({"fare": [1.5, 2.5]}, index=[7, 9])

    assert set(only(frame).statistics().columns) == {"fare"}
    assert set(only(frame.rename_axis("ride")).statistics().columns) == {"fare", "ride"}


def test_pandas_is_not_imported_for_other_data() -> None:
    before = "pandas" in sys.modules
    only(rides(1.0))
    assert ("pandas" in sys.modules) == before


def test_statistics_hold_what_arrow_keeps_and_nothing_else() -> None:
    columns = only(rides(1.5, None)).statistics().columns

    fare, word = columns["fare"], columns["word"]
    assert (fare.rows, fare.nulls, fare.nans, fare.empties, fare.greatest) == (2, 1, None, 0, None)
    assert (word.nulls, word.nans, word.empties, set(word.types)) == (0, 0, None, {"string"})


def test_a_column_of_nulls_has_been_measured() -> None:
    fare = only(rides(None, None)).statistics().columns["fare"]
    assert (fare.nulls, fare.nans, fare.least, fare.greatest) == (2, 0, NEVER, NEVER)


def test_nulls_that_hide_in_a_dictionary_are_not_counted_from_metadata() -> None:
    hidden = pa.DictionaryArray.from_arrays(pa.array([0, 1, 1]), pa.array(["a", None]))
    fragment = only(pa.table({"word": hidden}))

    assert fragment.statistics().columns["word"].nulls is None
    (batch,) = fragment.batches(["word"])
    assert batch.column("word").null_count == 2
    assert batch.schema.field("word").type == pa.string()


def test_long_tables_come_in_batches_of_at_most_128k_rows() -> None:
    fragment = only(pa.table({"n": pa.array(range(300_000))}))
    assert [batch.num_rows for batch in fragment.batches(["n"])] == [131_072, 131_072, 37_856]
    assert [batch.num_rows for batch in fragment.batches([])] == [131_072, 131_072, 37_856]


def test_columns_that_are_not_there_are_left_out() -> None:
    (batch,) = only(rides(1.0)).batches(["fare", "tip"])
    assert batch.schema.names == ["fare"]
    (counted,) = only(rides(1.0, 2.0)).batches(["tip"])
    assert (counted.num_rows, counted.num_columns) == (2, 0)


def test_two_columns_of_one_name_are_refused_by_name() -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["fare", "fare"])
    with pytest.raises(SourceCorruptError, match="'fare' occurs more than once"):
        MemorySource(twice)


def test_malformed_arrow_data_is_corrupt_and_not_a_crash() -> None:
    offsets = pa.py_buffer(b"\0\0\0\0\1\0\0\0")
    broken = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(b"\xff")])
    with pytest.raises(SourceCorruptError):
        list(only(pa.table({"word": broken})).batches(["word"]))


def test_what_is_no_table_is_refused_with_a_hint() -> None:
    with pytest.raises(UsageError, match=r"frame\.collect\(\)"):
        MemorySource(pl.LazyFrame({"a": [1]}))
    with pytest.raises(UsageError, match="dict, which is no table"):
        MemorySource({"a": [1]})


def test_categories_of_polars_are_read_as_their_texts() -> None:
    frame = pl.DataFrame({"kind": pl.Series(["a", None, "b"], dtype=pl.Categorical())})
    (fragment,) = MemorySource(frame).snapshot().fragments
    assert [row["kind"] for batch in fragment.batches(["kind"]) for row in batch.to_pylist()] == [
        "a",
        None,
        "b",
    ]


@pytest.mark.parametrize("judge", [{}, {"per": "day"}])
def test_nulls_that_nobody_hands_out_are_unknown_and_all_else_is_known(judge: dict[str, str]) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    data = pl.DataFrame({"at": [noon, noon], "fare": [1.0, None]})
    told = {
        **{"dataset": "rides", "owner": "me", "time": {"event": "at"}, "freshness": {"max_age": "1d"}},
        **{"schema": {"columns": {"at": {"nullable": False}, "fare": {"nulls": "60%"}}}, "judge": judge},
    }
    contract = Contract.model_validate(told)
    for unseen, expected in ((frozenset[str](), "pass"), (frozenset({"at"}), "unknown")):
        source = MemorySource(data, unseen_nulls=unseen)
        results = check(contract, source, now=datetime(2026, 3, 2, 1, tzinfo=UTC)).results
        assert {
            (one.check, one.column): one.status for one in results if one.check in ("nulls", "freshness")
        } == {
            ("nulls", "at"): expected,
            ("nulls", "fare"): "pass",
            ("freshness", "at"): "pass",
        }
