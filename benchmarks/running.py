"""Start the measured processes in turns, and put their figures into a table."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.answers import Answer, disagreements

_PEERS = ("polars", "pyarrow", "duckdb", "pandas", "great_expectations", "pandera", "pointblank")
_NEEDS = {"duckdb": "duckdb", "great": "great_expectations", "pandera": "pandera", "pointblank": "pointblank"}


@dataclass(frozen=True, slots=True)
class Plan:
    """A tool to run.

    Attributes:
        part, tool: Names in `child.PARTS`.
        rounds: Processes to start.
        times: Runs in each of them; their median counts.
    """

    part: str
    tool: str
    rounds: int = 3
    times: int = 1


@dataclass(slots=True)
class Figure:
    """What one tool took.

    Attributes:
        wall, cpu: Seconds, one of each process; `cpu` counts all threads.
        peak: Largest resident memory of a process, bytes.
        answer: What it answered.
    """

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: int = 0
    answer: Answer = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Median wall time."""
        return statistics.median(self.wall)


Figures = dict[str, Figure]


def take_turns(plans: Sequence[Plan], data: Path, warm: Path) -> Figures:
    """Run the tools in turns, A B C A B C; those that are not installed are left out.

    Raises:
        AssertionError: If two tools answer one question differently.
    """
    plans = [plan for plan in plans if _is_installed(plan.tool)]
    figures: Figures = {}
    for turn in range(max(plan.rounds for plan in plans)):
        for plan in plans:
            if turn < plan.rounds:
                _run(plan, data, warm, figures)
    return figures


def assert_same(figures: Figures) -> None:
    """Fail if two tools answer one question differently."""
    different = disagreements({name: figure.answer for name, figure in figures.items()})
    assert not different, "The tools disagree: " + "; ".join(different[:5])


def table(figures: Figures, beside: str) -> str:
    """The figures, fastest first, and how many times the wall time of one tool they are."""
    width = max(map(len, figures))
    head = f"  {'':{width}}  {'wall: min':>10} {'median':>9} {'max':>9} {'cpu':>9} {'peak':>9}   × {beside}"
    rows = [head]
    for name, found in sorted(figures.items(), key=lambda item: item[1].seconds):
        walls = " ".join(
            f"{spelled(seconds):>9}" for seconds in (min(found.wall), found.seconds, max(found.wall))
        )
        cpu, peak = (
            spelled(statistics.median(found.cpu)),
            f"{found.peak / 2**20:,.0f} MiB" if found.peak else "–",
        )
        times = f"{found.seconds / figures[beside].seconds:.2f}" if beside in figures else "–"
        rows.append(f"  {name:{width}}  {walls:>30} {cpu:>9} {peak:>9}   {times}")
    return "\n".join(rows)


def target(what: str, measured: float, limit: float, unit: str, *, at_least: bool = False) -> str:
    """A target beside what was measured."""
    met = measured >= limit if at_least else measured <= limit
    sign, word = ("≥" if at_least else "≤"), ("meets" if met else "misses")
    return f"  {word:6} {what}: {measured:,.2f} {unit} (target {sign} {limit:,g} {unit})"


def spelled(seconds: float) -> str:
    """Seconds for people."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1_000 * seconds:.1f} ms"


def versions() -> str:
    """What is compared."""
    found = [f"Python {sys.version.split()[0]}"]
    for name in _PEERS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed, left out")
    return ", ".join(found)


def _is_installed(tool: str) -> bool:
    package = _NEEDS.get(tool.split()[0].rstrip(","))
    try:
        return package is None or bool(version(package))
    except PackageNotFoundError:
        return False


def _run(plan: Plan, data: Path, warm: Path, figures: Figures) -> None:
    command = [sys.executable, "-m", "benchmarks.child", plan.part, plan.tool, str(data), str(warm)]
    done = subprocess.run([*command, str(plan.times)], check=True, stdout=subprocess.PIPE, text=True)
    for line in filter(lambda line: line.startswith('{"step"'), done.stdout.splitlines()):
        found = json.loads(line)
        figure = figures.setdefault(found["step"], Figure())
        figure.wall.append(found["wall"])
        figure.cpu.append(found["cpu"])
        figure.peak = max(figure.peak, found["peak"])
        figure.answer = found["answer"]
