"""What an alert is, and what becomes of it in a file of rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from featureguard.duration import parse_duration

Urgency = Literal["page", "ticket", "info", "none"]
"""Wake somebody, write a ticket, tell it only, or a signal to other machines."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the rules are to be written.

    Attributes:
        job: Name of the scrape job.
        hold: How long a condition must hold before its alert fires.
        url: Address of the service, for links to its pages.
    """

    job: str = "featureguard"
    hold: timedelta = field(default_factory=lambda: parse_duration("5min"))
    url: str = "http://localhost:8080"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        name: Its name, without the product's.
        expr: When it fires.
        urgency: Whom it concerns.
        summary: One line; a template of Prometheus.
        description: The numbers; a template of Prometheus.
        rationale: Why it exists, why this threshold, with the source.
        todo: What to do about it, one step each.
        page: Path of the page that shows more; a template of Prometheus.
        hold: How long the condition must hold; `None`: as is wished.
        labels: More labels of the alert.
        about_dataset: Whether its series carry a dataset's runbook.
    """

    name: str
    expr: str
    urgency: Urgency
    summary: str
    description: str
    rationale: str
    todo: tuple[str, ...]
    page: str = "/"
    hold: timedelta | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    about_dataset: bool = False

    @property
    def full_name(self) -> str:
        """Its name among the alerts of others."""
        return f"Featureguard{self.name}"

    def to_rule(self, wishes: Wishes) -> dict[str, object]:
        """The rule as Prometheus reads it."""
        hold = wishes.hold if self.hold is None else self.hold
        own = f"{wishes.url}/runbooks#{self.full_name}"
        theirs = "{{ if $labels.runbook }}{{ $labels.runbook }}{{ else }}" + own + "{{ end }}"
        return {
            "alert": self.full_name,
            "expr": self.expr,
            **({"for": f"{hold.total_seconds():g}s"} if hold else {}),
            "labels": {"severity": self.urgency, **self.labels},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": theirs if self.about_dataset else own,
                "dashboard_url": wishes.url + self.page,
                "rationale": self.rationale,
            },
        }
