"""Facts of one dataset that are kept in memory, so that its books can be opened without the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from featureguard.contract import Contract
from featureguard.evidence import ContractVersion
from featureguard.observation import PopulationReading
from featureguard.profile import Never
from featureguard.result import CheckResult
from featureguard.timeline import Run

if TYPE_CHECKING:
    from featureguard.store import Store


class Shelf:
    """Contract versions and timelines of a dataset, read once; looks are read when they are asked for.

    Args:
        store: Where the facts are.
        contract: Today's contract of the dataset.
    """

    def __init__(self, store: Store, contract: Contract) -> None:
        self._store, self._dataset, self._clock = store, contract.dataset, contract.clock
        self._versions = store.contract_versions(contract.dataset)
        clocks = {version.contract.clock for version in self._versions} | {contract.clock}
        self._runs = {
            clock: store.timeline(contract.dataset, clock) for clock in sorted(c for c in clocks if c)
        }

    def newest(self, as_of: datetime) -> tuple[datetime | Never, datetime] | None:
        """What the last sighting up to an instant found, and when it was; `None` without one."""
        last: Run | None = None
        for run in reversed(self._runs.get(self._clock or "", [])):  # by hour
            if run.first_seen > as_of:
                continue
            if last and run.hour < last.hour:
                break
            if last is None or min(run.last_seen, as_of) > min(last.last_seen, as_of):
                last = run
        return (last.value, min(last.last_seen, as_of)) if last else None

    @property
    def of_the_clock(self) -> Sequence[Run]:
        """The timeline of the contract's clock."""
        return self._runs.get(self._clock or "", ())

    def contract_versions(self, dataset: str) -> list[ContractVersion]:
        """Which contract was in force since when."""
        return self._versions

    def timeline(self, dataset: str, clock: str) -> list[Run]:
        """The runs of one clock."""
        return self._runs.get(clock, [])

    def verdicts(
        self, dataset: str, since: datetime, until: datetime
    ) -> Sequence[tuple[datetime, str | None, CheckResult]]:
        """Results of looks, read from the store."""
        return self._store.verdicts(dataset, since, until)

    def populations(
        self, dataset: str, since: datetime, until: datetime
    ) -> list[tuple[datetime, PopulationReading]]:
        """Populations of looks, read from the store."""
        return self._store.populations(dataset, since, until)
