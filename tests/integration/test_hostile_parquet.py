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

import pyarrow as pa
import pyarrow.parquet as pq

_CHILD = Path(__file__).with_name("hostile_parquet.py")
_NEWEST_US = 1_790_000_000_000_000
_FILES = [(codec, crc) for codec in ("none", "snappy", "zstd") for crc in (False, True)]
_PER_FILE = 667  # 6 files: 4,002 in all.
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
    assert all(len(outcome.answers) == _PER_FILE for outcome in outcomes)
    corrupt = sum(outcome.count("scan")["SOURCE_CORRUPT"] for outcome in outcomes)
    assert corrupt > len(_FILES) * _PER_FILE / 4  # The mutations do damage.


def test_the_same_files_do_fool_readers_that_check_nothing(tmp_path: Path) -> None:
    outcome = _feed("naive", _write(tmp_path, "none", False), _PER_FILE)

    assert outcome.newer_than(_NEWEST_US)
    assert outcome.deaths or outcome.count("polars")["PanicException"]


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
