"""Run one tool in a process of its own: `python -m benchmarks.child PART TOOL DATA WARM N`.

Prints what it took. Imports and a first run on a small file are not measured. What follows is, `N` times.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import contents, entities, footers, recheck, slis, suites, validators
from benchmarks.answers import Tool, Work

PARTS: dict[str, dict[str, Tool]] = {
    "footers": footers.TOOLS,
    "contents": contents.TOOLS,
    "validators": validators.TOOLS,
    "entities": entities.TOOLS,
    "recheck": recheck.TOOLS,
    "slis": slis.TOOLS,
    "suites": suites.TOOLS,
}


def main(part: str, tool: str, data: str, warm: str, times: str) -> None:
    """Measure, and print one line of JSON for each step."""
    for name, work in _steps(part, tool, Path(data), Path(warm)):
        print(json.dumps({"step": name, **_measured(work, Path(data), int(times))}))


def _steps(part: str, tool: str, data: Path, warm: Path) -> Iterator[tuple[str, Work]]:
    if tool == "featureguard" and part == "recheck":
        for _, work in recheck.featureguard(warm):
            work(warm)
        yield from recheck.featureguard(data)
        return
    work = PARTS[part][tool]()
    work(warm)
    yield tool, work


def _measured(work: Work, data: Path, times: int) -> dict[str, object]:
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = work(data)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    middle = sorted(range(times), key=walls.__getitem__)[times // 2]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"wall": walls[middle], "cpu": cpus[middle], "peak": peak, "answer": answer}


if __name__ == "__main__":
    main(*sys.argv[1:])
