"""`featureguard check`: look, judge, record, print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from featureguard.catalog import load_contract
from featureguard.cli.machine import print_json, report_to_dict
from featureguard.cli.opening import opened, parse_now, read_catalog
from featureguard.cli.tables import console, headline, reasons, report_table, tally
from featureguard.contract import Contract
from featureguard.errors import UsageError
from featureguard.guard import check
from featureguard.judging import Report, worst_exit_code

_VERDICTS = {
    0: "every blocking promise holds",
    1: "a blocking promise is broken",
    3: "a blocking promise is unknown",
}


def check_name(
    name: str,
    now: str | None,
    project: Path | None,
    environment: str | None,
    *,
    as_json: bool,
    details: bool,
    record: bool,
) -> int:
    """Check a dataset, or all that a subject stands on."""
    with opened(project, environment, now) as found, _progress() as told:
        found.guard.on_read = told
        instant = found.now if now else None
        reports = found.guard.check_all(name, now=instant, record=record and found.records)
        dry_run = found.project.enforcement == "dry_run"
    return _print(name, reports, as_json=as_json, details=details, dry_run=dry_run)


def check_sample(
    name: str,
    data: str,
    now: str | None,
    project: Path | None,
    environment: str | None,
    *,
    as_json: bool,
    details: bool,
) -> int:
    """Judge a Parquet sample by a contract of the catalog or in a file; nothing is recorded."""
    from featureguard.sources.parquet import ParquetSource

    contract = _contract(name, project, environment)
    at = parse_now(now) if now else datetime.now(UTC)
    return _print(name, [check(contract, ParquetSource(data), now=at)], as_json=as_json, details=details)


def _contract(name: str, project: Path | None, environment: str | None) -> Contract:
    if name.endswith((".yaml", ".yml")):
        return load_contract(Path(name))
    _, catalog = read_catalog(project, environment)
    if name not in catalog.contracts:
        raise UsageError(
            f"--data needs a dataset, and '{name}' is none. Known: {', '.join(catalog.contracts)}."
        )
    return catalog.contracts[name]


def _print(
    name: str, reports: Sequence[Report], *, as_json: bool, details: bool, dry_run: bool = False
) -> int:
    raw = worst_exit_code(report.raw_exit_code for report in reports)
    code = 0 if dry_run else worst_exit_code(report.exit_code for report in reports)
    if as_json:
        datasets = [report_to_dict(report) for report in reports]
        print_json(
            {"name": name, "exit_code": code, "raw_exit_code": raw, "dry_run": dry_run, "datasets": datasets}
        )
        return code
    out = console()
    for report in reports:
        _print_report(report, details=details)
    kept = "recorded" if reports and all(report.recorded for report in reports) else "not recorded"
    observed = "" if code == raw else ", but this only observes and blocks nothing"
    out.print(f"{name}: {_VERDICTS[raw]}{observed} (exit {code}, {kept})")
    return code


def _print_report(report: Report, *, details: bool) -> None:
    out = console()
    out.print(headline(report))
    if details:
        out.print(report_table(report.results))
    for reason in reasons(report.results):
        out.print(reason, soft_wrap=True)
    out.print(f"  {tally(report.results)}")
    if report.raw_exit_code and report.contract.runbook:
        out.print(f"  runbook: {report.contract.runbook}")
    out.print()


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None] | None]:
    """Says on a terminal which file is being read."""
    screen = console(stderr=True)
    if not screen.is_terminal:
        yield None
        return
    with screen.status("looking") as line:
        yield lambda what, rows: line.update(f"reading {what} ({rows:,} rows)")
