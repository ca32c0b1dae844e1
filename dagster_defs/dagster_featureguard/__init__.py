"""FeatureGuard for Dagster: contracts as asset checks, sensors and a gate for jobs."""

from __future__ import annotations

from dagster_featureguard.checks import build_contract_checks
from dagster_featureguard.resource import FeatureGuardResource
from dagster_featureguard.selection import guarded_job, guarded_selection

__all__ = ["FeatureGuardResource", "build_contract_checks", "guarded_job", "guarded_selection"]
