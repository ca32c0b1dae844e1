"""Alerts about error budgets: how fast that of a population burns, and that one is spent."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from featureguard.duration import format_duration
from featureguard.publish.alert import Alert, Urgency, When, Wishes
from featureguard.publish.dataset_alerts import BROKEN, PAGING
from featureguard.publish.promql import OBJECTIVE, ON_DATASET, asked, burning, latest, owned, series, told
from featureguard.slo.alerts import BURN_SHARES, MIN_MEMBERS, SHORT_WINDOWS

_EVERY = "0|1|2|3"
_WHO = "{{ $labels.dataset }} (tier {{ $labels.tier }}, {{ $labels.owner }})"
_PAGE = "/datasets/{{ $labels.dataset }}"


def budget_alerts(wishes: Wishes) -> tuple[Alert, ...]:
    """All of them, the most urgent first."""
    burns = (
        _burns(wishes.job, long, short, share, urgency)
        for (long, share, urgency), short in zip(BURN_SHARES, SHORT_WINDOWS, strict=True)
    )
    return (*burns, _spent(wishes.job))


def _burns(job: str, long: timedelta, short: timedelta, share: Fraction, urgency: Urgency) -> Alert:
    tiers = PAGING if urgency == "page" else _EVERY
    words = format_duration(long), format_duration(short)
    burn = burning(job, float(share), long, words, sli="population", tier=f"~{tiers}")
    members = f"{told(job, 'population_members')} >= {MIN_MEMBERS}"
    left = asked(job, "min(@slo_budget_remaining_ratio)", "humanizePercentage")
    return Alert(
        f"BudgetBurns{words[0]}",
        fires=f"a population of at least {MIN_MEMBERS} members burns {float(share):.0%} of its error budget"
        f" within {words[0]}, and still does over the last {words[1]}",
        when=(When(urgency, owned(job, f"({burn}\n)\nand {ON_DATASET} {members}"), tiers),),
        summary=f"the population of {{{{ $labels.dataset }}}} burns {float(share):.0%} of its budget within"
        f" {words[0]}",
        description=f"{_WHO} burns its error budget {{{{ $value | humanize }}}} times too fast over"
        f" {words[0]}. Left of it: {left}. Fresh members: "
        + asked(
            job,
            "max(@population_fresh_members) / max(@population_members)",
            "humanizePercentage",
        )
        + ".",
        rationale=f"SRE workbook, chapter 5, table 5-8: {float(share):.0%} of the budget within {words[0]}"
        f" is worth a {urgency}; the factor follows from the objective's own window (14.4, 6, 3 and 1 over 30"
        f" days) and is at least 1. The short window, {words[1]}, ends the alert soon after the burn ends."
        f" Fewer than {MIN_MEMBERS} members move in steps too large for it.",
        todo=(
            "The dataset's page shows the worst segments: which entities stopped, and what they share.",
            "One source or region? Mend that. All of them? Then it is the load itself.",
        ),
        page=_PAGE,
        hold=timedelta(0),
        about_dataset=True,
    )


def _spent(job: str) -> Alert:
    def expr(tiers: str) -> str:
        left = series(job, "slo_budget_remaining_ratio", tier=f"~{tiers}")
        return owned(job, f"{latest(OBJECTIVE, left)} <= 0")

    return Alert(
        "BudgetSpent",
        fires="nothing is left of an error budget",
        when=tuple(When(who, expr(tiers), tiers) for who, tiers in BROKEN),
        summary="the error budget of {{ $labels.dataset }} is spent",
        description=f"{_WHO}: {{{{ $value | humanizePercentage }}}} of the error budget of its objective"
        " about {{ $labels.sli }} is left.",
        rationale="The objective is missed for now. Whatever spent it was told by other alerts; this one is"
        " for planning: reliability comes before features until there is budget again (SRE workbook, appendix"
        " B).",
        todo=(
            "The dataset's page and 'featureguard incidents --all' show what spent it.",
            "Mend the causes that took most time, or agree on an objective that the source can keep.",
        ),
        page=_PAGE,
        about_dataset=True,
    )
