"""Broken contracts: whatever happens to a file, it loads or is refused with a file and a line.

FEATUREGUARD_MUTATIONS sets how many files are tried.
"""

from __future__ import annotations

import os
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from featureguard.catalog import load_catalog
from featureguard.errors import ContractError, Problem

MUTATIONS = int(os.environ.get("FEATUREGUARD_MUTATIONS", "1500"))
SLICES = 6
FOLDERS = Path(__file__).parents[1] / "conformance"
SEEDS = [file.read_bytes() for file in sorted(FOLDERS.glob("*_contracts/*.yaml"))]
SPLICES = [
    b"*a",
    b"&a ",
    b"!!t ",
    b"<<: ",
    b": ",
    b"- ",
    b"[",
    b"{",
    b"'",
    b'"',
    b"\t",
    b"\n---\n",
    b"%",
    b"\0",
    b"\xff",
    b"|\n",
    b"${",
    b"1e999",
    b".nan",
    b"null",
    "\u2028".encode(),
    b"9" * 30,
    b"? ",
    b"#",
    b"\\u0000",
]


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content after one to four accidents with bytes or lines."""
    for _ in range(chance.randint(1, 4)):
        lines = content.splitlines(keepends=True) or [b"\n"]
        at, line = chance.randrange(len(content) + 1), chance.randrange(len(lines))
        match chance.randrange(7):
            case 0:
                content = content[:at] + chance.choice(SPLICES) + content[at:]
            case 1:
                content = content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
            case 2:
                content = content[:at] + content[at + chance.randint(1, 20) :]
            case 3:
                content = b"".join(lines[:line] + [lines[line]] * chance.randint(2, 3) + lines[line + 1 :])
            case 4:
                content = b"".join(lines[:line] + lines[line + 1 :])
            case 5:
                content = b"".join([*lines[:line], b"  " + lines[line], *lines[line + 1 :]])
            case 6:
                content = b"".join(chance.sample(lines, len(lines)))
    return content


def files(first: int, count: int) -> Iterator[bytes]:
    for seed in range(first, first + count):
        chance = random.Random(seed)
        yield mutated(chance.choice(SEEDS), chance)


def problems(file: Path) -> tuple[Problem, ...]:
    """What is wrong with the file; anything but a `ContractError` goes through."""
    try:
        load_catalog([file], {"lake": "s3://lake"})
    except ContractError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("part", range(SLICES))
def test_a_mutated_contract_loads_or_is_refused_with_file_and_line(tmp_path: Path, part: int) -> None:
    count = -(-MUTATIONS // SLICES)
    file, refused = tmp_path / "mutated.yaml", 0
    for content in files(part * count, count):
        file.write_bytes(content)
        found = problems(file)
        refused += bool(found)
        assert all(problem.file and problem.line and problem.message for problem in found)
        assert sum(len(problem.message) for problem in found) < 100_000
    assert refused > count / 4  # else the accidents are too mild to say anything


def test_reading_mutated_contracts_takes_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "mutated.yaml"
    tracemalloc.start()
    for content in files(0, 100):
        file.write_bytes(content)
        problems(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20
