"""Which dataset an asset of Airflow is: by its alias, else by its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featureguard.sightings import Known

ALIAS = "airflow"
"""The alias of a contract that names an asset, or its URI, e.g. `aliases: {airflow: s3://lake/rides}`."""


def datasets_of(name: str, uri: str, known: Iterable[Known]) -> list[Known]:
    """The datasets that an asset is about: one, unless none is, or contracts contradict each other.

    Args:
        name: Name of the asset. Slashes in it may stand for the dots in the name of a dataset.
        uri: Its URI; an alias may name it.
        known: Datasets and their aliases. One with an alias for Airflow is found by nothing else.
    """
    return [one for one in known if _is(name, uri, one.dataset, one.aliases.get(ALIAS))]


def _is(name: str, uri: str, dataset: str, alias: str | None) -> bool:
    if alias:
        return alias in (name, uri)
    return dataset in (name, name.replace("/", "."))
