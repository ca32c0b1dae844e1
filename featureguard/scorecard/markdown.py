"""A scorecard as Markdown (GitHub's), for reviews and wikis; what people wrote is shown as they wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from featureguard.checks import words
from featureguard.scorecard import phrases
from featureguard.scorecard.card import Card
from featureguard.scorecard.rollup import Rollup, Scorecard, Waived

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$])")


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line of a table."""
    return _SPECIAL.sub(r"\\\1", phrases.one_line(text))


def to_markdown(found: Scorecard) -> str:
    """The scorecard as one Markdown document."""
    parts = ["# Scorecard", phrases.heading(found.start, found.end, found.now)]
    parts += ["**Dry run: nothing is blocked.**"] if found.mode == "dry_run" else []
    if found.overall is None:
        return "\n\n".join([*parts, "No dataset has a contract.\n"])
    parts += [_section("Compliance", _COMPLIANCE, map(_compliance, (found.overall, *found.tiers)))]
    parts += [_section("Owners", _COMPLIANCE, map(_compliance, found.owners))]
    parts += [_section("Datasets", _DATASETS, map(_dataset, found.cards))]
    parts += [_section("Incidents", _INCIDENTS, map(_incidents, found.cards))]
    causes = ([_code(c.code), f"{c.incidents:,}", phrases.lapse(c.lasted)] for c in found.causes)
    parts += [_section("Causes", ("code", "incidents", "lasted in sum"), causes)] if found.causes else []
    parts += [_section("Waivers", _WAIVERS, map(_waived, found.waivers))] if found.waivers else []
    parts += list(_gaps(found.overall))
    return "\n\n".join(parts) + "\n"


_COMPLIANCE = ("", "datasets", "features within threshold", "target", "objectives met", "unknown time")
_DATASETS = (
    "dataset",
    "tier",
    "owner",
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
_INCIDENTS = ("dataset", "incidents", "flaps", "open", "time to detect", "time to recover", "unknown")
_WAIVERS = ("waiver", "for", "codes", "until", "by", "state", "used", "why")


def _compliance(one: Rollup) -> Sequence[str]:
    name = {"all": "all", "tier": f"tier {one.name}", "owner": escaped(one.name)}[one.by]
    target = f"more than {one.target:.0%}: {phrases.yes_no(one.meets_target)}" if one.target else ""
    return (
        name,
        f"{len(one.cards):,}",
        phrases.compliance(one.features),
        target,
        phrases.objectives(one.objectives),
        phrases.ratio(one.unknown_share),
    )


def _dataset(one: Card) -> Sequence[str]:
    slo, account = one.contract.slo, one.account
    return (
        _linked(one),
        str(one.contract.tier),
        escaped(one.contract.owner),
        phrases.compliance(one.features),
        phrases.ratio(one.sli.ratio) if one.sli else "",
        phrases.interval(one.sli) if one.sli else "",
        phrases.ratio(one.unknown_share) if one.sli else "",
        phrases.excluded(one.sli, one.measures),
        f"{words.percent(slo.objective)} of {phrases.COUNTED[slo.sli]} over {words.limit(slo.window)}"
        if slo
        else "",
        phrases.yes_no(account.meets) if account else "",
        phrases.budget_left(account),
        phrases.fastest_burn(account),
    )


def _incidents(one: Card) -> Sequence[str]:
    found = one.incidents
    return (
        escaped(one.dataset),
        f"{len(found.detected):,}",
        f"{found.flaps:,}",
        f"{len(found.still_open):,}",
        phrases.quantiles(found.detection),
        phrases.quantiles(found.recovery),
        phrases.ratio(one.unknown_share) if one.sli else "",
    )


def _waived(one: Waived) -> Sequence[str]:
    waiver = one.waiver
    return (
        waiver.id,
        escaped(" under ".join(filter(None, (waiver.dataset, waiver.subject)))),
        ", ".join(_code(code) for code in waiver.codes),
        words.instant(waiver.until),
        escaped(phrases.given_by(one)),
        phrases.state_of(one),
        f"{one.uses:,}",
        escaped(waiver.reason + (f" ({waiver.ticket})" if waiver.ticket else "")),
    )


def _gaps(overall: Rollup) -> Iterator[str]:
    """What is missing, by name."""
    for what, names in (
        ("Nobody has looked at", overall.without_evidence),
        ("Without an objective", overall.without_objective),
        ("Without a runbook", overall.without_runbook),
    ):
        if names:
            yield f"{what}: {', '.join(map(escaped, names))}."


def _linked(one: Card) -> str:
    name = escaped(one.dataset)
    name = f"[{name}]({quote(one.contract.runbook, safe=_URL)})" if one.contract.runbook else name
    return name if one.contract.enforcement == "enforce" else f"{name} (only observed)"


_URL = ":/?#@!$&'*+,;=%~-._"  # What a link may hold as it is; brackets and bars would end it.


def _code(code: str | None) -> str:
    return f"`{code}`" if code else "other"


def _section(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(headings), _row(["---"] * len(headings)), *map(_row, rows)]
    return f"## {title}\n\n" + "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
