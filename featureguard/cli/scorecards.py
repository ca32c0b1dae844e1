"""`featureguard scorecard`: how the datasets have done over a period, and how their features stand now."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from featureguard.checks import words
from featureguard.cli.lineage import plain_table
from featureguard.cli.opening import Opened, opened
from featureguard.cli.tables import console
from featureguard.deciding import decision_of
from featureguard.duration import parse_duration
from featureguard.errors import UsageError
from featureguard.scorecard import Card, Facts, Rollup, Scorecard, phrases, scorecard, waiver_uses
from featureguard.scorecard.documents import scorecard_to_dict
from featureguard.scorecard.markdown import to_markdown

Format = Literal["text", "markdown", "json"]
_TICK = timedelta(microseconds=1)
_USUAL = timedelta(days=28)


def show_scorecard(
    written: Format,
    now: str | None,
    project: Path | None,
    environment: str | None,
    *,
    window: str | None,
    since: str | None,
    until: str | None,
    output: Path | None,
) -> int:
    """Put the scorecard together and print it, or write it to a file."""
    with opened(project, environment, now) as found:
        told = _scorecard(found, period(found.now, window, since, until))
    if written == "text":
        _print(told, output)
    else:
        _write(to_markdown(told) if written == "markdown" else _to_json(told), output)
    return 0


def period(
    now: datetime, window: str | None, since: str | None, until: str | None
) -> tuple[datetime, datetime]:
    """The period that somebody asks for: by default the 28 days up to now.

    Raises:
        UsageError: If it is none, or lies in the future.
    """
    if window and since:
        raise UsageError("--window and --since both say where the period begins. Give one of them.")
    end = instant_of(until, "--until") if until else now
    start = instant_of(since, "--since") if since else end - (duration_of(window) if window else _USUAL)
    if end > now:
        raise UsageError(f"--until {until!r} lies in the future. It can be told what was, up to now.")
    if start >= end:
        raise UsageError(f"The period begins at {words.instant(start)}, not before its end. Mend --since.")
    return start, end


def instant_of(text: str, option: str) -> datetime:
    """An instant as somebody writes it for an option.

    Raises:
        UsageError: If it is none, or has no zone.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(f"{option} {text!r} is no instant with a zone. Write e.g. 2013-02-01T00:00:00Z.")
    return found.astimezone(UTC)


def duration_of(text: str) -> timedelta:
    """The length of a window.

    Raises:
        UsageError: If it is none.
    """
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--window {text!r}: {error}") from None


def _scorecard(found: Opened, told: tuple[datetime, datetime]) -> Scorecard:
    guard, store = found.guard, found.guard.store_in_use
    facts = {
        name: Facts(guard.books(name, now=found.now), guard.standing(name, found.now))
        for name in found.catalog.contracts
    }
    return scorecard(
        found.catalog,
        facts,
        told,
        found.now,
        mode=found.project.enforcement,
        waivers=store.waivers.all(),
        uses=_uses(found, told),
    )


def _uses(found: Opened, told: tuple[datetime, datetime]) -> Mapping[str, int]:
    decisions = found.guard.store_in_use.decisions.recorded(since=told[0], until=told[1] + _TICK)
    return waiver_uses(decision_of(one.link) for one in decisions)


def _to_json(told: Scorecard) -> str:
    return json.dumps(scorecard_to_dict(told), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"'{output}' cannot be written: {error.strerror}. Mend --output.") from None


def _print(told: Scorecard, output: Path | None) -> None:
    if output is None:
        _tell(told, console())
        return
    paper = Console(width=200, markup=False, highlight=False, emoji=False, record=True, quiet=True)
    with paper.capture() as captured:
        _tell(told, paper)
    _write(captured.get(), output)


def _tell(told: Scorecard, out: Console) -> None:
    out.print(phrases.heading(told.start, told.end, told.now))
    if told.mode == "dry_run":
        out.print("Dry run: nothing is blocked.")
    if told.overall is None:
        out.print("No dataset has a contract.")
        return
    _rollups(told, out)
    _datasets(told, out)
    _incidents(told, out)
    _waivers(told, out)
    for what, names in (
        ("nobody has looked at", told.overall.without_evidence),
        ("without an objective", told.overall.without_objective),
        ("without a runbook", told.overall.without_runbook),
    ):
        if names:
            out.print(f"{what}: {', '.join(names)}", soft_wrap=True)


