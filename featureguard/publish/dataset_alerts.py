"""Alerts about datasets: stale, never there, unknown, not looked at, or otherwise not as promised.

Two of them wake somebody. One dataset that is either fresh or stale would page after minutes by burn rates,
so it pages once a spell has consumed its share of the error budget; the service tells that instant.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from featureguard.publish.alert import Alert, Urgency, When, Wishes
from featureguard.publish.promql import ON_DATASET, asked, in_state, owned, past, series, told
from featureguard.slo.alerts import MIN_MEMBERS, SPELL_SHARES

PAGING = "|".join(map(str, SPELL_SHARES))
"""Tiers for which somebody is woken."""

BROKEN: Final[tuple[tuple[Urgency, str], ...]] = (("ticket", "0|1|2"), ("info", "3"))
"""Whom a broken promise concerns, by tiers."""

UNSURE: Final[tuple[tuple[Urgency, str], ...]] = (("ticket", "0|1"), ("info", "2|3"))
"""Whom it concerns that nobody can tell; below tier 1 the gate only warns then."""

_TIMELY = "freshness|freshness_warn|population|delivery|evidence"
_WHO = "{{ $labels.dataset }} (tier {{ $labels.tier }}, {{ $labels.owner }})"
_PAGE = "/datasets/{{ $labels.dataset }}"
_FOR_SPELL = "10 % of the error budget on tier 0 and 25 % on tier 1"


def dataset_alerts(wishes: Wishes) -> tuple[Alert, ...]:
    """All of them, the most urgent first."""
    job = wishes.job
    return (
        _stale_too_long(job),
        _unproven_too_long(job),
        _stale_unmetered(job),
        _stale(job),
        _never_arrived(job),
        _unknown(job),
        _evidence_old(job),
        _promise_broken(job),
        _aging(job),
    )


def _stale_too_long(job: str) -> Alert:
    return Alert(
        "StaleTooLong",
        fires=f"a bad spell that still goes on has consumed {_FOR_SPELL}, and held a while longer",
        when=(When("page", owned(job, past(job, "slo_pages_at_timestamp_seconds", PAGING)), PAGING),),
        summary="{{ $labels.dataset }} has been stale for too long",
        description=f"{_WHO} is past its limit for"
        f" {asked(job, 'time() - max(@slo_bad_since_timestamp_seconds)', 'humanizeDuration')}. Its newest"
        f" value is {_age(job)} old; the limit is {_limit(job)}. Somebody was to be called"
        " {{ $value | humanizeDuration }} ago."
        f" Left of its error budget: {asked(job, 'min(@slo_budget_remaining_ratio)', 'humanizePercentage')}.",
        rationale="One dataset is either fresh or stale, so burn rates over minutes would page at the first"
        f" late file. A person is called once a single spell has consumed {_FOR_SPELL}, held for the longer"
        " of grace and a quarter of the cadence (docs/slo.md, error budgets).",
        todo=(
            "Follow the dataset's own runbook, if the alert links to one.",
            "Open its page: it shows since when, and which source upstream is stale too. Mend the first one.",
            "Load what is missing, then run 'featureguard check' on the dataset: the next fresh look ends"
            " it.",
            "If it must train or serve meanwhile, let two people waive DATA_STALE for a limited time.",
        ),
        page=_PAGE,
        hold=timedelta(0),
        about_dataset=True,
    )


def _unproven_too_long(job: str) -> Alert:
    return Alert(
        "UnprovenTooLong",
        fires="nobody can tell whether it is fresh, and what was last proved ran out so long ago that a bad"
        " spell would have paged",
        when=(When("page", owned(job, _unproven(job)), PAGING),),
        summary="nobody knows whether {{ $labels.dataset }} is fresh, for too long",
        description=f"{_WHO} was surely fresh until {{{{ $value | humanizeDuration }}}} ago, and since then"
        f" nobody knows. The last complete look was {_looked(job)} ago.",
        rationale="Unknown is not good: a checker that died must not be quieter than the data it watched. The"
        f" wait is that of a bad spell, {_FOR_SPELL}.",
        todo=(
            "See why nobody can tell: the dataset's page names the code (NO_EVIDENCE, EVIDENCE_EXPIRED,"
            " SOURCE_UNREADABLE, …), and 'featureguard explain CODE' says what to do.",
            "Run 'featureguard check' on the dataset by hand. If it works, mend its schedule.",
            "If the source cannot be read, its owner and whoever gave out the credentials are next.",
        ),
        page=_PAGE,
        about_dataset=True,
    )


def _unproven(job: str) -> str:
    """How long ago the last proof ran out, where a spell as long would have paged."""
    parts = []
    for tier, share in SPELL_SHARES.items():
        only = {"tier": str(tier)}
        budget = (
            f"(1 - {told(job, 'slo_objective_ratio', sli='time', **only)})"
            f" * {told(job, 'slo_window_seconds', sli='time', **only)}"
        )
        over = f"time() - {told(job, 'dataset_fresh_until_timestamp_seconds', **only)}"
        parts.append(f"{over} > {float(share):g} * {budget}")
    either = "\nor\n".join(parts)
    return f"(\n{either}\n)\nand {ON_DATASET} {in_state(job, 'unknown', PAGING)}"


def _stale_unmetered(job: str) -> Alert:
    stale = in_state(job, "stale|never", PAGING)
    counted = f"{told(job, 'slo_objective_ratio', sli='population')} and {ON_DATASET} " + (
        f"{told(job, 'population_members')} >= {MIN_MEMBERS}"
    )
    expr = (
        f"{stale}\nunless {ON_DATASET} {told(job, 'slo_objective_ratio', sli='time')}"
        f"\nunless {ON_DATASET} ({counted})"
    )
    return Alert(
        "StaleUnmetered",
        fires="it is stale or never arrived for an hour, and neither a bad spell nor a burn rate of its"
        " objective would page",
        when=(When("page", owned(job, expr), PAGING),),
        summary="{{ $labels.dataset }} is stale, and has no budget to be stale",
        description=f"{_WHO} has been stale for an hour. Its newest value is {_age(job)} old; the limit is"
        f" {_limit(job)}.",
        rationale="Critical data must be able to wake somebody also where no objective says how much"
        " staleness is too much. An hour is what a spell of 99 % over 28 days gets: 40 min on tier 0, 1 h 41"
        " min on tier 1.",
        todo=(
            "Follow the dataset's own runbook, if the alert links to one; else mend what is late.",
            "Give its contract a time objective ('slo: {sli: time, objective: 99%, window: 28d}'): then it"
            " pages by the budget.",
        ),
        page=_PAGE,
        hold=timedelta(hours=1),
        about_dataset=True,
    )


def _stale(job: str) -> Alert:
    return Alert(
        "Stale",
        fires="its newest data, its population or a delivery is past the promised limit",
        when=tuple(When(who, owned(job, in_state(job, "stale", tiers)), tiers) for who, tiers in BROKEN),
        summary="{{ $labels.dataset }} is stale",
        description=f"{_WHO} is stale. Its newest value is {_age(job)} old; the limit is {_limit(job)}."
        f" The last complete look was {_looked(job)} ago.",
        rationale="The promise is broken, and what stands on it may be blocked. Most late data arrives by"
        " itself, so a ticket is enough until a spell costs a real share of the budget (StaleTooLong).",
        todo=(
            "Look at the dataset's page: what is late, since when, and is something upstream stale too?",
            "Mend the first stale dataset of the lineage; the others follow from it.",
            "If it is late by nature, change the contract: 'featureguard diff' says whom that concerns.",
        ),
        page=_PAGE,
        about_dataset=True,
    )


def _never_arrived(job: str) -> Alert:
    return Alert(
        "NeverArrived",
        fires="somebody looked, and there is no valid value at all: empty, all null, or an empty place",
        when=tuple(When(who, owned(job, in_state(job, "never", tiers)), tiers) for who, tiers in BROKEN),
        summary="{{ $labels.dataset }} has no data at all",
        description=f"{_WHO} has no valid value of its clock. The last complete look was {_looked(job)} ago.",
        rationale="An empty dataset has no age, so no threshold of ages would ever tell about it.",
        todo=(
            "Is the path or the table of the contract still the right one?",
            "Did a load truncate it and stop? Load it again.",
            "Is the clock's column null in every row? Then the producer changed its meaning.",
        ),
        page=_PAGE,
        about_dataset=True,
    )


def _unknown(job: str) -> Alert:
    def expr(tiers: str) -> str:
        old = past(job, "dataset_evidence_until_timestamp_seconds", tiers)
        return owned(job, f"{in_state(job, 'unknown', tiers)}\nunless {ON_DATASET} {old}")

    return Alert(
        "Unknown",
        fires="nobody can tell whether it is fresh, though evidence is young or was never there",
        when=tuple(When(who, expr(tiers), tiers) for who, tiers in UNSURE),
        summary="nobody can tell whether {{ $labels.dataset }} is fresh",
        description=f"{_WHO}: its freshness could not be judged. The last complete look was {_looked(job)}"
        " ago.",
        rationale="Unknown is neither good nor bad, and gates hold on it for tiers 0 and 1. Prometheus by"
        " itself, where no data is no alert, would keep silent here.",
        todo=(
            "The dataset's page names the code; 'featureguard explain CODE' says what it means and what to"
            " do.",
            "New in the catalog? Schedule 'featureguard check' for it.",
        ),
        page=_PAGE,
        about_dataset=True,
    )


def _evidence_old(job: str) -> Alert:
    def expr(tiers: str) -> str:
        return owned(job, past(job, "dataset_evidence_until_timestamp_seconds", tiers))

    return Alert(
        "EvidenceOld",
        fires="the last complete look is older than a look is believed (1 h on tier 0, 6 h on tier 1, else 26"
        " h, or the contract's own): nobody looks any more",
        when=tuple(When(who, expr(tiers), tiers) for who, tiers in UNSURE),
        summary="nobody looks at {{ $labels.dataset }} any more",
        description=f"{_WHO} was last looked at completely {_looked(job)} ago; that was believed until"
        " {{ $value | humanizeDuration }} ago.",
        rationale="An age of the data says nothing once the checks have stopped; the age of the evidence"
        " does. Its limit is that of the gate, which takes what passed for unknown from then on.",
        todo=(
            "Does the scheduled 'featureguard check' still run, and does it end? See the scheduler's log.",
            "Does it write to the store that this service reads?",
            "Run it by hand; the data itself may be fine.",
        ),
        page=_PAGE,
        about_dataset=True,
    )


def _promise_broken(job: str) -> Alert:
    def expr(tiers: str) -> str:
        found = series(
            job,
            "dataset_findings",
            check=f"!~{_TIMELY}",
            status="fail",
            severity="block",
            tier=f"~{tiers}",
        )
        return owned(job, f"max by (dataset, tier, check) ({found}) > 0")

    return Alert(
        "PromiseBroken",
        fires="a blocking promise other than freshness is broken: nulls, schema, volume, keys, ranges,"
        " values",
        when=tuple(When(who, expr(tiers), tiers) for who, tiers in BROKEN),
        summary="{{ $labels.dataset }} breaks its promise of {{ $labels.check }}",
        description=f"{_WHO}: {{{{ $value }}}} blocking promise(s) of {{{{ $labels.check }}}} are broken."
        f" The last complete look was {_looked(job)} ago.",
        rationale="Fresh data can be worthless, as half of a day's delays that are null after a blizzard."
        " Gates block on it at once; a person has to decide whether it is mended or waived.",
        todo=(
            "The dataset's page has the reason with its numbers, and how that figure was before.",
            "Mend the data and load that unit again; or, if it is true as it is, waive the code for some"
            " time.",
        ),
        page=_PAGE,
        about_dataset=True,
    )


def _aging(job: str) -> Alert:
    return Alert(
        "Aging",
        fires="the age that warns ('warn_age') has passed, the limit has not",
        when=(When("info", owned(job, in_state(job, "aging", "0|1|2|3")), "0|1|2|3"),),
        summary="{{ $labels.dataset }} will be stale soon",
        description=f"{_WHO}: its newest value is {_age(job)} old; the limit is {_limit(job)}.",
        rationale="The contract's own warning, to be seen by whoever looks anyway. Nothing is broken yet.",
        todo=("Has the next load begun? If not, begin it now.",),
        page=_PAGE,
        about_dataset=True,
    )


def _age(job: str) -> str:
    return asked(job, "time() - max(@dataset_newest_timestamp_seconds)", "humanizeDuration")


def _limit(job: str) -> str:
    return asked(job, "max(@dataset_max_age_seconds)", "humanizeDuration")


def _looked(job: str) -> str:
    return asked(job, "time() - max(@dataset_observed_timestamp_seconds)", "humanizeDuration")
