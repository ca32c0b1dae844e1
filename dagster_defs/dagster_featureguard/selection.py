"""Jobs that check what a training stands on, in the same run and before it."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import dagster as dg

from dagster_featureguard.checks import PREFIX
from dagster_featureguard.keys import ancestors


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
