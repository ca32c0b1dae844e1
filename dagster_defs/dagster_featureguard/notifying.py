"""A sensor that tells people what broke, and what is well again."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import dagster as dg

from dagster_featureguard.checks import RESOURCE
from dagster_featureguard.resource import FeatureGuardResource
from featureguard.catalog import Catalog
from featureguard.guard import Guard
from featureguard.incident import Incident

_log = logging.getLogger("featureguard.dagster")
_REMEMBERED = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell.

    Attributes:
        event: What became of the incident.
        incident: The incident.
        owner: Who mends the dataset.
        runbook: Link to what to do.
        takes_down: Subjects that stand on the dataset.
        text: All of it in a sentence.
    """

    event: Literal["opened", "resolved"]
    incident: Incident
    owner: str
    runbook: str | None
    takes_down: tuple[str, ...]
    text: str


def incident_sensor(
    notify: Callable[[Notice], object],
    *,
    name: str = "featureguard_incidents",
    datasets: Sequence[str] | None = None,
    resource: str = RESOURCE,
    minimum_interval_seconds: int = 60,
    default_status: dg.DefaultSensorStatus = dg.DefaultSensorStatus.STOPPED,
) -> dg.SensorDefinition:
    """Tells of every incident once when it opens, and once when it is over.

    What cannot be told is told again at the next tick. What was over before the sensor first ran is not told.

    Args:
        notify: Tells somebody, e.g. a chat; raises if it could not.
        name: Name of the sensor.
        datasets: The datasets to watch; left out: all of the project's catalog.
        resource: Key of the `FeatureGuardResource`.
        minimum_interval_seconds: Seconds between ticks.
        default_status: Whether it runs from the start.
    """

    @dg.sensor(
        name=name,
        minimum_interval_seconds=minimum_interval_seconds,
        default_status=default_status,
        required_resource_keys={resource},
        description="Tells of incidents when they open and when they are over.",
    )
    def incidents(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        guarding: FeatureGuardResource = getattr(context.resources, resource)
        told = _read(context.cursor)
        with guarding.guard(recorder="dagster sensor") as guard:
            notices = _notices(
                guard, datasets or list(guard.catalog.contracts), told, first=context.cursor is None
            )
        failed = 0
        for notice in notices:
            try:
                notify(notice)
            except Exception:
                _log.exception("An incident could not be told: %s", notice.text)
                failed += 1
                continue
            told[notice.incident.key] = notice.event
        left = f", {failed} could not be told and will be again" if failed else ""
        why = f"{len(notices) - failed} told{left}."
        return dg.SensorResult(skip_reason=why, cursor=json.dumps(told))

    return incidents


def _notices(guard: Guard, datasets: Sequence[str], told: dict[str, str], *, first: bool) -> list[Notice]:
    """What is to be told; `told` loses what is forgotten, and learns what was over at first."""
    now = guard.now()
    found, known = [], set[str]()
    for dataset in datasets:
        for incident in guard.books(dataset, now=now).incidents(now - _REMEMBERED):
            known.add(incident.key)
            event: Literal["opened", "resolved"] = "opened" if incident.is_open else "resolved"
            if first and event == "resolved":
                told[incident.key] = event
            elif told.get(incident.key) != event:
                found.append(_notice(guard.catalog, incident, event))
    for forgotten in set(told) - known:
        del told[forgotten]
    return sorted(found, key=lambda one: (one.incident.opened, one.incident.key))


def _notice(catalog: Catalog, incident: Incident, event: Literal["opened", "resolved"]) -> Notice:
    contract = catalog.contracts[incident.dataset]
    subjects = tuple(one.name for one in catalog.lineage.impact(incident.dataset).subjects)
    where = f" of '{incident.column}'" if incident.column else ""
    code = f" ({incident.code.value})" if incident.code else ""
    down = f" It takes down {', '.join(subjects)}." if subjects and event == "opened" else ""
    since = f"since {incident.opened:%Y-%m-%d %H:%M} UTC"
    state = f"is broken {since}" if event == "opened" else "is well again"
    text = f"{incident.dataset}: {incident.check}{where} {state}{code}.{down} Owner: {contract.owner}."
    return Notice(event, incident, contract.owner, contract.runbook, subjects, text)


def _read(cursor: str | None) -> dict[str, str]:
    try:
        return {str(key): str(event) for key, event in json.loads(cursor or "{}").items()}
    except (ValueError, AttributeError):
        return {}
