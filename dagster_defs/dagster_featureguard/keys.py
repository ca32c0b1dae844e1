"""Which asset a dataset is: by its alias, else by its name, whose dots separate the parts of a key."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from featureguard.catalog import Catalog
from featureguard.errors import ContractError, Problem, UsageError

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


def ancestors(
    graph: Mapping[dg.AssetKey, Collection[dg.AssetKey]],
    key: dg.AssetKey,
    until: Collection[dg.AssetKey] = (),
) -> set[dg.AssetKey]:
    """Every asset that one is made from, near and far; nothing above those in `until`."""
    found: set[dg.AssetKey] = set()
    left = [key]
    while left:
        for above in graph.get(left.pop(), ()):
            if above not in found:
                found.add(above)
                if above not in until:
                    left.append(above)
    return found - {key}


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
    names = list(catalog.contracts) if datasets is None else list(datasets)
    if unknown := [name for name in names if name not in catalog.contracts]:
        near = difflib.get_close_matches(unknown[0], catalog.contracts, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise UsageError(f"The catalog has no dataset '{unknown[0]}'.{hint}")
    keys = {name: key_of(catalog, name) for name in names}
    problems = [*_missing(catalog, keys, known), *_claimed_twice(catalog, keys)]
    if problems:
        raise ContractError(problems)
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


def _missing(
    catalog: Catalog, keys: Mapping[str, dg.AssetKey], known: Collection[dg.AssetKey]
) -> Iterator[Problem]:
    words = sorted(key.to_user_string() for key in known)
    for name, key in keys.items():
        if key in known:
            continue
        wanted = key.to_user_string()
        near = difflib.get_close_matches(wanted, words, n=3, cutoff=0.4)
        hint = f"The nearest are {', '.join(near)}." if near else f"There are {len(words)} assets."
        yield _problem(
            catalog,
            name,
            f"there is no asset '{wanted}' for it. {hint} Name the right one with"
            f" 'aliases: {{{ALIAS}: {near[0] if near else 'group/asset'}}}', or leave the dataset out.",
        )


def _claimed_twice(catalog: Catalog, keys: Mapping[str, dg.AssetKey]) -> Iterator[Problem]:
    first: dict[dg.AssetKey, str] = {}
    for name, key in keys.items():
        other = first.setdefault(key, name)
        if other != name:
            yield _problem(
                catalog,
                name,
                f"it is about the asset '{key.to_user_string()}', and so is '{other}'. An asset has one"
                f" contract: mend 'aliases: {{{ALIAS}: …}}' of one of them.",
            )


def _problem(catalog: Catalog, dataset: str, message: str) -> Problem:
    file, line = catalog.origins.get(dataset, (None, None))
    return Problem(message, file, line, name=dataset)
