"""Alerts about models: what the gate would not let act."""

from __future__ import annotations

from datetime import timedelta

from featureguard.publish.alert import Alert, When, Wishes
from featureguard.publish.dataset_alerts import BROKEN, UNSURE
from featureguard.publish.promql import latest, series

_GATE = ("subject", "tier", "action")
_PAGE = "/subjects/{{ $labels.subject }}"


def gate_alerts(wishes: Wishes) -> tuple[Alert, ...]:
    """All of them, the most urgent first."""
    return _blocks(wishes.job), _holds(wishes.job)


def _stopped(job: str, verdict: str, tiers: str) -> str:
    """How many actions of each subject have a verdict; one alert for a subject, not one for each action."""
    found = latest(_GATE, series(job, "gate_verdict", verdict=verdict, tier=f"~{tiers}"))
    return f"count by (subject, tier) ({found} == 1)"


def _blocks(job: str) -> Alert:
    return Alert(
        "GateBlocks",
        fires="the gate would block an action of a subject: there is evidence of a breach",
        when=tuple(When(who, _stopped(job, "block", tiers), tiers) for who, tiers in BROKEN),
        summary="{{ $labels.subject }} is blocked",
        description="The gate blocks {{ $value }} action(s) of {{ $labels.subject }} (tier {{ $labels.tier"
        " }}).",
        rationale="Tells the owner of a model, who does not own the data. The data has alerts of its own,"
        " which page if need be: one cause wakes one person.",
        todo=(
            "The subject's page shows the way to the broken dataset, the reason, and from when it may pass.",
            "Ask that dataset's owner; or let people waive the named reason for a limited time.",
        ),
        page=_PAGE,
    )


def _holds(job: str) -> Alert:
    return Alert(
        "GateHolds",
        fires="the gate would hold an action of a subject for half an hour: evidence is missing or too old",
        when=tuple(When(who, _stopped(job, "hold", tiers), tiers) for who, tiers in UNSURE),
        summary="{{ $labels.subject }} has been on hold for half an hour",
        description="The gate holds {{ $value }} action(s) of {{ $labels.subject }} (tier {{ $labels.tier"
        " }}).",
        rationale="A hold ends with the next look, so half an hour leaves time for one that comes a little"
        " late.",
        todo=(
            "The subject's page shows whose evidence is missing. Run 'featureguard check' on that dataset.",
            "If looks come too seldom for the gate, look more often or set 'evidence_max_age'.",
        ),
        page=_PAGE,
        hold=timedelta(minutes=30),
    )
