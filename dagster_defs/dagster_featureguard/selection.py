"""Jobs that check what a training stands on, in the same run and before it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

import dagster as dg

from dagster_featureguard.checks import PREFIX
from dagster_featureguard.keys import match
from featureguard.catalog import Catalog
from featureguard.hosts import ancestors


def guarded_selection(selection: str | dg.AssetSelection) -> dg.AssetSelection:
    """Some assets, with featureguard's checks on them and on all that is upstream of them, also external.

    Checks of assets that the selection stands on directly block it; they look at all that lies above them.
    """
    return GuardedSelection(dg.AssetSelection.from_coercible(selection))


def guarded_job(name: str, selection: str | dg.AssetSelection, **more: Any) -> Any:
    """A job of some assets that does not start on what its upstreams no longer promise.

    Args:
        name: Name of the job.
        selection: The assets.
        more: What `dagster.define_asset_job` takes.
    """
    return dg.define_asset_job(name, selection=guarded_selection(selection), **more)


def unwatched(
    catalog: Catalog,
    subject: str,
    selection: str | dg.AssetSelection,
    asset_graph: Any,
    *,
    datasets: Sequence[str] | None = None,
) -> tuple[str, ...]:
    """What a subject requires, and no check in a guarded job of some assets would look at.

    The gate knows what a model requires by its subject, a job by the graph of Dagster: where that graph does
    not lead from the job's assets to such a dataset, only `FeatureGuardResource.require` holds the job back.

    Args:
        catalog: The contracts.
        subject: A subject of the catalog.
        selection: The assets of the job.
        asset_graph: Dagster's graph, from `Definitions.resolve_asset_graph()`.
        datasets: The datasets that are assets here; left out: all of the catalog.

    Returns:
        Names of the datasets, in order.

    Raises:
        ContractError: If a dataset has no asset, or an asset has two.
    """
    graph = {key: asset_graph.get(key).parent_keys for key in asset_graph.get_all_asset_keys()}
    keys = match(catalog, graph, datasets)
    chosen = dg.AssetSelection.from_coercible(selection).resolve(asset_graph)
    looked_at = set(chosen).union(*(ancestors(graph, key) for key in chosen))
    seen = {name for name, key in keys.items() if key in looked_at}
    seen = seen.union(*(catalog.lineage.closure(name) for name in seen))
    required = catalog.subjects[subject].requires
    return tuple(sorted(name for name in required if name in keys and name not in seen))


class GuardedSelection(dg.AssetSelection):
    """Made by `guarded_selection`."""

    def __init__(self, selection: dg.AssetSelection) -> None:
        self._selection = selection

    def resolve_inner(self, asset_graph: Any, allow_missing: bool) -> Set[dg.AssetKey]:
        return self._selection.resolve_inner(asset_graph, allow_missing)

    def resolve_checks_inner(self, asset_graph: Any, allow_missing: bool) -> Set[dg.AssetCheckKey]:
        keys = self.resolve_inner(asset_graph, allow_missing)
        graph = {key: asset_graph.get(key).parent_keys for key in asset_graph.get_all_asset_keys()}
        watched = set(keys).union(*(ancestors(graph, key) for key in keys))
        ours = {
            check
            for check in asset_graph.asset_check_keys
            if check.asset_key in watched and check.name.startswith(PREFIX)
        }
        return ours | self._selection.resolve_checks_inner(asset_graph, allow_missing)

    def to_serializable_asset_selection(self, asset_graph: Any) -> dg.AssetSelection:
        keys = dg.AssetSelection.assets(*self.resolve(asset_graph))
        return keys | dg.AssetSelection.checks(*self.resolve_checks(asset_graph))
