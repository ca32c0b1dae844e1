"""A sensor that looks at datasets without launching runs, and tells Dagster what changed."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from dagster_featureguard.checks import PREFIX, RESOURCE
from dagster_featureguard.figures import figures
from dagster_featureguard.findings import promises_table
from dagster_featureguard.history import OURS
from dagster_featureguard.judgement import PROBE, looked
from dagster_featureguard.keys import Asset, graph_of, match
from dagster_featureguard.resource import FeatureGuardResource
from featureguard.catalog import Catalog
from featureguard.guard import Guard
from featureguard.judging import Report
from featureguard.result import Status

MOST_REPORTS = 100
"""How many datasets one tick tells of, each by two events; the rest waits for the next tick."""

_SECONDS, _REPORT_SECONDS = 4.5, 0.02
"""How long a tick may take, and how long Dagster takes to write down what it tells of one dataset."""

_FIGURES = ("freshness", "population")


def freshness_sensor(
    catalog: Catalog,
    assets: Iterable[Asset],
    *,
    name: str = "featureguard_freshness",
    datasets: Sequence[str] | None = None,
    resource: str = RESOURCE,
    heartbeat: timedelta = timedelta(hours=1),
    minimum_interval_seconds: int = 30,
    default_status: dg.DefaultSensorStatus = dg.DefaultSensorStatus.STOPPED,
) -> dg.SensorDefinition:
    """Looks at every dataset in turn and records the evidence; launches nothing.

    Whenever what is wrong with a dataset changes, and once per heartbeat, its asset gets an observation and
    an evaluation of the check `featureguard_probe`. That check never blocks, and is none of those that
    automation waits for: a pass without a run must not open anything.

    Args:
        catalog: The contracts.
        assets: The assets of the code location, external ones too.
        name: Name of the sensor.
        datasets: The datasets that are assets here; left out: all of the catalog.
        resource: Key of the `FeatureGuardResource`.
        heartbeat: How often a dataset is told of though nothing changed.
        minimum_interval_seconds: Seconds between ticks.
        default_status: Whether it runs from the start.

    Raises:
        UsageError: If the catalog has no such dataset.
        ContractError: If a dataset has no asset, or an asset has two.
    """
    keys = match(catalog, graph_of(assets), datasets)

    @dg.sensor(
        name=name,
        minimum_interval_seconds=minimum_interval_seconds,
        default_status=default_status,
        required_resource_keys={resource},
        description="Looks at the data of every contract, and tells what changed.",
    )
    def freshness(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        guarding: FeatureGuardResource = getattr(context.resources, resource)
        with guarding.guard(catalog, recorder="dagster sensor") as guard:
            found = _probe(guard, keys, _Cursor.read(context.cursor), heartbeat)
        events = [event for one in found.told for event in _events(keys[one.dataset], one, context.instance)]
        return dg.SensorResult(asset_events=events, cursor=found.cursor.written())

    return freshness


@dataclass
class _Cursor:
    """Where a tick begins, and what was told of each dataset: what was wrong, and when."""

    next: str = ""
    told: dict[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str | None) -> "_Cursor":
        try:
            found: Mapping[str, Any] = json.loads(text or "{}")
            told = {name: (str(state), str(at)) for name, (state, at) in found.get("told", {}).items()}
            return cls(str(found.get("next", "")), told)
        except (ValueError, TypeError, AttributeError):
            return cls()  # Of another version, or changed by hand: everything is told anew.

    def written(self) -> str:
        return json.dumps({"next": self.next, "told": self.told})

    def is_news(self, dataset: str, state: str, now: datetime, heartbeat: timedelta) -> bool:
        before, at = self.told.get(dataset, ("", ""))
        return before != state or now - datetime.fromisoformat(at) >= heartbeat


@dataclass(frozen=True, slots=True)
class _Probed:
    told: list[Report]
    cursor: _Cursor


def _probe(guard: Guard, keys: Mapping[str, dg.AssetKey], cursor: _Cursor, heartbeat: timedelta) -> _Probed:
    told: list[Report] = []
    until = time.monotonic() + _SECONDS
    cursor.told = {name: state for name, state in cursor.told.items() if name in keys}
    for name in _in_turn(sorted(keys), cursor.next):
        cursor.next = name
        if len(told) >= MOST_REPORTS or time.monotonic() + _REPORT_SECONDS * len(told) > until:
            break
        report = looked(guard, name)
        state = _state(report)
        if cursor.is_news(name, state, report.now, heartbeat):
            told.append(report)
            cursor.told[name] = state, report.now.isoformat()
    else:
        cursor.next = ""
    return _Probed(told, cursor)


def _in_turn(names: Sequence[str], first: str) -> Iterator[str]:
    yield from (name for name in names if name >= first)
    yield from (name for name in names if name < first)


def _state(report: Report) -> str:
    """What is wrong, in a few words: two looks that say the same are no news."""
    wrong = {f"{one.check}:{one.status.value}" for one in report.results if one.status is not Status.PASS}
    return ",".join(sorted(wrong)) or "pass"


def _events(
    key: dg.AssetKey, report: Report, instance: dg.DagsterInstance
) -> Iterator[dg.AssetObservation | dg.AssetCheckEvaluation]:
    shown: dict[str, Any] = {OURS: report.recorded or ""}
    shown |= {"observed_at": dg.MetadataValue.timestamp(report.observation.observed_at)}
    for kind in _FIGURES:
        shown |= figures(kind, report, [one for one in report.results if one.check == kind], None)
    yield dg.AssetObservation(key, metadata=shown)
    worst = report.worst
    wrong = [one for one in report.results if one.status is not Status.PASS]
    if wrong:
        shown["promises"] = promises_table(wrong)
    if report.contract.runbook:
        shown["runbook"] = dg.MetadataValue.url(report.contract.runbook)
    yield dg.AssetCheckEvaluation(
        key,
        PREFIX + PROBE,
        passed=not wrong,
        metadata=shown,
        target_materialization_data=_target(key, instance),
        severity=dg.AssetCheckSeverity.ERROR if report.exit_code else dg.AssetCheckSeverity.WARN,
        description=worst.reason if worst and wrong else "",
        blocking=False,
    )


def _target(key: dg.AssetKey, instance: dg.DagsterInstance) -> Any:
    """The materialization that was looked at, as Dagster names it; `None` where there is none."""
    from dagster._core.definitions.asset_checks.asset_check_evaluation import (
        AssetCheckEvaluationTargetMaterializationData,
    )

    for record in instance.fetch_materializations(key, limit=1).records:
        return AssetCheckEvaluationTargetMaterializationData(
            storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
        )
    return None
