"""What somebody merely saw: how new a dataset was. It counts for SLIs and incidents, and is no check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from featureguard.checks import words
from featureguard.contract import Contract
from featureguard.errors import UsageError

if TYPE_CHECKING:
    from featureguard.store.intake import Reading


@dataclass(frozen=True, slots=True)
class Known:
    """A dataset by the names that hosts know it by.

    Attributes:
        dataset: Its name.
        clock: The clock of its freshness; `None` if it has none.
        aliases: What hosts call it.
    """

    dataset: str
    clock: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, contract: Contract) -> Known:
        """What a contract says."""
        return cls(contract.dataset, contract.clock, contract.aliases)

    @classmethod
    def told(cls, document: Mapping[str, Any]) -> Known:
        """What the API says about a dataset.

        Raises:
            UsageError: If that makes no sense.
        """
        try:
            clock = document["freshness"]["clock"]
            return cls(str(document["dataset"]), clock, dict(document["aliases"]))
        except (KeyError, TypeError, ValueError):
            raise UsageError(
                "What the API tells about a dataset makes no sense: is it of another version?"
            ) from None


@dataclass(frozen=True, slots=True)
class Sighting:
    """How new a dataset was when somebody saw it.

    Attributes:
        dataset: Its name.
        clock: The clock that showed it.
        observed_at: When; aware.
        newest: The newest value; aware.
    """

    dataset: str
    clock: str
    observed_at: datetime
    newest: datetime

    def to_dict(self) -> dict[str, str]:
        """As `POST /v1/observations` takes it, as a reading."""
        return {
            "dataset": self.dataset,
            "clock": self.clock,
            "observed_at": self.observed_at.isoformat(),
            "newest": self.newest.isoformat(),
        }

    def to_reading(self, contract: Contract, recorder: str) -> Reading:
        """As a store takes it.

        Args:
            contract: Today's contract of the dataset.
            recorder: Who saw it.

        Raises:
            UsageError: If the newest value lies in the future.
        """
        from featureguard.store.intake import Reading  # noqa: PLC0415  (SQLAlchemy, only where there is a store)

        if self.newest - self.observed_at > contract.time.skew_tolerance:
            tolerance = words.limit(contract.time.skew_tolerance)
            raise UsageError(
                f"The newest value of '{self.dataset}', {self.newest.isoformat()}, lies more than {tolerance}"
                " after it was seen. Tell the newest value that is not from the future."
            )
        limit = contract.freshness.max_age if contract.freshness and contract.clock == self.clock else None
        return Reading(self.dataset, self.clock, self.observed_at, self.newest, recorder, limit)
