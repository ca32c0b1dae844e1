"""What contracts promise of Feast's views: how old their features may be, and how many may be missing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from featureguard.catalog import load_catalog
from featureguard.contract import Contract, FeastConfig
from featureguard.feature_registry import View
from featureguard.project import load_project
from featureguard.promises import Column


@dataclass(frozen=True, slots=True)
class ViewPromise:
    """What is promised of one view.

    Attributes:
        max_age: Largest age of an entity's features that counts as fresh; `None` promises none.
        columns: What is promised of features, by Feast's name.
    """

    max_age: timedelta | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)


def within(contract: Contract) -> timedelta | None:
    """Largest age of one entity that counts as fresh; `None` if the contract promises none."""
    promised = contract.freshness
    if promised is None:
        return None
    return promised.population.within if promised.population else promised.max_age


def contracts_of(
    repo: Path, project: Path | None = None, environment: str | None = None
) -> list[tuple[FeastConfig, Contract]]:
    """The contracts of a project that are about a feature repository.

    Args:
        repo: Folder of the feature repository.
        project: The project file or a folder below it; `None` looks from the current folder upwards.
        environment: Name of the project's environment; `None` takes its default.

    Raises:
        ProjectError: If there is no project, or it cannot be read.
        ContractError: If its contracts are wrong.
    """
    found = load_project(project, os.environ, environment)
    catalog = load_catalog(found.catalog_places, found.vars, connections=found.connections)
    return [
        (source, contract)
        for contract in catalog.contracts.values()
        if isinstance(source := contract.source, FeastConfig)
        and Path(found.anchor(source.repo)).resolve() == repo.resolve()
    ]


def promises_of(
    contracts: Iterable[tuple[FeastConfig, Contract]], views: Mapping[str, View]
) -> dict[str, ViewPromise]:
    """What is promised of each view that a contract is about.

    The age is that of the contract of what is online, where there is one. Columns are those of the offline
    rows, and of what is online where the offline contract promises nothing of them.
    """
    found: dict[str, ViewPromise] = {}
    for source, contract in sorted(contracts, key=lambda one: one[0].read):  # offline, online
        known = found.get(source.view, ViewPromise())
        columns = dict(known.columns)
        for feature, column in _columns(contract, views.get(source.view), source.read):
            columns.setdefault(feature, column)
        age = within(contract)
        found[source.view] = ViewPromise(known.max_age if age is None else age, columns)
    return found


def _columns(contract: Contract, view: View | None, read: str) -> Iterable[tuple[str, Column]]:
    """What is promised of a view's features, whose columns may have other names in the files."""
    source = view.batch_source if view and read == "offline" else None
    for feature in view.features if view else ():
        column = contract.columns.get(source.column_of(feature) if source else feature)
        if column is not None and (column.nulls or not column.nullable):
            yield feature, column
