"""Airflow's graph of assets beside the `upstream` of contracts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_featureguard.assets import ALIAS, datasets_of

if TYPE_CHECKING:
    from airflow.sdk import DAG

    from featureguard.catalog import Catalog


@dataclass(frozen=True, slots=True)
class AssetGraph:
    """The assets of some DAGs.

    Attributes:
        uris: Every asset by its name, with its URI.
        upstream: What each asset is made from, by name.
    """

    uris: Mapping[str, str] = field(default_factory=dict)
    upstream: Mapping[str, frozenset[str]] = field(default_factory=dict)


def graph_of(dags: Iterable[DAG]) -> AssetGraph:
    """What each asset is made from: the inlets of the tasks that write it, and the assets that start them.

    An asset alias is left out: what it stands for is known only once a task has run.
    """
    found = list(dags)
    uris: dict[str, str] = {}
    for one in (one for dag in found for one in _named_in(dag)):
        if hasattr(one, "name") and hasattr(one, "uri"):
            uris[one.name] = one.uri
    names = {uri: name for name, uri in uris.items()}
    upstream: dict[str, frozenset[str]] = {}
    for dag in found:
        starts = _names(_starts(dag), names)
        for task in dag.tasks:
            above = _names(task.inlets, names) | starts
            for name in _names(task.outlets, names):
                upstream[name] = upstream.get(name, frozenset()) | (above - {name})
    referred = {name for above in upstream.values() for name in above} | upstream.keys()
    return AssetGraph({name: uris.get(name, name) for name in uris.keys() | referred}, upstream)


def match(catalog: Catalog, dags: Iterable[DAG], datasets: Sequence[str] | None = None) -> dict[str, str]:
    """The name of the asset that each dataset is.

    Args:
        catalog: The contracts; `aliases: {airflow: …}` names an asset or its URI.
        dags: Where assets are named.
        datasets: Those that must have an asset; left out: all of the catalog.

    Raises:
        UsageError: If the catalog has no such dataset.
        ContractError: With every dataset that has no asset, and every asset that two datasets claim.
    """
    return _matched(catalog, graph_of(dags), datasets)


def lineage_gaps(catalog: Catalog, dags: Iterable[DAG]) -> dict[str, tuple[str, ...]]:
    """What datasets are made from by Airflow's assets, and no contract says: the gate does not know it.

    Args:
        catalog: The contracts.
        dags: All DAGs that write or read assets. What passes between tasks without being an inlet, an outlet
            or the schedule of a DAG is not known.

    Returns:
        For each dataset with a gap the nearest datasets that its `upstream` lacks.

    Raises:
        ContractError: If an asset has two contracts.
    """
    from featureguard.hosts import gaps

    graph = graph_of(dags)
    found = _found(catalog, graph)
    here = [name for name in catalog.contracts if name in found]
    names = {asset: name for name, asset in _matched(catalog, graph, here).items()}
    return gaps(catalog.lineage, names, graph.upstream)


def _matched(catalog: Catalog, graph: AssetGraph, datasets: Sequence[str] | None) -> dict[str, str]:
    from featureguard.hosts import named, refuse_mismatches

    found = _found(catalog, graph)
    wanted = {
        name: found.get(name) or catalog.contracts[name].aliases.get(ALIAS) or name
        for name in named(catalog, datasets)
    }
    known = {*graph.uris, *graph.uris.values()}
    refuse_mismatches(catalog, ALIAS, wanted, known, example="name or URI")
    return wanted


def _found(catalog: Catalog, graph: AssetGraph) -> dict[str, str]:
    """The asset of each dataset that has one."""
    from featureguard.sightings import Known

    known = [Known.of(contract) for contract in catalog.contracts.values()]
    return {one.dataset: name for name, uri in graph.uris.items() for one in datasets_of(name, uri, known)}


def _named_in(dag: DAG) -> Iterator[Any]:
    yield from _starts(dag)
    for task in dag.tasks:
        yield from task.inlets
        yield from task.outlets


def _starts(dag: DAG) -> list[Any]:
    """The assets, and references to some, that a DAG is scheduled by."""
    return list(_leaves(getattr(dag.timetable, "asset_condition", None)))


def _leaves(condition: Any) -> Iterator[Any]:
    for part in getattr(condition, "objects", None) or ([condition] if condition is not None else []):
        yield from _leaves(part) if hasattr(part, "objects") else [part]


def _names(assets: Iterable[Any], names: Mapping[str, str]) -> frozenset[str]:
    """Names of assets and of references to them, by name or URI."""
    from airflow.sdk import AssetAlias

    found = set()
    for one in assets:
        if isinstance(one, AssetAlias):
            continue
        if name := getattr(one, "name", None):
            found.add(str(name))
        elif uri := getattr(one, "uri", None):
            found.add(names.get(str(uri), str(uri)))
    return frozenset(found)
