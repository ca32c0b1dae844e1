"""All panels of the dashboard."""

from __future__ import annotations

from collections.abc import Mapping

from featureguard.publish.panel import Panel, Query, chosen, increase, number, shown
from featureguard.publish.promql import DATASET, OBJECTIVE, ON_DATASET, latest, series, server_up

WORST = 20
"""Most curves of a panel: those that are worst."""

_VERDICT = ("subject", "tier", "action", "verdict")
_FINDING = (*DATASET, "check", "status", "severity")
_AGE = "time() - "


def panels(job: str) -> Mapping[str, tuple[Panel, ...]]:
    """All panels, by the row they stand in."""
    return {
        "At a glance": _glance(job),
        "Freshness": _freshness(job),
        "Objectives": _objectives(job),
        "The gate": _gate(job),
        "The service": _service(job),
    }


def _glance(job: str) -> tuple[Panel, ...]:
    def count(states: str) -> str:
        return f"sum({shown(job, 'dataset_state', state=f'~{states}')})"

    blocked = latest(_VERDICT[:3], series(job, "gate_verdict", verdict="block", tier="~$tier"))
    spent = f"sum({shown(job, 'slo_budget_remaining_ratio', by=OBJECTIVE)} <= bool 0)"
    incidents = f"max({series(job, 'incidents_open', severity='block')})"
    return (
        number("Stale", "Past their promise, or without any data.", count("stale|never")),
        number("Unknown", "Nobody can tell whether they are fresh.", count("unknown")),
        number("Aging", "Past the age that warns.", count("aging"), bad_from=None),
        number("Budgets spent", "Objectives with nothing left of their error budget.", spent),
        number("Blocked actions", "What the gate would not let subjects do now.", f"sum({blocked})"),
        number("Open incidents", "Of blocking promises, in the whole catalog.", incidents),
    )


def _freshness(job: str) -> tuple[Panel, ...]:
    newest = shown(job, "dataset_newest_timestamp_seconds")
    limit = chosen(job, "dataset_max_age_seconds")
    until = shown(job, "dataset_fresh_until_timestamp_seconds")
    observed = shown(job, "dataset_observed_timestamp_seconds")
    members, fresh = chosen(job, "population_members"), shown(job, "population_fresh_members")
    state = shown(job, "dataset_state", by=(*DATASET, "state"))
    by_tier = f"sum by (tier, state) ({state})"
    table = (
        Query(f"{state} == 1"),
        Query(f"{_AGE}({newest})", column="Age", unit="s"),
        Query(shown(job, "dataset_max_age_seconds"), column="Limit", unit="s"),
        Query(f"({until}) - time()", column="Fresh for another", unit="s"),
        Query(f"{_AGE}({observed})", column="Last look", unit="s"),
        Query(
            f"min by ({', '.join(DATASET)}) ({shown(job, 'slo_budget_remaining_ratio', by=OBJECTIVE)})",
            column="Budget left",
            unit="percentunit",
        ),
    )
    share = f"(time() - ({newest})) / {ON_DATASET} {limit}"
    return (
        Panel("Datasets", "Every dataset and how it stands now.", "table", table, 24, 10, link="/datasets/"),
        Panel(
            "States by tier",
            "How many datasets of each tier are in each state.",
            "timeseries",
            (Query(by_tier, "tier {{tier}}: {{state}}"),),
            options={"stacking": "normal"},
        ),
        Panel(
            "Age as a share of the limit",
            f"1 is the limit; the {WORST} worst. It falls when data arrives.",
            "timeseries",
            (Query(f"topk({WORST}, {share})", "{{dataset}}", unit="percentunit"),),
            bad_from=1,
        ),
        Panel(
            "Age and limit",
            "The sawtooth of each chosen dataset, under its limit.",
            "timeseries",
            (
                Query(f"topk({WORST}, {_AGE}({newest}))", "{{dataset}}", unit="s"),
                Query(
                    f"topk({WORST}, {shown(job, 'dataset_max_age_seconds')})", "{{dataset}} limit", unit="s"
                ),
            ),
        ),
        Panel(
            "Time until stale",
            f"Below 0 it is stale; the {WORST} closest.",
            "timeseries",
            (Query(f"bottomk({WORST}, ({until}) - time())", "{{dataset}}", unit="s"),),
        ),
        Panel(
            "Fresh share of populations",
            "Share of the promised rows or entities that were fresh at the last look.",
            "timeseries",
            (
                Query(
                    f"bottomk({WORST}, ({fresh}) / {ON_DATASET} {members})", "{{dataset}}", unit="percentunit"
                ),
            ),
        ),
        Panel(
            "Promises that are not kept",
            "Broken (fail) or not to be judged (unknown), by check.",
            "table",
            (Query(f"{shown(job, 'dataset_findings', by=_FINDING)} > 0", column="Promises"),),
            link="/datasets/",
        ),
    )


