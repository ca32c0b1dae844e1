"""`featureguard explain`: why a dataset or a subject is what it is, and what a reason code means."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from featureguard.checks import words
from featureguard.cli.machine import print_json, report_to_dict
from featureguard.cli.opening import Opened, opened
from featureguard.cli.tables import console, headline, reasons, report_table, verdict
from featureguard.codes import describe
from featureguard.errors import UsageError
from featureguard.judging import Report, worst_exit_code
from featureguard.result import Code, Status


def explain_name(
    name: str, now: str | None, project: Path | None, environment: str | None, *, as_json: bool
) -> int:
    """Explain a code, or a dataset or subject from the evidence at hand."""
    if name in Code.__members__:
        return _explain_code(Code(name), as_json=as_json)
    if name.isupper() and (close := difflib.get_close_matches(name, Code.__members__, n=1)):
        raise UsageError(f"There is no reason code '{name}'. Did you mean '{close[0]}'?")
    with opened(project, environment, now) as found:
        reports = [found.guard.standing(dataset, found.now) for dataset in found.guard.datasets_of(name)]
        if as_json:
            print_json(_as_dict(found, name, reports))
        elif name in found.catalog.subjects:
            _explain_subject(found, name, reports)
        else:
            _explain_dataset(found, reports[0])
    return 0


def _explain_code(code: Code, *, as_json: bool) -> int:
    entry = describe(code)
    texts = {"meaning": entry.meaning, "usual cause": entry.usual_cause, "what to do": entry.what_to_do}
    if as_json:
        print_json({"code": code.value, **{name.replace(" ", "_"): text for name, text in texts.items()}})
        return 0
    out = console()
    out.print(code.value, style="bold")
    for name, text in texts.items():
        out.print(f"{name}: {text}")
    return 0


def _explain_subject(found: Opened, name: str, reports: list[Report]) -> None:
    out, subject = console(), found.catalog.subjects[name]
    out.print(f"{name}  (subject, tier {subject.tier}, owner {subject.owner})", style="bold")
    if not reports:
        out.print("  It requires no dataset, so nothing speaks for it.")
    for report in reports:
        path = " → ".join(found.catalog.lineage.path(name, report.dataset))
        worst = report.worst
        out.print()
        out.print(verdict(worst) if worst else "nothing promised", path)
        _print_reasons(report)
    if subject.runbook and worst_exit_code(report.exit_code for report in reports):
        out.print(f"\nrunbook: {subject.runbook}")


def _explain_dataset(found: Opened, report: Report) -> None:
    out, contract = console(), report.contract
    out.print(headline(report))
    out.print(report_table(report.results))
    _print_reasons(report)
    seen = report.observation
    out.print()
    if report.recorded:
        age = words.duration((report.now - seen.observed_at).total_seconds())
        out.print(f"evidence  look {report.recorded[:12]} of {words.instant(seen.observed_at)}, {age} old")
        out.print(f"snapshot  {seen.snapshot[:12] if seen.snapshot else 'without identity'}")
    out.print(f"contract  {contract.digest[:12]}, owner {contract.owner}")
    if contract.runbook:
        out.print(f"runbook   {contract.runbook}")
    if upstream := found.catalog.lineage.direct(report.dataset):
        out.print(f"made from {', '.join(upstream)}")
    if impact := found.catalog.lineage.dependants(report.dataset):
        out.print(f"needed by {', '.join(impact)}")


def _print_reasons(report: Report) -> None:
    out = console()
    for line in reasons(report.results):
        out.print(line, soft_wrap=True)
    codes = dict.fromkeys(r.code for r in report.results if r.code and r.status is not Status.PASS)
    for code in codes:
        out.print(f"  {code} → {describe(code).what_to_do}")


def _as_dict(found: Opened, name: str, reports: list[Report]) -> dict[str, Any]:
    lineage = found.catalog.lineage
    return {
        "name": name,
        "now": found.now,
        "exit_code": worst_exit_code(report.exit_code for report in reports),
        "datasets": [
            {**report_to_dict(report), "path": list(lineage.path(name, report.dataset))} for report in reports
        ],
        "upstream": list(lineage.direct(name)),
        "needed_by": list(lineage.dependants(name)),
    }
