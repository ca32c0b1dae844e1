"""A scorecard as tables for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from featureguard.checks import words
from featureguard.cli.tables import plain_table
from featureguard.scorecard import Card, Rollup, Scorecard, phrases


def tell(told: Scorecard, out: Console) -> None:
    """Print a scorecard."""
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
    target = f"> {one.target:.0%} {phrases.yes_no(one.meets_target)}" if one.target else ""
    return (
        one.name if one.by == "all" else f"{one.by} {phrases.one_line(one.name)}",
        f"{len(one.cards):,}",
        phrases.compliance(one.features),
        Text(target, style=_STYLES[one.meets_target] if one.target else ""),
        phrases.objectives(one.objectives),
        phrases.ratio(one.unknown_share),
    )


_STYLES = {True: "green", False: "bold red", None: "magenta"}


def _datasets(told: Scorecard, out: Console) -> None:
    table = plain_table(
        "dataset",
        "tier",
        "features",
        "SLI",
        "between",
        "unknown",
        "excluded",
        "objective",
        "met",
        "budget left",
        "burns",
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
        phrases.excluded(one.sli, one.measures),
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
        table.add_row(
            waiver.id,
            " under ".join(filter(None, (waiver.dataset, waiver.subject))),
            ", ".join(waiver.codes),
            words.instant(waiver.until),
            phrases.state_of(one),
            words.count(one.uses, "decision"),
            phrases.given_by(one),
        )
    out.print()
    out.print(table)
