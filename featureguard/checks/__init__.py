"""Checks: pure functions from a contract, a look, its history and an instant to results.

Each file holds one promise. A check yields one result for every promise of the contract, whatever was
measured: an expected result that is missing would be taken for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from featureguard.checks.delivery import delivery
from featureguard.checks.freshness import freshness
from featureguard.checks.keys import keys
from featureguard.checks.nulls import nulls
from featureguard.checks.partitions import partitions
from featureguard.checks.population import population
from featureguard.checks.ranges import ranges
from featureguard.checks.schema import schema
from featureguard.checks.spikes import spikes
from featureguard.checks.values import values
from featureguard.checks.volume import volume
from featureguard.contract import Contract
from featureguard.observation import History, Observation
from featureguard.result import CheckResult

Check = Callable[[Contract, Observation, History, datetime], Iterator[CheckResult]]

BUILTIN_CHECKS: tuple[Check, ...] = (
    schema,
    freshness,
    delivery,
    population,
    partitions,
    volume,
    keys,
    nulls,
    spikes,
    ranges,
    values,
)

TIMED_CHECKS: tuple[Check, ...] = (freshness, delivery, population)
"""Those whose answer about one look changes as time goes by."""

__all__ = ["BUILTIN_CHECKS", "TIMED_CHECKS", "Check"]
