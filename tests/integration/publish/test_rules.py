"""Prometheus's own tool runs the exported rules: each alert is silent on one side of its limit only.

Time begins at 0, so an instant of 3600 is an hour after the first sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from featureguard.publish.alert import Wishes
from featureguard.publish.rules import to_rules
from tests.promtool import check, holds

WISHES = Wishes(url="https://freshness.example.org")
RULES = to_rules(WISHES)
JOB = 'job="featureguard",instance="a:80"'
RIDES = f'{JOB},dataset="rides",tier="0"'
INFO = {
    f'featureguard_dataset_info{{{RIDES},owner="me@example.org",clock="event_time",runbook=""}}': "1x200",
    f"featureguard_build_info{{{JOB}}}": "1x200",
}
Series = Mapping[str, str]


def rides(name: str, labels: str = "", tier: int = 0) -> str:
    """A series about the dataset `rides`."""
    return f'featureguard_{name}{{{JOB},dataset="rides",tier="{tier}"{"," if labels else ""}{labels}}}'


def state(word: str, values: str = "1x200", tier: int = 0) -> Series:
    """`rides` in one state."""
    info = f'dataset_info{{{JOB},dataset="rides",tier="{tier}",owner="me@example.org",clock="",runbook=""}}'
    return {f"featureguard_{info}": "1x200", rides("dataset_state", f'state="{word}"', tier): values}


def objective(sli: str, tier: int = 0) -> Series:
    """An objective of 99 % over 28 days."""
    return {
        rides("slo_objective_ratio", f'sli="{sli}"', tier): "0.99x200",
        rides("slo_window_seconds", f'sli="{sli}"', tier): "2419200x200",
    }


def verdict(word: str, tier: int, action: str) -> str:
    """What the gate would say about `pricing`."""
    labels = f'subject="pricing",tier="{tier}",action="{action}",verdict="{word}"'
    return f"featureguard_gate_verdict{{{JOB},{labels}}}"


def burns(window: str, rate: float, sli: str = "population", tier: int = 0) -> Series:
    return {rides("slo_burn_rate", f'sli="{sli}",window="{window}"', tier): f"{rate}x200"}


def population(members: int, long: str, short: str, rates: tuple[float, float], tier: int = 0) -> Series:
    """A population of some size that burns this fast over both windows."""
    return {
        **state("fresh", tier=tier),
        **objective("population", tier),
        **burns(long, rates[0], tier=tier),
        **burns(short, rates[1], tier=tier),
        rides("population_members", tier=tier): f"{members}x200",
        rides("population_fresh_members", tier=tier): "50x200",
    }


def fires(
    folder: Path,
    alert: str,
    series: Series,
    quiet: str | None,
    at: str,
    severity: str,
    interval: str = "1m",
) -> None:
    """An alert is silent at one instant, and fires once at another."""
    firing = f'count by (severity) (ALERTS{{alertname="Featureguard{alert}", alertstate="firing"}})'
    once = {"labels": f'{{severity="{severity}"}}', "value": 1}
    expected: list[tuple[str, list[object]]] = [(quiet, [])] if quiet else []
    tests = [
        {"expr": firing, "eval_time": when, "exp_samples": samples}
        for when, samples in [*expected, (at, [once])]
    ]
    holds(folder, RULES, series, {"promql_expr_test": tests}, interval=interval)


def is_silent(folder: Path, alert: str, series: Series, at: str = "20m") -> None:
    """An alert does not fire."""
    firing = f'ALERTS{{alertname="Featureguard{alert}", alertstate="firing"}}'
    nothing: list[dict[str, object]] = [{"expr": firing, "eval_time": at, "exp_samples": []}]
    holds(folder, RULES, series, {"promql_expr_test": nothing})


@pytest.mark.parametrize(
    "wishes",
    [WISHES, Wishes(job="a job.of/our-own:1", hold=timedelta(milliseconds=1_500), url="http://[::1]:80/x/")],
)
def test_promtool_finds_nothing_to_complain_about(tmp_path: Path, wishes: Wishes) -> None:
    check(tmp_path, to_rules(wishes))


# ---------------------------------------------------------------------------------------------- datasets
def test_a_spell_pages_from_the_instant_that_the_service_tells(tmp_path: Path) -> None:
    series = {**state("stale"), rides("slo_pages_at_timestamp_seconds"): "3600x200"}
    fires(tmp_path, "StaleTooLong", series, "1h", "61m", "page")


def test_a_spell_below_tier_1_pages_nobody(tmp_path: Path) -> None:
    series = {**state("stale", tier=2), rides("slo_pages_at_timestamp_seconds", tier=2): "0x200"}
    is_silent(tmp_path, "StaleTooLong", series)


@pytest.mark.parametrize(("tier", "severity"), [(0, "ticket"), (2, "ticket"), (3, "info")])
def test_stale_data_is_a_ticket_once_it_held_for_five_minutes(
    tmp_path: Path, tier: int, severity: str
) -> None:
    series = state("stale", "0x10 1x200", tier)
    fires(tmp_path, "Stale", series, "15m", "16m", severity)


def test_data_that_is_stale_for_a_moment_wakes_nobody(tmp_path: Path) -> None:
    is_silent(tmp_path, "Stale", state("stale", "0 1 1 1 1 0 1 1 1 1 0x100"))


def test_data_that_never_arrived_is_a_ticket_though_it_has_no_age(tmp_path: Path) -> None:
    fires(tmp_path, "NeverArrived", state("never", "0x10 1x200"), "15m", "16m", "ticket")


@pytest.mark.parametrize(("tier", "severity"), [(1, "ticket"), (2, "info")])
def test_data_of_which_nobody_can_tell_is_told(tmp_path: Path, tier: int, severity: str) -> None:
    fires(tmp_path, "Unknown", state("unknown", "0x10 1x200", tier), "15m", "16m", severity)


def test_evidence_that_ran_out_is_told_as_that_and_not_twice(tmp_path: Path) -> None:
    series = {**state("unknown"), rides("dataset_evidence_until_timestamp_seconds"): "3600x200"}
    fires(tmp_path, "EvidenceOld", series, "1h5m", "1h6m", "ticket")
    is_silent(tmp_path, "Unknown", series, "70m")


def test_unknown_data_pages_when_a_bad_spell_would_have(tmp_path: Path) -> None:
    """A tenth of 1 % of 28 days is 2,419.2 s."""
    series = {
        **state("unknown"),
        **objective("time"),
        rides("dataset_fresh_until_timestamp_seconds"): "600x200",
    }
    fires(tmp_path, "UnprovenTooLong", series, "55m", "57m", "page")
    is_silent(tmp_path, "UnprovenTooLong", {**series, **state("fresh"), **state("unknown", "0x200")}, "57m")


def test_unknown_data_of_tier_1_waits_for_a_quarter_of_the_budget(tmp_path: Path) -> None:
    """That is 6,048 s."""
    series = {
        **state("unknown", tier=1),
        **objective("time", tier=1),
        rides("dataset_fresh_until_timestamp_seconds", tier=1): "0x200",
    }
    fires(tmp_path, "UnprovenTooLong", series, "1h45m", "1h47m", "page")


@pytest.mark.parametrize("word", ["stale", "never"])
@pytest.mark.parametrize("more", [{}, objective("delivery"), population(99, "1h", "5min", (0, 0))])
def test_critical_data_that_no_objective_pages_for_pages_after_an_hour(
    tmp_path: Path, word: str, more: Series
) -> None:
    fires(tmp_path, "StaleUnmetered", {**more, **state(word)}, "59m", "60m", "page")


@pytest.mark.parametrize("more", [objective("time"), population(100, "1h", "5min", (0, 0))])
def test_an_objective_that_pages_is_left_to_do_so(tmp_path: Path, more: Series) -> None:
    is_silent(tmp_path, "StaleUnmetered", {**more, **state("stale")}, "61m")


def test_a_broken_promise_other_than_freshness_is_a_ticket(tmp_path: Path) -> None:
    nulls = rides("dataset_findings", 'check="nulls",status="fail",severity="block"')
    fires(tmp_path, "PromiseBroken", {**INFO, nulls: "_x11 2x200"}, "15m", "16m", "ticket")


@pytest.mark.parametrize(
    "labels",
    [
        'check="freshness",status="fail",severity="block"',
        'check="nulls",status="unknown",severity="block"',
        'check="nulls",status="fail",severity="warn"',
    ],
)
def test_what_has_an_alert_of_its_own_or_only_warns_is_no_broken_promise(tmp_path: Path, labels: str) -> None:
    is_silent(tmp_path, "PromiseBroken", {**INFO, rides("dataset_findings", labels): "1x200"})


def test_aging_data_is_only_told(tmp_path: Path) -> None:
    fires(tmp_path, "Aging", state("aging", "0x10 1x200"), "15m", "16m", "info")


def test_a_restart_of_the_service_ends_no_alert_and_a_longer_silence_does(tmp_path: Path) -> None:
    there = dict.fromkeys(state("stale"), "1x20 stale")
    firing = 'count(ALERTS{alertname="FeatureguardStale", alertstate="firing"})'
    still: list[dict[str, object]] = [
        {"expr": firing, "eval_time": "25m", "exp_samples": [{"labels": "{}", "value": 1}]},
        {"expr": firing, "eval_time": "27m", "exp_samples": []},
    ]
    holds(tmp_path, RULES, there, {"promql_expr_test": still})


def test_two_servers_that_tell_the_same_are_one_alert(tmp_path: Path) -> None:
    one = state("stale")
    both = {**one, **{name.replace("a:80", "b:80"): values for name, values in one.items()}}
    fires(tmp_path, "Stale", both, None, "1h", "ticket")


def test_servers_that_disagree_about_the_owner_are_one_alert(tmp_path: Path) -> None:
    one = state("stale")
    other = {name.replace("a:80", "b:80").replace("me@", "you@"): values for name, values in one.items()}
    fires(tmp_path, "Stale", {**one, **other}, None, "1h", "ticket")


# --------------------------------------------------------------------------------------------- budgets
@pytest.mark.parametrize(
    ("long", "short", "factor", "severity"),
    [("1h", "5min", 13.44, "page"), ("6h", "30min", 5.6, "page"), ("24h", "2h", 2.8, "ticket")],
)
def test_a_large_population_pages_by_the_factor_of_its_window(
    tmp_path: Path, long: str, short: str, factor: float, severity: str
) -> None:
    alert, over = f"BudgetBurns{long}", factor + 0.01
    fires(tmp_path, alert, population(100, long, short, (over, over)), None, "10m", severity)
    is_silent(tmp_path, alert, population(100, long, short, (factor, over)))
    is_silent(tmp_path, alert, population(100, long, short, (over, factor)))
    is_silent(tmp_path, alert, population(99, long, short, (over, over)))


def test_a_burn_that_never_spends_the_budget_is_no_ticket(tmp_path: Path) -> None:
    """10 % within 3 of 28 days would be a factor of 0.93, and 1 spends the budget exactly."""
    fires(tmp_path, "BudgetBurns3d", population(100, "3d", "6h", (1.01, 1.01)), None, "10m", "ticket")
    is_silent(tmp_path, "BudgetBurns3d", population(100, "3d", "6h", (0.99, 0.99)))


def test_a_population_below_tier_1_gets_tickets_only(tmp_path: Path) -> None:
    is_silent(tmp_path, "BudgetBurns1h", population(100, "1h", "5min", (50, 50), tier=2))
    fires(tmp_path, "BudgetBurns24h", population(100, "24h", "2h", (50, 50), tier=2), None, "10m", "ticket")


def test_one_dataset_never_pages_by_burn_rates(tmp_path: Path) -> None:
    series = {**state("stale"), **objective("time"), **burns("1h", 100, "time"), **burns("5min", 100, "time")}
    is_silent(tmp_path, "BudgetBurns1h", series)


def test_a_spent_budget_is_a_ticket(tmp_path: Path) -> None:
    left = rides("slo_budget_remaining_ratio", 'sli="time"')
    fires(tmp_path, "BudgetSpent", {**INFO, left: "0.01x10 0x200"}, "15m", "16m", "ticket")


# ------------------------------------------------------------------------------------------------ gate
@pytest.mark.parametrize(("tier", "severity"), [(0, "ticket"), (3, "info")])
def test_a_blocked_subject_is_one_alert_for_all_its_actions(tmp_path: Path, tier: int, severity: str) -> None:
    series = {
        verdict("block", tier, "train"): "0x10 1x200",
        verdict("block", tier, "promote"): "0x10 1x200",
    }
    fires(tmp_path, "GateBlocks", series, "15m", "16m", severity)


def test_a_hold_is_told_after_half_an_hour(tmp_path: Path) -> None:
    fires(tmp_path, "GateHolds", {verdict("hold", 1, "train"): "0x10 1x200"}, "40m", "41m", "ticket")


# --------------------------------------------------------------------------------------------- service
def test_the_dead_mans_switch_fires_from_the_start_whatever_there_is(tmp_path: Path) -> None:
    fires(tmp_path, "Watchdog", {}, None, "0m", "none")


def test_a_service_that_is_gone_pages(tmp_path: Path) -> None:
    build = f"featureguard_build_info{{{JOB}}}"
    fires(tmp_path, "Gone", {build: "1x10 stale"}, "15m", "16m", "page")
    fires(tmp_path, "Gone", {}, "4m", "5m", "page")


def test_another_job_does_not_stand_in_for_the_service(tmp_path: Path) -> None:
    fires(tmp_path, "Gone", {'featureguard_build_info{job="other"}': "1x200"}, None, "10m", "page")


def test_one_server_of_two_is_a_ticket(tmp_path: Path) -> None:
    build, up = f"featureguard_build_info{{{JOB}}}", 'up{job="featureguard",instance="b:80"}'
    fires(tmp_path, "ServerDown", {build: "1x200", up: "1x10 0x200"}, "15m", "16m", "ticket")
    is_silent(tmp_path, "ServerDown", {up: "0x200"})


def test_a_store_that_no_server_can_read_pages(tmp_path: Path) -> None:
    one, other = (
        f"featureguard_store_up{{{JOB}}}",
        'featureguard_store_up{job="featureguard",instance="b:80"}',
    )
    fires(tmp_path, "StoreDown", {one: "1x10 0x200", other: "0x200"}, "15m", "16m", "page")


@pytest.mark.parametrize("at", ["0x10 0x200", "0+60x10 600x200", "0+120x200"])
def test_a_picture_that_stands_still_or_a_clock_that_differs_is_a_ticket(tmp_path: Path, at: str) -> None:
    fires(
        tmp_path,
        "PictureOld",
        {f"featureguard_snapshot_timestamp_seconds{{{JOB}}}": at},
        "5m",
        "30m",
        "ticket",
    )


def test_a_dataset_that_vanishes_is_missed_for_a_day_while_others_stay(tmp_path: Path) -> None:
    gone = dict.fromkeys(state("fresh"), "1x30 stale")
    stays = {name.replace("rides", "walks"): "1x60" for name in state("fresh")}
    build = {f"featureguard_build_info{{{JOB}}}": "1x60"}
    fires(tmp_path, "DatasetVanished", {**gone, **stays, **build}, "35m", "36m", "ticket")
    is_silent(tmp_path, "DatasetVanished", {**gone, **stays}, "45m")


def test_a_dataset_that_is_gone_for_more_than_a_day_was_meant_to_go(tmp_path: Path) -> None:
    """Told for half an hour, every ten minutes."""
    gone = dict.fromkeys(state("fresh"), "1x3 stale")
    series = {**gone, f"featureguard_build_info{{{JOB}}}": "1x200"}
    fires(tmp_path, "DatasetVanished", series, "24h50m", "23h", "ticket", interval="10m")


def test_a_dataset_of_another_tier_has_not_vanished(tmp_path: Path) -> None:
    before = dict.fromkeys(state("fresh"), "1x30 stale")
    after = dict.fromkeys(state("fresh", tier=1), "_x30 1x200")
    is_silent(
        tmp_path, "DatasetVanished", {**before, **after, f"featureguard_build_info{{{JOB}}}": "1x200"}, "1h"
    )


def test_datasets_left_out_are_told(tmp_path: Path) -> None:
    left = f"featureguard_datasets_left_out{{{JOB}}}"
    fires(tmp_path, "DatasetsLeftOut", {left: "0x10 1x200"}, "15m", "16m", "ticket")


def test_an_empty_catalog_is_told(tmp_path: Path) -> None:
    fires(tmp_path, "CatalogEmpty", {f"featureguard_datasets{{{JOB}}}": "1x10 0x200"}, "15m", "16m", "ticket")


def test_counters_that_stand_still_are_told(tmp_path: Path) -> None:
    through = rides("slo_settled_through_timestamp_seconds", 'sli="time"')
    fires(tmp_path, "CountersStandStill", {through: "0x200"}, "3h5m", "3h6m", "ticket")


# --------------------------------------------------------------------------------------------- words
def test_an_alert_says_whose_it_is_how_bad_it_is_and_where_help_is(tmp_path: Path) -> None:
    known = (name.replace('runbook=""', 'runbook="https://runbooks.example.org/rides"') for name in INFO)
    series = {
        **dict.fromkeys(known, "1x200"),
        rides("slo_pages_at_timestamp_seconds"): "3600x200",
        rides("slo_bad_since_timestamp_seconds"): "1200x200",
        rides("slo_budget_remaining_ratio", 'sli="time"'): "0.5x200",
        rides("dataset_newest_timestamp_seconds"): "0x200",
        rides("dataset_max_age_seconds"): "1200x200",
    }
    told = {
        "summary": "rides has been stale for too long",
        "description": "rides (tier 0, me@example.org) is past its limit for 1h 40m 0s. Its newest value is"
        " 2h 0m 0s old; the limit is 20m 0s. Somebody was to be called 1h 0m 0s ago. Left of its"
        " error budget: 50%.",
        "runbook_url": "https://runbooks.example.org/rides",
        "dashboard_url": "https://freshness.example.org/datasets/rides",
    }
    expected = alert_of("StaleTooLong", told, owner="me@example.org", runbook=told["runbook_url"])
    holds(tmp_path, RULES, series, {"alert_rule_test": [expected | {"eval_time": "2h"}]})


def test_an_alert_without_numbers_or_runbook_says_so(tmp_path: Path) -> None:
    told = {
        "summary": "rides is stale",
        "description": "rides (tier 0, me@example.org) is stale. Its newest value is not known old; the"
        " limit is not known. The last complete look was not known ago.",
        "runbook_url": "https://freshness.example.org/runbooks#FeatureguardStale",
        "dashboard_url": "https://freshness.example.org/datasets/rides",
    }
    expected = alert_of("Stale", told, severity="ticket", owner="me@example.org")
    holds(tmp_path, RULES, state("stale"), {"alert_rule_test": [expected | {"eval_time": "2h"}]})


def alert_of(name: str, told: Mapping[str, str], severity: str = "page", **labels: str) -> dict[str, object]:
    """The only alert of a name that is expected."""
    [rule] = [
        rule
        for groups in yaml.safe_load(RULES)["groups"]
        for rule in groups["rules"]
        if (rule["alert"], rule["labels"]["severity"]) == (f"Featureguard{name}", severity)
    ]
    annotations = rule["annotations"] | told
    has = {"severity": severity, "job": "featureguard", "dataset": "rides", "tier": "0", **labels}
    return {
        "alertname": rule["alert"],
        "exp_alerts": [{"exp_labels": has, "exp_annotations": annotations}],
    }
