"""An alert becomes a rule that says whom it concerns, where help is, and why."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from featureguard.publish.alert import Alert, When, Wishes
from featureguard.publish.promql import asked, series
from featureguard.publish.rules import alert_groups, to_rules
from featureguard.publish.runbooks import TITLES, with_alerts
from featureguard.slo.alerts import SPELL_SHARES

PAGE = Path(__file__).parents[3] / "docs" / "alerts.md"
ALERTS = [alert for group in alert_groups(Wishes()).values() for alert in group]
RULES = [rule for group in yaml.safe_load(to_rules(Wishes()))["groups"] for rule in group["rules"]]


def an_alert(**more: object) -> Alert:
    """An alert that is a ticket on tiers 0 and 1 and told below."""
    parts: dict[str, object] = {
        "name": "Wet",
        "fires": "it rains",
        "when": (When("ticket", "rain > 1", "0|1"), When("info", "rain > 2", "2")),
        "summary": "wet",
        "description": "very wet",
        "rationale": "nobody likes it",
        "todo": ("Close the window.", "Wait."),
    }
    return Alert(**(parts | more))  # type: ignore[arg-type]


def test_an_alert_is_a_rule_for_each_urgency() -> None:
    ticket, info = an_alert().to_rules(Wishes(url="https://x.example/fg/"))
    assert ticket == {
        "alert": "FeatureguardWet",
        "expr": "rain > 1",
        "for": "300s",
        "keep_firing_for": "300s",
        "labels": {"severity": "ticket", "job": "featureguard"},
        "annotations": {
            "summary": "wet",
            "description": "very wet",
            "runbook_url": "https://x.example/fg/runbooks#FeatureguardWet",
            "dashboard_url": "https://x.example/fg/",
            "rationale": "nobody likes it",
            "todo": "1. Close the window. 2. Wait.",
        },
    }
    assert (info["expr"], info["labels"]) == ("rain > 2", {"severity": "info", "job": "featureguard"})


def test_whom_it_concerns_is_told_in_words() -> None:
    assert an_alert().concerns == "ticket (tiers 0, 1), info (tier 2)"
    assert an_alert(when=(When("page", "rain"),)).concerns == "page"


@pytest.mark.parametrize(
    ("hold", "written"),
    [(timedelta(minutes=5), "300s"), (timedelta(milliseconds=1_500), "1500ms"), (timedelta(0), None)],
)
def test_a_condition_holds_as_long_as_is_wished_in_units_that_prometheus_knows(
    hold: timedelta, written: str | None
) -> None:
    assert next(an_alert().to_rules(Wishes(hold=hold))).get("for") == written


def test_a_dataset_with_a_runbook_of_its_own_is_sent_there() -> None:
    rule = next(an_alert(about_dataset=True).to_rules(Wishes()))
    url = re.search(r"'runbook_url': '([^']*)'", str(rule))
    assert url
    assert url[1].startswith("{{ if $labels.runbook }}{{ $labels.runbook }}{{ else }}http://localhost:8080/")


@pytest.mark.parametrize(
    "wish",
    [
        {"job": ""},
        {"job": 'a"b'},
        {"job": "a{{b}}"},
        {"job": "a\nb"},
        {"job": " a"},
        {"url": "freshness.example.org"},
        {"url": "ftp://x.example"},
        {"url": "https://"},
        {"url": "https://x.example/{{ 1 }}"},
        {"url": "https://x.example/a b"},
        {"url": "https://x.example/?q"},
        {"url": "https://[x"},
        {"hold": timedelta(microseconds=1)},
        {"hold": timedelta(days=2)},
    ],
)
def test_what_could_not_stand_in_a_rule_is_refused(wish: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^(job|url|for) .*: write "):
        Wishes(**wish)  # type: ignore[arg-type]


def test_a_selector_names_the_job_and_quotes_what_it_is_given() -> None:
    assert series('a"b', "up", tier="~0|1", check="!~x", sli="time") == (
        'featureguard_up{job="a\\"b", tier=~"0|1", check!~"x", sli="time"}'
    )


def test_a_number_that_is_asked_for_is_about_the_alerts_dataset() -> None:
    assert asked("fg", "max(@a) / max(@b)", "humanize") == (
        '{{ with printf `max(featureguard_a{job="fg",dataset=%q}) / max(featureguard_b{job="fg",dataset=%q})`'
        " $labels.dataset $labels.dataset | query }}{{ . | first | value | humanize }}"
        "{{ else }}not known{{ end }}"
    )


# ------------------------------------------------------------------------------------------ all of them
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_every_rule_says_all_that_whoever_is_called_needs(rule: dict[str, dict[str, str]]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket", "info", "none")
    assert {"summary", "description", "runbook_url", "dashboard_url", "rationale", "todo"} == set(
        rule["annotations"]
    )
    assert all(rule["annotations"].values())


def test_only_one_signal_is_for_machines_and_it_always_fires() -> None:
    signals = [rule for rule in RULES if rule["labels"]["severity"] == "none"]
    assert [(rule["alert"], rule["expr"], "for" in rule) for rule in signals] == [
        ("FeatureguardWatchdog", "vector(1)", False)
    ]


def test_names_are_unique_and_every_group_has_a_title() -> None:
    assert len({alert.name for alert in ALERTS}) == len(ALERTS)
    assert list(TITLES) == list(alert_groups(Wishes()))


def test_no_alert_about_data_wakes_anybody_below_the_tiers_that_page() -> None:
    paging = {one.tiers for alert in ALERTS for one in alert.when if one.urgency == "page"}
    assert paging == {"", "|".join(map(str, SPELL_SHARES))}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert.name))
def test_no_tier_gets_two_urgencies_of_one_alert(alert: Alert) -> None:
    tiers = [tier for one in alert.when for tier in one.tiers.split("|")]
    assert len(tiers) == len(set(tiers))
    for one in alert.when:
        assert one.tiers in one.expr


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert.name))
def test_reasons_and_steps_are_sentences(alert: Alert) -> None:
    for text in (alert.rationale, alert.description, *alert.todo):
        assert re.fullmatch(r"[A-Z{][^\n]*[.?]", text), text
    assert not alert.fires.endswith(".")


def test_the_page_of_alerts_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_alerts(page), "docs/alerts.md differs from featureguard/publish. Run 'make docs'."
    assert all(f"\n### {alert.full_name}\n" in page for alert in ALERTS)


def test_the_page_shows_settings_that_are_yaml() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    routes = yaml.safe_load(blocks[1])
    names = {one["name"] for one in routes["receivers"]}
    assert {routes["route"]["receiver"], *(one["receiver"] for one in routes["route"]["routes"])} == names
