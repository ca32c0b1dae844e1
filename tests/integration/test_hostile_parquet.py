"""Hostile Parquet files: damaged ones and bombs. None kills the process, hangs, or looks newer than it is."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.thorough import often

_CHILD = Path(__file__).with_name("hostile_parquet.py")
_NEWEST_US = 1_790_000_000_000_000
_FILES = [(codec, crc) for codec in ("none", "snappy", "zstd") for crc in (False, True)]
_PER_FILE = often(667, else_=80)  # 6 files: 4,002 in all.
_TO_BE_FOOLED = 667
_PATIENCE = 10  # Seconds for one file.


@dataclass
class Outcome:
    """What became of many mutated files.

    Attributes:
        answers: One answer per seed.
        deaths: (seed, how) of every process that died or hung.
    """

    answers: dict[int, dict[str, Any]] = field(default_factory=dict)
    deaths: list[tuple[int, str]] = field(default_factory=list)

    def newer_than(self, truth: int) -> list[tuple[int, str, int]]:
        """Every (seed, way, value) that looks newer than the truth."""
        return [
            (seed, way, value)
            for seed, answer in self.answers.items()
            for way, value in answer.items()
            if way != "peak_mb" and isinstance(value, int) and value > truth
        ]

    def count(self, way: str) -> Counter[str]:
        """How often each kind of answer was given."""
        answers = (answer[way] for answer in self.answers.values())
        return Counter(value if isinstance(value, str) else type(value).__name__ for value in answers)


def test_damaged_files_neither_kill_nor_hang_nor_look_newer_than_the_truth(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(_feed, "hardened", _write(tmp_path, *kind), _PER_FILE) for kind in _FILES]
    outcomes = [job.result() for job in jobs]

    assert [outcome.deaths for outcome in outcomes] == [[]] * len(_FILES)
    assert [outcome.newer_than(_NEWEST_US) for outcome in outcomes] == [[]] * len(_FILES)
    for outcome in outcomes:
        assert len(outcome.answers) == _PER_FILE
        intact = outcome.answers[0]
        assert intact["metadata"] == intact["scan"] == _NEWEST_US
    corrupt = sum(outcome.count("scan")["SOURCE_CORRUPT"] for outcome in outcomes)
    assert corrupt > len(_FILES) * _PER_FILE / 4  # The mutations do damage.


@pytest.mark.long
def test_the_same_files_do_fool_readers_that_check_nothing(tmp_path: Path) -> None:
    outcome = _feed("naive", _write(tmp_path, "none", False), _TO_BE_FOOLED)

    assert outcome.newer_than(_NEWEST_US)
    assert outcome.deaths or outcome.count("polars")["PanicException"]


@pytest.mark.long
def test_a_string_of_a_megabyte_in_every_row_is_refused(tmp_path: Path) -> None:
    rows = 20_000  # 20 GiB in 58 KB.
    words = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["A" * (1 << 20)]))
    tags = pa.ListArray.from_arrays(pa.array(range(rows + 1), pa.int32()), words)
    for name, column in {"word": words, "tags": tags}.items():
        table = pa.table({"ts": pa.array(range(rows), pa.timestamp("us", "UTC")), name: column})
        pq.write_table(table, tmp_path / name, compression="zstd", store_schema=False)

        assert _read_alone(tmp_path / name) == {"metadata": rows - 1, "scan": "RESOURCE_LIMIT"}


@pytest.mark.long
def test_megabytes_in_plain_pages_are_refused(tmp_path: Path) -> None:
    with pq.ParquetWriter(
        tmp_path / "a", pa.schema({"word": pa.string()}), compression="zstd", use_dictionary=False
    ) as writer:
        for part in range(20):
            writer.write_table(pa.table({"word": [f"{part} {i}" + "A" * (1 << 20) for i in range(64)]}))
    assert _read_alone(tmp_path / "a") == {"metadata": None, "scan": "RESOURCE_LIMIT"}


@pytest.mark.long
def test_hundreds_of_millions_of_equal_rows_are_refused(tmp_path: Path) -> None:
    part = pa.table({"ts": pa.repeat(pa.scalar(_NEWEST_US, pa.timestamp("us", "UTC")), 10_000_000)})
    with pq.ParquetWriter(tmp_path / "a", part.schema, compression="zstd") as writer:
        for _ in range(20):  # 1.6 GB in 0.9 MB.
            writer.write_table(part, row_group_size=10_000_000)
    assert _read_alone(tmp_path / "a") == {"metadata": _NEWEST_US, "scan": "RESOURCE_LIMIT"}


def test_twenty_thousand_columns_are_refused(tmp_path: Path) -> None:
    one = pa.array([1], pa.int8())
    pq.write_table(pa.table({f"c{number}": one for number in range(20_000)}), tmp_path / "a")
    assert _read_alone(tmp_path / "a") == {"metadata": "RESOURCE_LIMIT", "scan": "RESOURCE_LIMIT"}


def test_lists_nested_120_deep_are_refused(tmp_path: Path) -> None:
    data_type: pl.DataType = pl.Int32()
    for _ in range(120):
        data_type = pl.List(data_type)
    pl.DataFrame({"tags": [None]}, schema={"tags": data_type}).write_parquet(tmp_path / "a")
    assert _read_alone(tmp_path / "a") == {"metadata": "RESOURCE_LIMIT", "scan": "RESOURCE_LIMIT"}


def _read_alone(path: Path) -> dict[str, Any]:
    """What the guard learns of one file, in a process of its own that must stay below 1 GiB."""
    outcome = _feed("hardened", path, 1)
    assert outcome.deaths == []
    answer = outcome.answers[0]
    assert answer.pop("peak_mb") < 1_024
    return answer


def _write(folder: Path, codec: str, crc: bool) -> Path:
    rows = 900
    table = pa.table(
        {
            "ts": pa.array(
                [_NEWEST_US - (rows - 1 - i) * 1_000_000 for i in range(rows)], pa.timestamp("us", "UTC")
            ),
            "value": [None if i % 7 == 0 else i * 1.5 for i in range(rows)],
            "word": [f"word {i % 13}" for i in range(rows)],
            "tags": [[str(i % 3)] * (i % 4) for i in range(rows)],
        }
    )
    path = folder / f"{codec}-{crc}.parquet"
    pq.write_table(table, path, compression=codec, row_group_size=300, write_page_checksum=crc)
    return path


def _feed(way: str, file: Path, count: int) -> Outcome:
    """Give seeds to a child; start a new one whenever it dies or hangs."""
    outcome, seeds = Outcome(), iter(range(count))
    while len(outcome.answers) + len(outcome.deaths) < count:
        _feed_one_child(way, file, seeds, outcome)
    return outcome


def _feed_one_child(way: str, file: Path, seeds: Iterator[int], outcome: Outcome) -> None:
    command = [sys.executable, str(_CHILD), way, str(file)]
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
    }
    with subprocess.Popen(command, text=True, bufsize=1, **pipes) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for seed in seeds:
            child.stdin.write(f"{seed}\n")
            ready, _, _ = select.select([child.stdout], [], [], _PATIENCE)
            line = child.stdout.readline() if ready else ""
            if not line:
                child.kill()
                outcome.deaths.append((seed, f"exit {child.wait()}" if ready else "hang"))
                return
            outcome.answers[seed] = json.loads(line)
        child.stdin.close()
