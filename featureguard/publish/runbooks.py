"""Every alert in words: when it fires, whom it concerns, why, what to do; `docs/alerts.md` is made here."""

from __future__ import annotations

from featureguard.publish.alert import Alert, Wishes
from featureguard.publish.rules import alert_groups

TITLES = {
    "featureguard-datasets": "Datasets",
    "featureguard-budgets": "Error budgets",
    "featureguard-gate": "The gate",
    "featureguard-service": "The service",
}
"""Headings of the groups."""


def with_alerts(page: str) -> str:
    """The page of all alerts: what a person wrote above the mark, and below it every alert anew."""
    groups = alert_groups(Wishes())
    rows = (_row(alert) for alerts in groups.values() for alert in alerts)
    sections = (
        f"## {TITLES[name]}\n\n" + "\n".join(_section(alert) for alert in alerts)
        for name, alerts in groups.items()
    )
    return "\n".join([page.partition(_MARK)[0] + _MARK + _HEAD + "\n".join(rows) + "\n", *sections])


def _row(alert: Alert) -> str:
    return f"| [{alert.full_name}](#{alert.full_name.lower()}) | {alert.concerns} | {alert.fires} |"


def _section(alert: Alert) -> str:
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(alert.todo, 1))
    return (
        f"### {alert.full_name}\n\n"
        f"Fires when {alert.fires}: {alert.concerns}.\n\n"
        f"{alert.rationale}\n\n"
        f"{steps}\n"
    ).replace("Fires when always:", "Fires always:")


_MARK = "<!-- From here on this page is written by 'make docs'. -->"
_HEAD = """
| alert | severity | fires when |
|---|---|---|
"""
