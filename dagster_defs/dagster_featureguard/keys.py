"""Which asset a dataset is: by its alias, else by its name, whose dots separate the parts of a key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import dagster as dg

from featureguard.catalog import Catalog
from featureguard.hosts import named, refuse_mismatches

ALIAS = "dagster"
"""The alias of a contract that names an asset, e.g. `aliases: {dagster: raw/flights}`."""

Asset = dg.AssetsDefinition | dg.AssetSpec | dg.SourceAsset


def graph_of(assets: Iterable[Asset]) -> dict[dg.AssetKey, frozenset[dg.AssetKey]]:
    """What each asset is made from; assets that are only named as upstreams are keys too."""
    found: dict[dg.AssetKey, frozenset[dg.AssetKey]] = {}
    for asset in assets:
        for spec in _specs(asset):
            found[spec.key] = frozenset(dep.asset_key for dep in spec.deps)
    named = {key for above in found.values() for key in above}
    return {key: found.get(key, frozenset()) for key in sorted(named | found.keys())}


def partitions_of(assets: Iterable[Asset]) -> dict[dg.AssetKey, dg.PartitionsDefinition[Any]]:
    """What partitions each asset has, if it has some."""
    specs = [spec for asset in assets for spec in _specs(asset)]
    return {spec.key: spec.partitions_def for spec in specs if spec.partitions_def is not None}


def match(
    catalog: Catalog, known: Collection[dg.AssetKey], datasets: Sequence[str] | None = None
) -> dict[str, dg.AssetKey]:
    """The asset of each dataset.

    Args:
        catalog: The contracts.
        known: Keys of the assets that there are.
        datasets: Those that must have an asset; left out: all of the catalog.

    Raises:
        UsageError: If the catalog has no such dataset.
        ContractError: With every dataset that has no asset, and every asset that two datasets claim.
    """
    keys = {name: key_of(catalog, name) for name in named(catalog, datasets)}
    refuse_mismatches(
        catalog,
        ALIAS,
        {name: key.to_user_string() for name, key in keys.items()},
        {key.to_user_string() for key in known},
        example="group/asset",
    )
    return keys


def key_of(catalog: Catalog, dataset: str) -> dg.AssetKey:
    """The key that a contract names, or that follows from its name."""
    alias = catalog.contracts[dataset].aliases.get(ALIAS)
    return dg.AssetKey.from_user_string(alias) if alias else dg.AssetKey(dataset.split("."))


def _specs(asset: Asset) -> Iterable[dg.AssetSpec]:
    if isinstance(asset, dg.AssetSpec):
        return [asset]
    if isinstance(asset, dg.AssetsDefinition):
        return asset.specs
    return [dg.AssetSpec(asset.key)]
