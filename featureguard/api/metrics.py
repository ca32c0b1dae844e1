"""What Prometheus scrapes: the picture at hand as samples, the same from every worker.

Instants are told, never ages: an age would stand still between two scrapes. What is not measured has no
sample.
"""

from __future__ import annotations

import importlib.metadata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from featureguard.api.documents import holds
from featureguard.duration import format_duration
from featureguard.result import Severity
from featureguard.serving.fleet import DatasetState, Fleet, State
from featureguard.store.settled import Settled
from featureguard.verdict import Verdict

MOST_DATASETS = 5_000
"""Most datasets with samples of their own; the lowest tiers are left out first."""

MOST_CHARACTERS = 200
"""Longest label."""

_MICROSECONDS = 1_000_000
_OWN = ("dataset", "tier")
_INFO = ("owner", "clock", "runbook")
_FINDING = ("check", "status", "severity")


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one exposition tells.

    Attributes:
        fleet: The picture.
        read_at: When the store was last read; `None` if never.
        store_up: Whether it can be read.
        settled: What SLIs have counted; empty while the store cannot be read.
    """

    fleet: Fleet
    read_at: datetime | None
    store_up: bool
    settled: Sequence[Settled]


def exposition(scrape: Scrape, accept: str) -> tuple[bytes, str]:
    """All samples, and their media type: OpenMetrics or Prometheus text, as is asked for."""
    registry = CollectorRegistry()
    registry.register(_Picture(scrape))
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


class _Picture(Collector):
    def __init__(self, scrape: Scrape) -> None:
        self._scrape = scrape

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        fleet = self._scrape.fleet
        shown = fleet.datasets[:MOST_DATASETS]  # By tier.
        names = {one.dataset: (label(one.dataset), str(one.contract.tier)) for one in shown}
        yield from _service(self._scrape, len(shown))
        yield from _freshness(shown)
        yield from _objectives(shown)
        yield from _counters(self._scrape.settled, names)
        yield from _gate(fleet)


def label(text: str) -> str:
    """A label as it is told: cut if it is too long, and still unlike all others."""
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[: MOST_CHARACTERS - 17]}~{sha256(text.encode()).hexdigest()[:16]}"


def _service(scrape: Scrape, shown: int) -> Iterator[Metric]:
    fleet = scrape.fleet
    build = GaugeMetricFamily("featureguard_build_info", "The version that runs.", labels=["version"])
    build.add_metric([importlib.metadata.version("featureguard")], 1)
    yield build
    yield _one("featureguard_store_up", "1 if the evidence store can be read.", float(scrape.store_up))
    if scrape.read_at:
        told = "When the evidence store was last read."
        yield _one("featureguard_snapshot_timestamp_seconds", told, scrape.read_at.timestamp())
    yield _one("featureguard_datasets", "Datasets of the catalog.", len(fleet.datasets))
    left = len(fleet.datasets) - shown
    yield _one("featureguard_datasets_left_out", "Datasets without samples of their own.", left)
    holding = sum(holds(one, fleet.as_of) for one in fleet.waivers)
    yield _one("featureguard_waivers_active", "Waivers that hold.", holding)


def _freshness(shown: Sequence[DatasetState]) -> Iterator[Metric]:
    info = _family("featureguard_dataset_info", "Whose a dataset is, and where help is.", *_INFO)
    state = _family("featureguard_dataset_state", "1 for the state that a dataset is in, else 0.", "state")
    found = _family("featureguard_dataset_findings", "Promises that are not kept.", *_FINDING)
    values = {
        "dataset_newest_timestamp_seconds": "The newest value of the clock.",
        "dataset_fresh_until_timestamp_seconds": "When the newest value passes its limit.",
        "dataset_max_age_seconds": "The largest promised age of the newest value.",
        "dataset_observed_timestamp_seconds": "The last complete look.",
        "dataset_evidence_until_timestamp_seconds": "Until when the last complete look is believed.",
        "dataset_rows": "Rows at the last look.",
        "population_members": "Size of the promised population at the last look.",
        "population_fresh_members": "How many members were fresh at the last look.",
    }
    families = {name: _family(f"featureguard_{name}", told) for name, told in values.items()}
    for one in shown:
        own = [label(one.dataset), str(one.contract.tier)]
        runbook = one.contract.runbook or ""
        whole = len(runbook) <= MOST_CHARACTERS  # A part of an address leads nowhere.
        info.add_metric(
            [*own, label(one.contract.owner), one.contract.clock or "", runbook if whole else ""], 1
        )
        for each in State:
            state.add_metric([*own, each.value], float(each is one.state))
        counts = Counter((f.result.check, f.result.status.value, f.result.severity) for f in one.findings)
        for kind, count in sorted(counts.items()):
            found.add_metric([*own, *kind], count)
        for name, value in _values(one).items():
            if value is not None:
                families[name].add_metric(own, value)
    yield from (info, state, found, *families.values())


def _values(one: DatasetState) -> dict[str, float | None]:
    last = one.known.last
    newest = one.newest if isinstance(one.newest, datetime) else None
    return {
        "dataset_newest_timestamp_seconds": _timestamp(newest),
        "dataset_fresh_until_timestamp_seconds": _timestamp(one.fresh_until),
        "dataset_max_age_seconds": one.max_age.total_seconds() if one.max_age else None,
        "dataset_observed_timestamp_seconds": _timestamp(one.observed_at),
        "dataset_evidence_until_timestamp_seconds": _timestamp(one.evidence_until),
        "dataset_rows": last.rows if last else None,
        "population_members": last.members if last else None,
        "population_fresh_members": last.fresh_members if last else None,
    }


def _objectives(shown: Sequence[DatasetState]) -> Iterator[Metric]:
    objective = _family("featureguard_slo_objective_ratio", "The promised share of good time.", "sli")
    window = _family("featureguard_slo_window_seconds", "The time that the objective is about.", "sli")
    left = _family(
        "featureguard_slo_budget_remaining_ratio", "Share of the error budget that is left.", "sli"
    )
    burn = _family("featureguard_slo_burn_rate", "How many times too fast it burns.", "sli", "window")
    since = _family("featureguard_slo_bad_since_timestamp_seconds", "Since when it is bad.")
    pages = _family("featureguard_slo_pages_at_timestamp_seconds", "When a person is to be called.")
    for one in shown:
        slo, account = one.contract.slo, one.account
        own = [label(one.dataset), str(one.contract.tier)]
        if slo:
            objective.add_metric([*own, slo.sli], slo.objective)
            window.add_metric([*own, slo.sli], slo.window.total_seconds())
        if slo is None or account is None:
            continue
        if account.budget.remaining_ratio is not None:
            left.add_metric([*own, slo.sli], account.budget.remaining_ratio)
        for length, rate in account.burn_rates.items():
            if rate is not None:
                burn.add_metric([*own, slo.sli, format_duration(length)], rate)
        for family, at in ((since, account.bad_since), (pages, account.pages_at)):
            if at:
                family.add_metric(own, at.timestamp())
    yield from (objective, window, left, burn, since, pages)


def _counters(settled: Sequence[Settled], names: dict[str, tuple[str, str]]) -> Iterator[Metric]:
    labels = [*_OWN, "sli"]
    through = GaugeMetricFamily(
        "featureguard_slo_settled_through_timestamp_seconds", "Counters tell all before it.", labels=labels
    )
    for kind, unit in (("seconds", _MICROSECONDS), ("deliveries", 1)):
        families = [
            CounterMetricFamily(f"featureguard_slo_{word}_{kind}", f"{told}, never restated.", labels=labels)
            for word, told in (
                ("good", "Surely within the promise"),
                ("bad", "Surely not"),
                ("unknown", "Neither can be proved"),
                ("valid", "All that counts: good, bad and unknown"),
            )
        ]
        for one in settled:
            if one.dataset not in names or (one.sli == "delivery") is not (kind == "deliveries"):
                continue
            parts = one.good, one.bad, one.unknown, one.good + one.bad + one.unknown
            for family, value in zip(families, parts, strict=True):
                family.add_metric([*names[one.dataset], one.sli], value / unit)
            through.add_metric([*names[one.dataset], one.sli], one.through.timestamp())
        yield from families
    yield through


def _gate(fleet: Fleet) -> Iterator[Metric]:
    verdict = GaugeMetricFamily(
        "featureguard_gate_verdict",
        "1 for what the gate would say within the last minute, else 0.",
        labels=["subject", "tier", "action", "verdict"],
    )
    for name, subject in sorted(fleet.catalog.subjects.items()):
        for action, decision in fleet.glance(name).items():
            for each in Verdict:
                own = [label(name), str(subject.tier), label(action), each.value]
                verdict.add_metric(own, float(decision.effective is each))
    yield verdict
    still_open = Counter(
        incident.severity
        for known in fleet.known.values()
        for incident in known.trouble(fleet.as_of).total.still_open
    )
    incidents = GaugeMetricFamily("featureguard_incidents_open", "Open incidents.", labels=["severity"])
    for severity in Severity:
        incidents.add_metric([severity.value], still_open[severity])
    yield incidents


def _family(name: str, told: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, labels=[*_OWN, *labels])


def _one(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)


def _timestamp(at: datetime | None) -> float | None:
    return at.timestamp() if at else None