def _objectives(job: str) -> tuple[Panel, ...]:
    left = shown(job, "slo_budget_remaining_ratio", by=OBJECTIVE)
    burn = shown(job, "slo_burn_rate", by=(*OBJECTIVE, "window"), window="~1h|6h|24h|3d")
    table = (
        Query(
            f"{increase(job, 'good')} / ({increase(job, 'valid')})",
            column="Surely good",
            unit="percentunit",
        ),
        Query(
            f"1 - ({increase(job, 'bad')}) / ({increase(job, 'valid')})",
            column="Good at best",
            unit="percentunit",
        ),
        Query(shown(job, "slo_objective_ratio", by=OBJECTIVE), column="Objective", unit="percentunit"),
        Query(left, column="Budget left", unit="percentunit"),
    )
    unknown = f"{increase(job, 'unknown')} / ({increase(job, 'valid')})"
    return (
        Panel(
            "SLI over $window",
            "Share of good time, from counters: what surely is, and what is if all unknown time was good."
            " The truth lies between. Budgets are about each objective's own window.",
            "table",
            table,
            24,
            link="/datasets/",
        ),
        Panel(
            "Error budget left",
            f"Negative once overspent; the {WORST} least.",
            "timeseries",
            (Query(f"bottomk({WORST}, {left})", "{{dataset}} {{sli}}", unit="percentunit"),),
        ),
        Panel(
            "Burn rates",
            f"1 spends the budget exactly over the objective's window; the {WORST} fastest.",
            "timeseries",
            (Query(f"topk({WORST}, {burn})", "{{dataset}} {{sli}} {{window}}"),),
        ),
        Panel(
            "Unknown share over $window",
            "Time of which nobody can tell: look more often, and it shrinks.",
            "bargauge",
            (Query(f"topk({WORST}, {unknown})", "{{dataset}} {{sli}}", unit="percentunit"),),
            24,
        ),
    )


def _gate(job: str) -> tuple[Panel, ...]:
    verdict = latest(_VERDICT, series(job, "gate_verdict", tier="~$tier"))
    incidents = latest(("severity",), series(job, "incidents_open"))
    return (
        Panel(
            "What the gate would say now",
            "Nothing is recorded by looking.",
            "table",
            (Query(f"{verdict} == 1"),),
            link="/subjects/",
        ),
        Panel(
            "Verdicts",
            "How many actions get each verdict.",
            "timeseries",
            (Query(f"sum by (verdict) ({verdict})", "{{verdict}}"),),
            options={"stacking": "normal"},
        ),
        Panel(
            "Open incidents",
            "In the whole catalog, by the severity of the promise.",
            "timeseries",
            (Query(incidents, "{{severity}}"),),
        ),
        Panel(
            "Waivers that hold",
            "Exceptions that people gave for some time.",
            "timeseries",
            (Query(f"max({series(job, 'waivers_active')})", "waivers"),),
        ),
    )


def _service(job: str) -> tuple[Panel, ...]:
    read = latest(("instance",), series(job, "snapshot_timestamp_seconds"))
    behind = f"max({_AGE}{latest(OBJECTIVE, series(job, 'slo_settled_through_timestamp_seconds'))})"
    return (
        Panel(
            "Servers and their store",
            "1 is up.",
            "timeseries",
            (
                Query(server_up(job), "{{instance}}"),
                Query(latest(("instance",), series(job, "store_up")), "store of {{instance}}"),
            ),
            8,
        ),
        Panel(
            "Age of the picture",
            "How long ago each server read the store.",
            "timeseries",
            (Query(f"{_AGE}{read}", "{{instance}}", unit="s"),),
            8,
        ),
        Panel(
            "Counters end this long ago",
            "An hour by design.",
            "timeseries",
            (Query(behind, "counters", unit="s"),),
            8,
        ),
        Panel(
            "Datasets",
            "Of the catalog, and those without series of their own.",
            "timeseries",
            (
                Query(f"max({series(job, 'datasets')})", "catalog"),
                Query(f"max({series(job, 'datasets_left_out')})", "left out"),
            ),
        ),
        Panel(
            "Versions",
            "What runs where.",
            "table",
            (Query(latest(("instance", "version"), series(job, "build_info"))),),
        ),
    )
