"""A child process that reads mutated Parquet files: `python hostile_parquet.py (hardened | naive) FILE`.

It takes seeds from its standard input, one a line, and answers each with one line of JSON.
"""

from __future__ import annotations

import json
import random
import re
import resource
import struct
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from featureguard.errors import SourceError
from featureguard.measures import Measures
from featureguard.scan import profile_batches
from featureguard.sources import Fragment
from featureguard.sources.hardening import hardened
from featureguard.sources.parquet import ParquetSource

Answer = dict[str, int | str | None]
_WORDS = (b"\xff" * 8, b"\0" * 8, struct.pack("<Q", 1 << 63), struct.pack("<I", 0x7FFFFFFF), b"\x7f" * 4)


def mutate(content: bytes, seed: int) -> bytes:
    """One hostile version of a file: bits flipped, a footer changed, bytes cut, added or overwritten.

    Seed 0 leaves the file as it is.
    """
    if not seed:
        return content
    chance, data = random.Random(seed), bytearray(content)
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    match chance.randrange(8):
        case 0 | 1:
            for _ in range(chance.choice((1, 1, 2, 8))):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 2 | 3:
            for _ in range(chance.choice((1, 1, 1, 3))):
                data[chance.randrange(footer, len(data))] ^= 1 << chance.randrange(8)
        case 4:
            data[chance.randrange(footer, len(data))] = chance.randrange(256)
        case 5:
            del data[chance.randrange(len(data)) :]
        case 6:
            at, count = chance.randrange(len(data)), chance.randrange(1, 16)
            data[at : at + chance.choice((0, count))] = chance.randbytes(chance.choice((0, count)))
        case _:
            at, word = chance.randrange(len(data) - 8), chance.choice(_WORDS)
            data[at : at + len(word)] = word
    return bytes(data)


def read_hardened(path: str) -> Answer:
    """Newest time as the guard learns it: from metadata that is confirmed, and from a scan."""
    (fragment,) = ParquetSource(path).snapshot().fragments
    return {"metadata": _answer(fragment, _by_metadata), "scan": _answer(fragment, _by_scan)}


def read_naively(path: str) -> Answer:
    """The same from the footer alone, from pyarrow without checks, and from polars' own reader."""
    return {
        "metadata": _caught(lambda: max(_footer_maxima(path))),
        "scan": _caught(lambda: _micros(pl.DataFrame(pq.read_table(path, columns=["ts"]))["ts"].max())),
        "polars": _caught(lambda: _micros(pl.read_parquet(path, columns=["ts"])["ts"].max())),
    }


def _answer(fragment: Fragment, newest: Callable[[Fragment], int | None]) -> int | str | None:
    try:
        return newest(fragment)
    except SourceError as error:
        return error.code


def _by_metadata(fragment: Fragment) -> int | None:
    column = fragment.statistics().columns.get("ts")
    if column is None or not _is_instant(column.types) or not isinstance(column.greatest, int):
        return None
    fragment.confirm_greatest("ts")
    return column.greatest


def _by_scan(fragment: Fragment) -> int | None:
    with hardened(fragment.name):
        batches = fragment.batches(["ts", "value", "word", "tags"])
        column = profile_batches(batches, {"ts": Measures(extremes=True)}).columns.get("ts")
    if column is None or not _is_instant(column.types) or not isinstance(column.greatest, int):
        return None
    return column.greatest


def _is_instant(types: frozenset[str]) -> bool:
    return all(name.startswith(("timestamp", "date")) for name in types)


def _footer_maxima(path: str) -> list[int]:
    metadata = pq.read_metadata(path)
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    return [_micros(group.column(0).statistics.max) for group in groups]


def _micros(value: object) -> int:
    assert isinstance(value, datetime)
    return int(value.replace(tzinfo=UTC).timestamp() * 1_000_000)


def _caught(read: Callable[[], int]) -> int | str:
    try:
        return read()
    except Exception:
        return "error"
    except BaseException as error:  # What `except Exception` lets through to kill a worker.
        return type(error).__name__


def _peak_mb() -> int:
    """Peak memory of this process; `ru_maxrss` also knows what its parent held when it forked."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) >> 10  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main(way: str, file: str) -> None:
    """Answer seeds until the input ends."""
    read = {"hardened": read_hardened, "naive": read_naively}[way]
    content, mutated = Path(file).read_bytes(), f"{file}.{way}.mutated.parquet"
    for line in sys.stdin:
        Path(mutated).write_bytes(mutate(content, int(line)))
        answer = read(mutated)
        answer["peak_mb"] = _peak_mb()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
