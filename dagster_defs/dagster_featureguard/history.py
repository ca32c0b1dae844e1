"""What Dagster remembers of the past, as facts of ours: when each dataset had how new data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from featureguard.contract import Contract
from featureguard.guard import Guard
from featureguard.observation import ClockReading, Observation

NEWEST = "dagster/last_updated_timestamp"
"""The metadata in which an event says how new the data is."""

OURS = "featureguard/look"
"""The metadata of events that only repeat what is recorded already."""

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a dataset's events.

    Attributes:
        taken: How many say how new its data was.
        skipped: How many do not: without `dagster/last_updated_timestamp` an event says only that somebody
            wrote something, and by event time that is not enough.
    """

    taken: int = 0
    skipped: int = 0


def import_history(
    instance: dg.DagsterInstance,
    guard: Guard,
    keys: Mapping[str, dg.AssetKey],
    *,
    since: datetime | None = None,
) -> dict[str, Imported]:
    """Put materializations and observations into timelines, so that SLIs know the time before the first look.

    Each tells what the clock of freshness showed when it happened. They are history and no looks: nothing of
    it is taken for a check. Doing it again changes nothing.

    Args:
        instance: Whose events.
        guard: Holds the contracts and the store.
        keys: The asset of each dataset; `dagster_featureguard.match` finds them.
        since: Only events from then on, aware; left out: all that Dagster kept.

    Returns:
        What became of the events, by dataset.

    Raises:
        UsageError: If the catalog has no such dataset.
        StoreError: If the store cannot be written.
    """
    return {name: _imported(instance, guard, name, key, since) for name, key in keys.items()}


def _imported(
    instance: dg.DagsterInstance, guard: Guard, dataset: str, key: dg.AssetKey, since: datetime | None
) -> Imported:
    contract = guard.contract(dataset)
    taken = skipped = 0
    for at, metadata in _events(instance, key, since):
        if OURS in metadata:
            continue
        newest = _newest(contract, at, metadata)
        if newest is None or contract.clock is None:
            skipped += 1
            continue
        seen = Observation(dataset, at, clocks={contract.clock: ClockReading(newest, 0)})
        guard.store_in_use.record(
            seen, (), contract=contract, now=at, recorder="dagster events", provenance="source_history"
        )
        taken += 1
    return Imported(taken, skipped)


def _newest(contract: Contract, at: datetime, metadata: Mapping[str, Any]) -> datetime | None:
    """How new the data was by the clock of freshness; `None` if the event does not say."""
    value = getattr(metadata.get(NEWEST), "value", None)
    if isinstance(value, int | float):
        newest = datetime.fromtimestamp(value, UTC)
        return newest if newest <= at + contract.time.skew_tolerance else None
    return at if contract.clock == "file_mtime" else None


def _events(
    instance: dg.DagsterInstance, key: dg.AssetKey, since: datetime | None
) -> Iterator[tuple[datetime, Mapping[str, Any]]]:
    """Every materialization and observation, oldest first."""
    wanted = dg.AssetRecordsFilter(asset_key=key, after_timestamp=since.timestamp() if since else None)
    for fetch in (instance.fetch_materializations, instance.fetch_observations):
        cursor: str | None = None
        while True:
            page = fetch(wanted, limit=_PAGE, cursor=cursor, ascending=True)
            for record in page.records:
                event = record.asset_materialization or record.event_log_entry.asset_observation
                if event is not None:
                    yield datetime.fromtimestamp(record.timestamp, UTC), event.metadata
            cursor = page.cursor
            if not page.has_more:
                break
