"""What an alert is, and what becomes of it in a file of rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

from featureguard.duration import format_duration, parse_duration

Urgency = Literal["page", "ticket", "info", "none"]
"""Wake somebody, write a ticket, tell it only, or a signal to other machines."""

_JOB = re.compile(r"[\w.:/@-]+(?: [\w.:/@-]+)*", re.ASCII)
_LONGEST_HOLD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the rules are to be written.

    Attributes:
        job: Name of the scrape job.
        hold: How long a condition must hold before its alert fires, and how long an alert about data goes on
            without it.
        url: Address of the service, for links to its pages.
    """

    job: str = "featureguard"
    hold: timedelta = field(default_factory=lambda: parse_duration("5min"))
    url: str = "http://localhost:8080"

    def __post_init__(self) -> None:
        """Refuse what could not stand in a rule.

        Raises:
            ValueError: It says which wish it is, and what to write instead.
        """
        if not _JOB.fullmatch(self.job):
            raise ValueError(
                f"job {self.job!r}: write the name of a scrape job, of letters, digits, '_.:/@-'."
            )
        if self.hold % timedelta(milliseconds=1) or self.hold > _LONGEST_HOLD:
            raise ValueError(
                f"for {format_duration(self.hold)!r}: write whole milliseconds, at most a day, e.g. 5min."
            )
        if not _is_address(self.url):
            raise ValueError(f"url {self.url!r}: write an address such as https://freshness.example.org.")


@dataclass(frozen=True, slots=True)
class When:
    """A condition, and whom it concerns.

    Attributes:
        urgency: Whom it concerns.
        expr: When the alert fires, in PromQL.
        tiers: Of which tiers this is, as a regular expression; empty if it is about no tier.
    """

    urgency: Urgency
    expr: str
    tiers: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        name: Its name, without the product's.
        fires: When it fires, in words.
        when: The same in PromQL, by whom it concerns.
        summary: One line; a template of Prometheus.
        description: The numbers; a template of Prometheus.
        rationale: Why it exists, why this threshold, with the source.
        todo: What to do about it, one step each.
        page: Path of the page that shows more; a template of Prometheus.
        hold: How long the condition must hold; `None`: as is wished.
        about_dataset: Whether its series carry a dataset's runbook.
    """

    name: str
    fires: str
    when: tuple[When, ...]
    summary: str
    description: str
    rationale: str
    todo: tuple[str, ...]
    page: str = "/"
    hold: timedelta | None = None
    about_dataset: bool = False

    @property
    def full_name(self) -> str:
        """Its name among the alerts of others."""
        return f"Featureguard{self.name}"

    @property
    def concerns(self) -> str:
        """Whom it concerns, in words: `ticket (tiers 0, 1), info (tiers 2, 3)`."""
        told = ((one.urgency, one.tiers.replace("|", ", ")) for one in self.when)
        return ", ".join(f"{urgency} ({_tiers(tiers)})" if tiers else urgency for urgency, tiers in told)

    def to_rules(self, wishes: Wishes) -> Iterator[Mapping[str, object]]:
        """The rules as Prometheus reads them, one for each urgency."""
        hold = wishes.hold if self.hold is None else self.hold
        url = wishes.url.rstrip("/")
        own = f"{url}/runbooks#{self.full_name}"
        theirs = "{{ if $labels.runbook }}{{ $labels.runbook }}{{ else }}" + own + "{{ end }}"
        for one in self.when:
            yield {
                "alert": self.full_name,
                "expr": one.expr,
                **({"for": _milliseconds(hold)} if hold else {}),
                # What is told about data goes with the service: its restart should end no alert.
                **({"keep_firing_for": _milliseconds(wishes.hold)} if one.tiers else {}),
                "labels": {"severity": one.urgency, "job": wishes.job},
                "annotations": {
                    "summary": self.summary,
                    "description": self.description,
                    "runbook_url": theirs if self.about_dataset else own,
                    "dashboard_url": url + self.page,
                    "rationale": self.rationale,
                    # Its runbook cannot be read where the service is gone.
                    "todo": " ".join(f"{number}. {step}" for number, step in enumerate(self.todo, 1)),
                },
            }


def _tiers(numbers: str) -> str:
    return f"tiers {numbers}" if "," in numbers else f"tier {numbers}"


def _milliseconds(hold: timedelta) -> str:
    """A duration as Prometheus reads it; it knows no fractions."""
    milliseconds = hold // timedelta(milliseconds=1)
    return f"{milliseconds}ms" if milliseconds % 1_000 else f"{milliseconds // 1_000}s"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    clean = not re.search(r"[\s{}\"'<>\\#?]|[^\x21-\x7e]", url)
    return clean and parts.scheme in ("http", "https") and bool(parts.hostname)
