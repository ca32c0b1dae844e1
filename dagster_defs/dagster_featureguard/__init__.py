"""FeatureGuard for Dagster: contracts as asset checks, sensors and a gate for jobs."""

from __future__ import annotations

from dagster_featureguard.checks import build_contract_checks
from dagster_featureguard.component import FeatureGuardComponent
from dagster_featureguard.condition import check_automation, gate_allows
from dagster_featureguard.notifying import Notice, incident_sensor
from dagster_featureguard.opening import gate_sensor
from dagster_featureguard.probing import freshness_sensor
from dagster_featureguard.resource import FeatureGuardResource
from dagster_featureguard.selection import guarded_job, guarded_selection

__all__ = [
    "FeatureGuardComponent",
    "FeatureGuardResource",
    "Notice",
    "build_contract_checks",
    "check_automation",
    "freshness_sensor",
    "gate_allows",
    "gate_sensor",
    "guarded_job",
    "guarded_selection",
    "incident_sensor",
]
