"""How datasets are found among the things of a host, an orchestrator say, and what its graph knows more."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import TypeVar

from featureguard.catalog import Catalog
from featureguard.errors import ContractError, Problem, UsageError
from featureguard.lineage import Lineage

Key = TypeVar("Key", bound=Hashable)


def named(catalog: Catalog, datasets: Sequence[str] | None) -> list[str]:
    """The datasets that are meant: all of the catalog if none is named.

    Raises:
        UsageError: If the catalog has no such dataset.
    """
    names = list(catalog.contracts) if datasets is None else list(datasets)
    if unknown := [name for name in names if name not in catalog.contracts]:
        near = difflib.get_close_matches(unknown[0], catalog.contracts, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise UsageError(f"The catalog has no dataset '{unknown[0]}'.{hint}")
    return names


def refuse_mismatches(
    catalog: Catalog, host: str, wanted: Mapping[str, str], known: Collection[str], *, example: str
) -> None:
    """See that each dataset has an asset of the host, and each asset one dataset.

    Args:
        catalog: The contracts.
        host: The alias of the host in a contract, e.g. `dagster`.
        wanted: The asset of each dataset, as the host spells it.
        known: What assets there are, likewise.
        example: An asset as people write it there.

    Raises:
        ContractError: With every dataset that has no asset, and every asset that two datasets claim.
    """
    problems = [*_missing(catalog, host, wanted, known, example), *_claimed_twice(catalog, host, wanted)]
    if problems:
        raise ContractError(problems)


def ancestors(graph: Mapping[Key, Collection[Key]], key: Key, until: Collection[Key] = ()) -> set[Key]:
    """Everything that one thing is made from, near and far; nothing above those in `until`."""
    found: set[Key] = set()
    left = [key]
    while left:
        for above in graph.get(left.pop(), ()):
            if above not in found:
                found.add(above)
                if above not in until:
                    left.append(above)
    return found - {key}


def gaps(
    lineage: Lineage, names: Mapping[Key, str], graph: Mapping[Key, Collection[Key]]
) -> dict[str, tuple[str, ...]]:
    """What datasets are made from by a host's graph, and no contract says: the gate does not know it.

    Args:
        lineage: What the contracts say.
        names: The dataset of each asset that has one.
        graph: What each asset is made from.

    Returns:
        For each dataset with a gap the nearest datasets that its `upstream` lacks.
    """
    found = {}
    for key, name in names.items():
        nearest = {names[one] for one in ancestors(graph, key, until=names) if one in names}
        if gap := nearest.difference(lineage.closure(name)):
            found[name] = tuple(sorted(gap))
    return found


def _missing(
    catalog: Catalog, host: str, wanted: Mapping[str, str], known: Collection[str], example: str
) -> Iterator[Problem]:
    words = sorted(known)
    for name, asset in wanted.items():
        if asset in known:
            continue
        near = difflib.get_close_matches(asset, words, n=3, cutoff=0.4)
        hint = f"The nearest are {', '.join(near)}." if near else f"There are {len(words)} assets."
        yield _problem(
            catalog,
            name,
            f"there is no asset '{asset}' for it. {hint} Name the right one with"
            f" 'aliases: {{{host}: {near[0] if near else example}}}', or leave the dataset out.",
        )


def _claimed_twice(catalog: Catalog, host: str, wanted: Mapping[str, str]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, asset in wanted.items():
        other = first.setdefault(asset, name)
        if other != name:
            yield _problem(
                catalog,
                name,
                f"it is about the asset '{asset}', and so is '{other}'. An asset has one"
                f" contract: mend 'aliases: {{{host}: …}}' of one of them.",
            )


def _problem(catalog: Catalog, dataset: str, message: str) -> Problem:
    file, line = catalog.origins.get(dataset, (None, None))
    return Problem(message, file, line, name=dataset)