def _rollups(told: Scorecard, out: Console) -> None:
    table = plain_table(
        "", "datasets", "features within threshold", "target", "objectives met", "unknown time"
    )
    for one in filter(None, (told.overall, *told.tiers, *told.owners)):
        table.add_row(*_rollup(one))
    out.print(table)


def _rollup(one: Rollup) -> tuple[Text | str, ...]:
    objectives = one.objectives
    target = f"> {one.target:.0%} {phrases.yes_no(one.meets_target)}" if one.target else ""
    met = f"{objectives.met} of {objectives.total}" if objectives.total else ""
    return (
        one.name if one.by == "all" else f"{one.by} {phrases.one_line(one.name)}",
        f"{len(one.cards):,}",
        phrases.compliance(one.features),
        Text(target, style=_STYLES[one.meets_target] if one.target else ""),
        met + (f" ({objectives.unknown} unknown)" if objectives.unknown else ""),
        phrases.ratio(one.unknown_share),
    )


_STYLES = {True: "green", False: "bold red", None: "magenta"}


def _datasets(told: Scorecard, out: Console) -> None:
    table = plain_table(
        "dataset", "tier", "features", "SLI", "between", "unknown", "objective", "met", "budget left", "burns"
    )
    for one in told.cards:
        table.add_row(*_dataset(one))
    out.print()
    out.print(table)


def _dataset(one: Card) -> tuple[Text | str, ...]:
    slo, account = one.contract.slo, one.account
    observed = "" if one.contract.enforcement == "enforce" else " (only observed)"
    measured = one.sli is not None
    return (
        f"{one.dataset}{observed}",
        str(one.contract.tier),
        f"{one.features.within:,} of {one.features.total:,}"
        + (f", {one.features.unknown:,} unknown" if one.features.unknown else ""),
        phrases.ratio(one.sli.ratio if one.sli else None) if measured else "",
        phrases.interval(one.sli) if measured else "",
        phrases.ratio(one.unknown_share) if measured else "",
        f"{words.percent(slo.objective)} ({slo.sli})" if slo else "",
        Text(phrases.yes_no(account.meets), style=_STYLES[account.meets]) if account else "",
        phrases.budget_left(account),
        phrases.fastest_burn(account),
    )


def _incidents(told: Scorecard, out: Console) -> None:
    broken = [one for one in told.cards if one.incidents.detected or one.incidents.still_open]
    out.print()
    if not broken:
        out.print("No incident was detected; what nobody saw is unknown time.")
        return
    table = plain_table(
        "dataset", "incidents", "flaps", "open", "time to detect", "time to recover", "unknown"
    )
    for one in broken:
        found = one.incidents
        table.add_row(
            one.dataset,
            f"{len(found.detected):,}",
            f"{found.flaps:,}",
            f"{len(found.still_open):,}",
            phrases.quantiles(found.detection),
            phrases.quantiles(found.recovery),
            phrases.ratio(one.unknown_share) if one.sli else "",
        )
    out.print(table)
    for cause in told.causes:
        count = words.count(cause.incidents, "incident")
        out.print(f"  {cause.code or 'other'}: {count}, {phrases.lapse(cause.lasted)} in sum")


def _waivers(told: Scorecard, out: Console) -> None:
    if not told.waivers:
        return
    table = plain_table("waiver", "for", "codes", "until", "state", "used", "by")
    for one in told.waivers:
        waiver = one.waiver
        who = " and ".join(filter(None, (waiver.by, waiver.approved_by)))
        table.add_row(
            waiver.id,
            " under ".join(filter(None, (waiver.dataset, waiver.subject))),
            ", ".join(waiver.codes),
            words.instant(waiver.until),
            "in force" if one.in_force else "over",
            words.count(one.uses, "decision"),
            phrases.one_line(who) + ("" if waiver.verified else " (unverified)"),
        )
    out.print()
    out.print(table)
