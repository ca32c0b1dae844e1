"""`featureguard status`: every dataset and subject, from the evidence at hand."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from featureguard.checks import words
from featureguard.cli.machine import print_json, report_to_dict
from featureguard.cli.opening import opened
from featureguard.cli.tables import console, newest, plain_table, verdict
from featureguard.judging import Report, worst_exit_code
from featureguard.result import CheckResult, Status


def show_status(now: str | None, project: Path | None, environment: str | None, *, as_json: bool) -> int:
    """Judge what was last seen, as of now."""
    with opened(project, environment, now) as found:
        names = sorted(found.catalog.contracts, key=lambda name: (found.catalog.contracts[name].tier, name))
        reports = {name: found.guard.standing(name, found.now) for name in names}
        subjects = {name: found.guard.datasets_of(name) for name in sorted(found.catalog.subjects)}
        at = found.now
    worst = {name: worst_of([reports[d] for d in datasets]) for name, datasets in subjects.items()}
    if as_json:
        shown = {
            name: {"exit_code": worst_exit_code(reports[d].exit_code for d in datasets), "requires": datasets}
            for name, datasets in subjects.items()
        }
        print_json({"now": at, "datasets": [report_to_dict(r) for r in reports.values()], "subjects": shown})
        return 0
    table = plain_table("", "name", "tier", "newest", "looked", "why")
    for report in reports.values():
        table.add_row(*_row(report))
    for name, datasets in subjects.items():
        result, tier = worst[name], str(found.catalog.subjects[name].tier)
        word = verdict(result) if result else Text("nothing required")
        bad = [d for d in datasets if (w := reports[d].worst) is None or w.status is not Status.PASS]
        why = f"because of {', '.join(bad)}" if bad else f"requires {', '.join(datasets)}"
        table.add_row(word, name, tier, "", "", why)
    console().print(f"as of {words.instant(at)}")
    console().print(table)
    return 0


def worst_of(reports: list[Report]) -> CheckResult | None:
    """The worst result of several reports."""
    return max(_results(reports), key=lambda result: result.rank, default=None)


def _results(reports: list[Report]) -> list[CheckResult]:
    return [result for report in reports for result in report.results]


def _row(report: Report) -> tuple[Text | str, ...]:
    worst = report.worst
    seen = report.observation
    looked = (
        f"{words.duration((report.now - seen.observed_at).total_seconds())} ago"
        if report.recorded
        else "never"
    )
    return (
        verdict(worst) if worst else Text("nothing promised"),
        report.dataset,
        str(report.contract.tier),
        newest(seen.clocks.get(report.contract.clock or ""), report.now) if report.recorded else "",
        looked,
        "" if worst is None or worst.code is None else f"{worst.code}: {worst.reason}",
    )
