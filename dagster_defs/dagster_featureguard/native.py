"""Our contracts in Dagster's own words, where those can say the same; and Dagster's graph beside ours."""

from collections.abc import Iterable
from datetime import timedelta

import dagster as dg

from dagster_featureguard.keys import Asset, graph_of, key_of, match
from featureguard.catalog import Catalog
from featureguard.contract import Contract
from featureguard.hosts import gaps

_LEAST = timedelta(seconds=60)


def freshness_policy(contract: Contract) -> dg.FreshnessPolicy | None:
    """Dagster's own policy for a contract, or `None` where it would say something else.

    Dagster measures the time since the last materialization event. That is what a contract by the clock
    `file_mtime` promises, if nothing but the asset writes the files. By event time a job that writes old data
    again would look fresh, so that there is none.

    Args:
        contract: A contract.
    """
    promise = contract.freshness
    if contract.clock != "file_mtime" or promise is None or promise.max_age is None:
        return None
    if promise.delivery or promise.max_age < _LEAST or contract.enforcement == "observe":
        return None
    warn = promise.warn_age if promise.warn_age and promise.warn_age >= _LEAST else None
    return dg.FreshnessPolicy.time_window(fail_window=promise.max_age, warn_window=warn)


def lineage_gaps(catalog: Catalog, assets: Iterable[Asset]) -> dict[str, tuple[str, ...]]:
    """What datasets are made from by Dagster's graph, and no contract says: the gate does not know it.

    Args:
        catalog: The contracts.
        assets: The assets of the code location.

    Returns:
        For each dataset with a gap the nearest datasets that its `upstream` lacks.

    Raises:
        ContractError: If an asset has two contracts.
    """
    graph = graph_of(assets)
    here = [name for name in catalog.contracts if key_of(catalog, name) in graph]
    names = {key: name for name, key in match(catalog, graph, here).items()}
    return gaps(catalog.lineage, names, graph)
