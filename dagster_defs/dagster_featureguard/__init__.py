"""FeatureGuard for Dagster: contracts as asset checks, sensors and a gate for jobs."""

from __future__ import annotations

from dagster_featureguard.checks import build_contract_checks
from dagster_featureguard.component import FeatureGuardComponent
from dagster_featureguard.condition import check_automation, gate_allows
from dagster_featureguard.history import import_history
from dagster_featureguard.keys import graph_of, match
from dagster_featureguard.native import freshness_policy, lineage_gaps
from dagster_featureguard.notifying import Notice, incident_sensor
from dagster_featureguard.opening import gate_sensor
from dagster_featureguard.probing import freshness_sensor
from dagster_featureguard.resource import FeatureGuardResource
from dagster_featureguard.selection import guarded_job, guarded_selection, unwatched

__all__ = [
    "FeatureGuardComponent",
    "FeatureGuardResource",
    "Notice",
    "build_contract_checks",
    "check_automation",
    "freshness_policy",
    "freshness_sensor",
    "gate_allows",
    "gate_sensor",
    "graph_of",
    "guarded_job",
    "guarded_selection",
    "import_history",
    "incident_sensor",
    "lineage_gaps",
    "match",
    "unwatched",
]
