"""Results as tables a person can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from featureguard.checks import words
from featureguard.judging import Report
from featureguard.observation import ClockReading
from featureguard.profile import Never
from featureguard.result import AnsweredBy, CheckResult, Severity, Status

_STYLES = {"pass": "green", "warn": "yellow", "unknown": "magenta", "FAIL": "bold red"}


def console(*, stderr: bool = False) -> Console:
    """A console that neither guesses at markup nor cuts lines where no terminal is."""
    found = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    return (
        found
        if found.is_terminal
        else Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=max(found.width, 120))
    )


def plain_table(*headings: str) -> Table:
    """A table without lines, for a terminal."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def verdict(result: CheckResult) -> Text:
    """`pass`, `warn`, `unknown` or `FAIL`; an unknown promise of severity warn stays `unknown`."""
    word = "FAIL" if result.status is Status.FAIL else result.status.value
    if result.status is Status.FAIL and result.severity is Severity.WARN:
        word = "warn"
    return Text(word, style=_STYLES[word])


def report_table(results: Iterable[CheckResult]) -> Table:
    """One line for each result, worst first."""
    table = plain_table("", "check", "of", "observed", "limit", "answered by")
    for result in sorted(results, key=_worst_first):
        table.add_row(
            verdict(result),
            result.check,
            result.column or "",
            words.measured(result.check, result.observed),
            words.measured(result.check, result.limit),
            _answered(result),
        )
    return table


def headline(report: Report) -> Text:
    """The dataset, its worst verdict and what was looked at."""
    worst = report.worst
    word = verdict(worst) if worst else Text("nothing promised")
    seen = report.observation
    rows = seen.profile.rows
    facts = [
        f"tier {report.contract.tier}",
        words.count(rows, "row") if rows is not None else "rows unknown",
        f"newest {newest(seen.clocks.get(report.contract.clock or ''), report.now)}",
        f"judged {judged_units(report)}",
    ]
    return Text.assemble((report.dataset, "bold"), "  ", word, f"  ({', '.join(f for f in facts if f)})")


def reasons(results: Iterable[CheckResult]) -> list[Text]:
    """Why results are not a pass, worst first, each with its code."""
    said: dict[tuple[str, str], list[CheckResult]] = {}
    for result in sorted(results, key=_worst_first):
        if result.status is not Status.PASS:
            said.setdefault((f"{result.code}", result.reason), []).append(result)
    return [
        Text.assemble(
            "  ", verdict(same[0]), f"  {code}: {reason}", f" ({len(same)} promises)" if same[1:] else ""
        )
        for (code, reason), same in said.items()
    ]


def _worst_first(result: CheckResult) -> tuple[int, int]:
    return -result.rank[0], -result.rank[1]


def tally(results: Sequence[CheckResult]) -> str:
    """How many promises hold, and what it took to tell."""
    if not results:
        return "nothing is promised, so nothing can be judged"
    kept = sum(result.status is Status.PASS for result in results)
    read = sum(result.bytes_read for result in results)
    by = Counter(result.answered_by for result in results if result.status is not Status.UNKNOWN)
    took = ", ".join(f"{by[source]} from {source}" for source in AnsweredBy if by[source]) or "none"
    return f"{kept} of {words.count(len(results), 'promise')} kept; answered {took}; {_size(read)} read"


def newest(reading: ClockReading | None, now: datetime) -> str:
    """How old the newest value is, in words."""
    if reading is None or reading.newest is None:
        return "unknown"
    if isinstance(reading.newest, Never):
        return "never"
    age = max(0.0, (now - reading.newest).total_seconds())
    return f"{words.duration(age)} old"


def judged_units(report: Report) -> str:
    """Which units the content checks judged."""
    units: Sequence[str] = [unit.key for unit in report.observation.units]
    if not units:
        return "no unit"
    return units[0] if len(units) == 1 else f"{len(units)} units, {units[0]} to {units[-1]}"


def _answered(result: CheckResult) -> str:
    if not result.rows_read:
        return "" if result.status is Status.UNKNOWN else result.answered_by.value
    return f"{result.answered_by.value} ({result.rows_read:,} rows, {_size(result.bytes_read)})"


def _size(count: int) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1_000:
            return f"{count:.0f} {unit}"
        count //= 1_000
    return f"{count:,} GB"
