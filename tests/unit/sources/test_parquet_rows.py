from __future__ import annotations

import struct
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featureguard.errors import ResourceLimitError, SourceCorruptError
from featureguard.sources import Fragment
from featureguard.sources.hardening import Limits
from featureguard.sources.parquet import ParquetSource


def only(path: Path, limits: Limits | None = None) -> Fragment:
    (fragment,) = ParquetSource(path, limits=limits or Limits()).snapshot().fragments
    return fragment


def written(path: Path, table: pa.Table, **options: object) -> Path:
    pq.write_table(table, path, **options)
    return path


def numbers(rows: int) -> pa.Table:
    return pa.table({"n": range(rows), "ts": pa.array(range(rows), pa.timestamp("us", "UTC"))})


def change(path: Path, old: bytes, new: bytes, at: int = 0) -> None:
    """Overwrite one occurrence of some bytes."""
    content = path.read_bytes()
    places = [i for i in range(len(content)) if content.startswith(old, i)]
    path.write_bytes(content[: places[at]] + new + content[places[at] + len(new) :])


@pytest.mark.parametrize("group", [1_000, 100_000, 400_000])
def test_every_row_comes_once_in_batches_of_at_most_128k(tmp_path: Path, group: int) -> None:
    path = written(tmp_path / "a.parquet", numbers(400_000), row_group_size=group)
    batches = list(only(path).batches(["n"]))

    assert max(batch.num_rows for batch in batches) <= 131_072
    assert sorted(pa.Table.from_batches(batches)["n"].to_pylist()) == list(range(400_000))


