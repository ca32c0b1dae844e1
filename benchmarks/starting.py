"""(e) What it costs to start: `import featureguard` and `featureguard --help`, beyond bare Python."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from benchmarks.running import Figure, Figures

BARE, IMPORT, HELP = "python", "import featureguard", "featureguard --help"

_CODE = {
    BARE: "pass",
    IMPORT: "import featureguard",
    HELP: "import sys; sys.argv = ['featureguard', '--help']; from featureguard.cli import main; main()",
}


def measure(rounds: int) -> Figures:
    """Start each of them in turns, after one start that is not measured."""
    figures = {name: Figure() for name in _CODE}
    for turn in range(rounds + 1):
        for name, code in _CODE.items():
            before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
            wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
            if turn:
                figures[name].wall.append(wall)
                cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                figures[name].cpu.append(cpu)
    return figures


def beyond(figures: Figures, name: str) -> float:
    """Seconds more than bare Python takes."""
    return figures[name].seconds - figures[BARE].seconds
