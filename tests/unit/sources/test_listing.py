from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest

from featureguard.errors import SourceUnreadableError
from featureguard.sources.parquet import ParquetSource


def write(path: Path, rows: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"n": range(rows)}), path)
    return path


def names(path: object, root: Path) -> list[str]:
    fragments = ParquetSource(str(path)).snapshot().fragments
    return [os.path.relpath(fragment.name, root) for fragment in fragments]


def test_a_folder_is_its_parquet_files_and_nothing_that_hides(tmp_path: Path) -> None:
    for name in ("b.parquet", "a/deep.parq", ".hidden.parquet", "_temporary/x.parquet", "_x.parquet"):
        write(tmp_path / name)
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / "notes.txt").touch()

    assert names(tmp_path, tmp_path) == ["a/deep.parq", "b.parquet"]


def test_one_file_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    source = write(tmp_path / "b.parquet")
    assert names(source, tmp_path) == ["b.parquet"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.parquet", ["a.parquet"]),
        ("**/*.parquet", ["a.parquet", "x/b.parquet", "x/y/c.parquet"]),
        ("x/**", ["x/b.parquet", "x/y/c.parquet"]),
        ("*/[bc].par*", ["x/b.parquet"]),
        ("x/[!b].parquet", []),
        ("?.parquet", ["a.parquet"]),
    ],
)
def test_globs_stay_within_a_folder_unless_doubled(tmp_path: Path, pattern: str, found: list[str]) -> None:
    for name in ("a.parquet", "x/b.parquet", "x/y/c.parquet"):
        write(tmp_path / name)
    assert names(tmp_path / pattern, tmp_path) == found


def test_a_folder_with_brackets_in_its_name_is_no_glob(tmp_path: Path) -> None:
    write(tmp_path / "[raw]" / "a.parquet")
    assert names(tmp_path / "[raw]", tmp_path) == ["[raw]/a.parquet"]


def test_hive_folders_become_partition_values(tmp_path: Path) -> None:
    write(tmp_path / "day=2013-01-01" / "city=New%20York%2FUS" / "a.parquet")
    (fragment,) = ParquetSource(tmp_path).snapshot().fragments

    assert dict(fragment.partition) == {"day": "2013-01-01", "city": "New York/US"}
    day = fragment.statistics().columns["day"]
    assert (set(day.types), day.rows, day.nulls, day.empties) == ({"string"}, 1, 0, 0)


def test_the_default_partition_is_null(tmp_path: Path) -> None:
    write(tmp_path / "day=__HIVE_DEFAULT_PARTITION__" / "a.parquet", rows=3)
    (fragment,) = ParquetSource(tmp_path).snapshot().fragments

    assert dict(fragment.partition) == {}
    assert fragment.statistics().columns["day"].nulls == 3
    (batch,) = fragment.batches(["day"])
    assert batch.to_pydict() == {"day": [None, None, None]}


def test_an_empty_folder_lists_as_nothing(tmp_path: Path) -> None:
    snapshot = ParquetSource(tmp_path).snapshot()
    assert snapshot.fragments == ()
    assert snapshot.id == ParquetSource(tmp_path / "*.parquet").snapshot().id


def test_a_missing_place_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "gone", tmp_path / "gone" / "*.parquet"):
        with pytest.raises(SourceUnreadableError, match="gone"):
            ParquetSource(path).snapshot()


def test_a_folder_of_other_files_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    with pytest.raises(SourceUnreadableError, match=r"1 files \(e\.g\. 'a\.csv'\)"):
        ParquetSource(tmp_path).snapshot()


def test_a_link_that_leads_back_up_ends(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    with pytest.raises(SourceUnreadableError):
        ParquetSource(tmp_path).snapshot()


def test_the_identity_follows_content_and_not_the_place(tmp_path: Path) -> None:
    first, second = write(tmp_path / "1" / "a.parquet"), write(tmp_path / "2" / "a.parquet")
    for path in (first, second):
        os.utime(path, ns=(10**18, 10**18))
    ids = [ParquetSource(path.parent).snapshot().id for path in (first, second)]
    assert ids[0] == ids[1]

    os.utime(second, ns=(10**18, 10**18 + 1_000))
    (fragment,) = ParquetSource(second.parent).snapshot().fragments
    assert ParquetSource(second.parent).snapshot().id != ids[0]
    assert fragment.modified_us == 10**15 + 1


def test_uris_and_arrow_file_systems_list_the_same(tmp_path: Path) -> None:
    write(tmp_path / "day=1" / "a.parquet")
    write(tmp_path / "_x" / "b.parquet")
    expected = ParquetSource(tmp_path).snapshot()

    remote = pafs.SubTreeFileSystem(str(tmp_path), pafs.LocalFileSystem())
    by_remote = ParquetSource("", filesystem=remote).snapshot()
    assert ParquetSource(f"file://{tmp_path}").snapshot().id == expected.id == by_remote.id
    assert dict(by_remote.fragments[0].partition) == {"day": "1"}
    assert len(ParquetSource("*/*.parquet", filesystem=remote).snapshot().fragments) == 1
    (batch,) = by_remote.fragments[0].batches(["n"])
    assert batch.to_pydict() == {"n": [0]}


def test_a_missing_place_on_an_arrow_file_system_cannot_be_read(tmp_path: Path) -> None:
    remote = pafs.SubTreeFileSystem(str(tmp_path), pafs.LocalFileSystem())
    with pytest.raises(SourceUnreadableError, match="does not exist"):
        ParquetSource("gone", filesystem=remote).snapshot()
    with pytest.raises(SourceUnreadableError):
        ParquetSource("nowhere://lake/x").snapshot()
