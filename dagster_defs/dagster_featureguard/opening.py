"""A sensor that launches a job when a gate opens."""

import json
from typing import Any

import dagster as dg

from dagster_featureguard.checks import RESOURCE
from dagster_featureguard.resource import ACTION, FeatureGuardResource
from featureguard.errors import FeatureGuardError
from featureguard.result import Code
from featureguard.verdict import Decision

_NOBODY_KNOWS = frozenset({Code.STORE_UNAVAILABLE, Code.GATE_UNREACHABLE})


def gate_sensor(
    job: Any,
    subject: str,
    action: str = ACTION,
    *,
    name: str | None = None,
    resource: str = RESOURCE,
    minimum_interval_seconds: int = 30,
    default_status: dg.DefaultSensorStatus = dg.DefaultSensorStatus.STOPPED,
    **request: Any,
) -> dg.SensorDefinition:
    """Launches a job when the gate of a subject opens: once per opening, also where it is open at first.

    While nobody can tell whether it is open, nothing is launched, and what was known stays known: an outage
    neither shuts nor opens it. The job must still ask: `FeatureGuardResource.require`.

    Args:
        job: The job.
        subject: A subject of the catalog.
        action: What the job does.
        name: Name of the sensor; left out: `featureguard_gate_` and the subject and action.
        resource: Key of the `FeatureGuardResource`.
        minimum_interval_seconds: Seconds between ticks.
        default_status: Whether it runs from the start.
        request: What `dagster.RunRequest` takes: `run_config`, `tags`, …
    """
    own = "_".join(["featureguard_gate", *subject.replace("-", "_").split("."), action.replace("-", "_")])

    @dg.sensor(
        name=name or own,
        job=job,
        minimum_interval_seconds=minimum_interval_seconds,
        default_status=default_status,
        required_resource_keys={resource},
        description=f"Launches {job.name} when featureguard lets '{subject}' {action}.",
    )
    def opens(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        guarding: FeatureGuardResource = getattr(context.resources, resource)
        try:
            decision = guarding.preview(subject, action)
        except FeatureGuardError as error:
            return dg.SkipReason(f"Nobody can tell whether the gate is open: {error}")
        if any(reason.code in _NOBODY_KNOWS for reason in decision.reasons):
            return dg.SkipReason(f"Nobody can tell whether the gate is open: {decision.reasons[0].text}")
        was_open, openings = _read(context.cursor)
        if not decision.allowed:
            return dg.SensorResult(skip_reason=_closed(decision), cursor=_written(False, openings))
        if was_open:
            return dg.SkipReason("The gate is open; its opening was answered before.")
        told: dict[str, Any] = {
            **request,
            "tags": {
                **request.get("tags", {}),
                "featureguard/subject": subject,
                "featureguard/action": action,
            },
        }
        key = f"featureguard/{subject}/{action}/{openings + 1}/{decision.now.isoformat()}"
        return dg.SensorResult(
            run_requests=[dg.RunRequest(run_key=key, **told)], cursor=_written(True, openings + 1)
        )

    return opens


def _read(cursor: str | None) -> tuple[bool, int]:
    try:
        found = json.loads(cursor or "{}")
        return bool(found.get("open", False)), int(found.get("openings", 0))
    except (ValueError, TypeError, AttributeError):
        return False, 0


def _written(is_open: bool, openings: int) -> str:
    return json.dumps({"open": is_open, "openings": openings})


def _closed(decision: Decision) -> str:
    why = "; ".join(reason.text for reason in decision.reasons if not reason.effective.allowed)
    again = f" It may open at {decision.look_again_at.isoformat()}." if decision.look_again_at else ""
    return f"{decision.effective.value}: {why}{again}"