def test_the_order_of_batches_is_the_same_every_time(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", numbers(50_000), row_group_size=3_000)
    runs = [[batch["n"][0].as_py() for batch in only(path).batches(["n"])] for _ in range(3)]
    assert runs[0] == runs[1] == runs[2]


def test_a_reader_that_stops_early_leaves_no_threads(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", numbers(200_000), row_group_size=10_000)
    before = threading.active_count()
    batches = only(path).batches(["n"])
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_columns_come_in_the_order_asked_for_with_partitions_as_text(tmp_path: Path) -> None:
    (tmp_path / "day=7").mkdir()
    written(tmp_path / "day=7" / "a.parquet", numbers(2))
    (batch,) = only(tmp_path).batches(["ts", "day", "gone", "n"])
    assert batch.schema.names == ["ts", "day", "n"]
    assert batch["day"].to_pylist() == ["7", "7"]
    (constant,) = only(tmp_path).batches(["day"])
    assert constant.to_pydict() == {"day": ["7", "7"]}
    (counted,) = only(tmp_path).batches([])
    assert (counted.num_rows, counted.num_columns) == (2, 0)


def test_types_of_rows_are_those_of_the_statistics(tmp_path: Path) -> None:
    words = ["a", None, "b"]
    table = pa.table(
        {
            "plain": words,
            "large": pa.array(words, pa.large_string()),
            "view": pa.array(words, pa.string_view()),
            "coded": pa.array(words).dictionary_encode(),
            "tags": [["a"], None, ["b", "c"]],
            "pairs": pa.array([[("k", "v")], None, []], pa.map_(pa.string(), pa.large_string())),
            "parts": [{"x": "a", "y": b"q"}, None, {"x": None, "y": b"z"}],
        }
    )
    path = written(tmp_path / "a.parquet", table, row_group_size=1)
    batches = list(only(path).batches(table.schema.names))

    read = pa.Table.from_batches(batches)
    assert sorted(map(str, read["tags"].to_pylist())) == sorted(map(str, table["tags"].to_pylist()))
    assert [field.type for field in read.schema if field.name != "coded"] == [
        field.type for field in table.schema if field.name != "coded"
    ]
    assert read.schema.field("coded").type == pa.string()


def test_confirming_reads_one_row_group_of_one_column(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", numbers(1_000), row_group_size=300)
    fragment = only(path)
    assert fragment.confirm_greatest("ts") == 100
    assert fragment.confirm_greatest("gone") == 0
    assert fragment.stored_bytes(["ts"]) < fragment.stored_bytes(["ts", "n", "gone"])


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_a_footer_that_claims_newer_data_is_not_believed(tmp_path: Path, codec: str) -> None:
    truth, lie = (1_790_000_000_000_000 + extra for extra in (0, 3_600_000_000))
    table = pa.table({"ts": pa.array([truth - 5, truth], pa.timestamp("us"))})
    path = written(tmp_path / "a.parquet", table, compression=codec, use_dictionary=False)
    for at in (-2, -1):  # The old and the new field of the maximum; earlier ones are rows.
        change(path, truth.to_bytes(8, "little"), lie.to_bytes(8, "little"), at)

    fragment = only(path)
    assert fragment.statistics().columns["ts"].greatest == lie
    for read in (lambda: fragment.confirm_greatest("ts"), lambda: list(fragment.batches(["ts"]))):
        with pytest.raises(SourceCorruptError, match=f"greatest {lie}, but its pages hold {truth}"):
            read()


def test_a_changed_page_contradicts_its_footer(tmp_path: Path) -> None:
    table = pa.table({"ts": pa.array([4_000, 5_000], pa.timestamp("us"))})
    path = written(tmp_path / "a.parquet", table, compression="none", use_dictionary=False)
    change(path, struct.pack("<qq", 4_000, 5_000), struct.pack("<qq", 4_000, 6_000))
    with pytest.raises(SourceCorruptError, match="greatest 5000, but its pages hold 6000"):
        only(path).confirm_greatest("ts")


def test_page_checksums_are_verified_for_columns_without_statistics(tmp_path: Path) -> None:
    table = pa.table({"f": [4.0, 5.0]})
    for checksum in (False, True):
        path = tmp_path / f"{checksum}.parquet"
        written(path, table, compression="none", use_dictionary=False, write_page_checksum=checksum)
        change(path, struct.pack("<dd", 4, 5), struct.pack("<dd", 4, 10))
    assert next(only(tmp_path / "False.parquet").batches(["f"]))["f"].to_pylist() == [4.0, 10.0]
    with pytest.raises(SourceCorruptError, match="CRC"):
        list(only(tmp_path / "True.parquet").batches(["f"]))


def test_statistics_that_contradict_themselves_are_corrupt(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", pa.table({"n": [4_000, 5_000]}), compression="none")
    for at in (-2, -1):
        change(path, (5_000).to_bytes(8, "little"), (3_000).to_bytes(8, "little"), at)
    with pytest.raises(SourceCorruptError, match=r"contradict.*least 4000, greatest 3000"):
        only(path).statistics()


def test_a_wide_table_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", pa.table({f"c{i}": [1] for i in range(11)}))
    with pytest.raises(ResourceLimitError, match="11 columns; at most 10"):
        only(path, Limits(columns=10)).statistics()


def test_wide_rows_come_fewer_at_once(tmp_path: Path) -> None:
    table = pa.table({"word": ["x" * 10_000] * 2_000, "tags": [["y" * 1_000] * 3] * 2_000})
    path = written(tmp_path / "a.parquet", table)
    for column, size in (("word", 10_000), ("tags", 3_000)):
        batches = list(only(path, Limits(batch_bytes=1 << 20)).batches([column]))
        assert sum(batch.num_rows for batch in batches) == 2_000
        assert max(batch.num_rows for batch in batches) <= (1 << 20) // size


def test_a_file_may_expand_to_its_budget_and_no_further(tmp_path: Path) -> None:
    table = pa.table({"word": pa.array(["x" * 1_000] * 5_000)})
    path = written(tmp_path / "a.parquet", table, compression="zstd")

    assert (
        sum(b.num_rows for b in only(path, Limits(free_bytes=8 << 20, expansion=1)).batches(["word"]))
        == 5_000
    )
    with pytest.raises(ResourceLimitError, match="If it is genuine, split it"):
        list(only(path, Limits(free_bytes=4 << 20, expansion=1)).batches(["word"]))
