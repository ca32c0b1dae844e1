"""Declarative automation that waits for the gate."""

from __future__ import annotations

import logging
from typing import Any

import dagster as dg

from dagster_featureguard.resource import ACTION, FeatureGuardResource
from featureguard.errors import ContractError, FeatureGuardError, Problem

_log = logging.getLogger("featureguard.dagster")


def gate_allows(
    subject: str, action: str = ACTION, *, resource: FeatureGuardResource | None = None
) -> dg.AutomationCondition[dg.AssetKey]:
    """True while the gate would let a subject do something; false also where nobody can tell.

    It previews. What runs in the end must still ask: `FeatureGuardResource.require`. It holds values that
    Dagster cannot send to its daemon, so that the sensor that evaluates it must run in user code:
    `AutomationConditionSensorDefinition(..., use_user_code_server=True)`; `check_automation` sees to it.

    Args:
        subject: A subject of the catalog.
        action: What is about to be done.
        resource: How to reach the evidence; conditions are evaluated outside runs, so that it is told here.
            Left out: the project that FEATUREGUARD_PROJECT names, or that the current folder is in.
    """
    return GateAllows(subject=subject, action=action, resource=resource or FeatureGuardResource())


class GateAllows(dg.AutomationCondition):  # type: ignore[type-arg]
    """Made by `gate_allows`."""

    def __init__(self, *, subject: str, action: str, resource: FeatureGuardResource) -> None:
        self.subject, self.action, self._resource = subject, action, resource

    @property
    def name(self) -> str:
        return "gate_allows"

    @property
    def description(self) -> str:
        return f"featureguard lets '{self.subject}' {self.action}"

    def get_label(self) -> str | None:
        return None

    def evaluate(self, context: Any) -> Any:
        chosen = context.candidate_subset if self._allowed() else context.get_empty_subset()
        return dg.AutomationResult(context, chosen)

    def _allowed(self) -> bool:
        try:
            return self._resource.preview(self.subject, self.action).allowed
        except FeatureGuardError as error:
            _log.warning("gate_allows(%r, %r) is false: %s", self.subject, self.action, error)
            return False


def check_automation(defs: dg.Definitions) -> dg.Definitions:
    """Refuse definitions in which `gate_allows` would never be evaluated.

    Args:
        defs: All definitions of a code location.

    Returns:
        The same.

    Raises:
        ContractError: With every asset whose condition is watched by no sensor that runs in user code.
    """
    graph: Any = defs.resolve_asset_graph()
    gated = {key for key in graph.get_all_asset_keys() if _is_gated(graph.get(key).automation_condition)}
    watched: set[dg.AssetKey] = set()
    for sensor in defs.sensors or ():
        if isinstance(sensor, dg.AutomationConditionSensorDefinition) and _in_user_code(sensor):
            watched |= sensor.asset_selection.resolve(graph)
    missing = sorted(key.to_user_string() for key in gated - watched)
    if missing:
        raise ContractError(
            [
                Problem(
                    f"asset '{name}' waits for gate_allows, and no sensor evaluates that. Add"
                    " AutomationConditionSensorDefinition('…', target=…, use_user_code_server=True)."
                )
                for name in missing
            ]
        )
    return defs


def _is_gated(condition: Any) -> bool:
    if condition is None:
        return False
    return isinstance(condition, GateAllows) or any(_is_gated(child) for child in condition.children)


def _in_user_code(sensor: dg.AutomationConditionSensorDefinition) -> bool:
    return sensor.sensor_type.value == "AUTOMATION"  # Of one that the daemon evaluates: AUTO_MATERIALIZE.
