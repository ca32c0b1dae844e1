"""Freshness and quality guard for feature data: contracts, checks, evidence.

    from featureguard import Contract, check

    report = check(contract, frame, now=now)

Names are resolved when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featureguard.catalog import Catalog, load_catalog, load_contract
    from featureguard.contract import Contract, Subject
    from featureguard.errors import FeatureGuardError
    from featureguard.guard import Guard, check
    from featureguard.judging import Report
    from featureguard.project import Project, load_project
    from featureguard.result import CheckResult, Code, Severity, Status

_HOMES = {
    "Catalog": "catalog",
    "CheckResult": "result",
    "Code": "result",
    "Contract": "contract",
    "FeatureGuardError": "errors",
    "Guard": "guard",
    "Project": "project",
    "Report": "judging",
    "Severity": "result",
    "Status": "result",
    "Subject": "contract",
    "check": "guard",
    "load_catalog": "catalog",
    "load_contract": "catalog",
    "load_project": "project",
}

__all__ = [
    "Catalog",
    "CheckResult",
    "Code",
    "Contract",
    "FeatureGuardError",
    "Guard",
    "Project",
    "Report",
    "Severity",
    "Status",
    "Subject",
    "check",
    "load_catalog",
    "load_contract",
    "load_project",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'featureguard' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"featureguard.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
