"""The definitions of a component, put together from what is written and what the project defines."""

import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_featureguard.checks import RESOURCE, build_contract_checks
from dagster_featureguard.component import Attributes
from dagster_featureguard.condition import check_automation
from dagster_featureguard.opening import gate_sensor
from dagster_featureguard.probing import freshness_sensor
from dagster_featureguard.resource import FeatureGuardResource
from dagster_featureguard.selection import guarded_job, unwatched
from featureguard.catalog import Catalog, load_catalog
from featureguard.errors import ContractError, Problem
from featureguard.project import PROJECT_VARIABLE, load_project


def assembled(
    attributes: Attributes, root: Path, others: Sequence[dg.Definitions], file: str
) -> dg.Definitions:
    """Checks, sensors and jobs.

    Args:
        attributes: What is written.
        root: Root of the Dagster project.
        others: What the rest of the project defines.
        file: Name of the file in which it is written.

    Raises:
        ProjectError: If the project cannot be read.
        ContractError: If contracts, or what is written here, are wrong.
    """
    start = root / attributes.project if attributes.project else root
    named = not attributes.project and PROJECT_VARIABLE in os.environ
    project = load_project(None if named else start, os.environ, attributes.environment or None)
    catalog = load_catalog(project.catalog_places, project.vars, connections=project.connections)
    if problems := list(_problems(attributes, catalog, file)):
        raise ContractError(problems)
    assets = [spec for one in others for spec in one.resolve_all_asset_specs()]
    datasets = attributes.datasets or None
    status = dg.DefaultSensorStatus.RUNNING if attributes.running else dg.DefaultSensorStatus.STOPPED
    jobs = {gate.job: guarded_job(gate.job, gate.selection) for gate in attributes.gates}
    sensors = [
        gate_sensor(jobs[gate.job], gate.subject, gate.action, default_status=status)
        for gate in attributes.gates
        if gate.launch
    ]
    if attributes.sensor:
        sensors.append(freshness_sensor(catalog, assets, datasets=datasets, default_status=status))
    own = dg.Definitions(
        asset_checks=build_contract_checks(catalog, assets, datasets=datasets, action=attributes.action),
        jobs=list(jobs.values()),
        sensors=sensors,
        resources={
            RESOURCE: FeatureGuardResource(
                project=str(project.file or project.root), environment=attributes.environment or None
            )
        },
    )
    whole = dg.Definitions.merge(*others)
    check_automation(whole)
    graph = whole.resolve_asset_graph()
    if problems := list(_unwatched(attributes, catalog, graph, file)):
        raise ContractError(problems)
    return own


def _unwatched(attributes: Attributes, catalog: Catalog, graph: Any, file: str) -> Iterator[Problem]:
    for place, gate in enumerate(attributes.gates):
        for name in unwatched(
            catalog, gate.subject, gate.selection, graph, datasets=attributes.datasets or None
        ):
            yield Problem(
                f"subject '{gate.subject}' requires '{name}', and nothing that '{gate.selection}' is made"
                f" from in Dagster is that: no check of the job '{gate.job}' would look at it. Add it to the"
                " 'deps' of its assets.",
                file,
                field=f"attributes.gates.{place}.selection",
            )


def _problems(attributes: Attributes, catalog: Catalog, file: str) -> Iterator[Problem]:
    for place, name in enumerate(attributes.datasets):
        if name not in catalog.contracts:
            yield _unknown("dataset", name, catalog.contracts, file, f"attributes.datasets.{place}")
    if attributes.action not in (known := catalog.policies["default"].known_actions):
        yield _unknown("action", attributes.action, known, file, "attributes.action")
    seen: set[str] = set()
    for place, gate in enumerate(attributes.gates):
        at = f"attributes.gates.{place}"
        if gate.subject not in catalog.subjects:
            yield _unknown("subject", gate.subject, catalog.subjects, file, f"{at}.subject")
        elif gate.action not in (known := catalog.policy_of(gate.subject).known_actions):
            yield _unknown("action", gate.action, known, file, f"{at}.action")
        if gate.job in seen:
            yield Problem(
                f"two gates make a job called '{gate.job}'. Name one otherwise.", file, field=f"{at}.job"
            )
        seen.add(gate.job)


def _unknown(kind: str, name: str, known: Iterable[str], file: str, field: str) -> Problem:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(names[:20]) or 'none'}."
    return Problem(f"the catalog has no {kind} '{name}'. {hint}", file, field=field)
