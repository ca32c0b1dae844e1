"""What a guarded Feast store answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featureguard.feast.freshness import Freshness

TAG = "__freshness"
"""What follows a feature's name where its freshness stands, as Feast's `__ts` does for times."""


@dataclass(frozen=True, slots=True)
class GuardedResponse:
    """What Feast answered, and how fresh it is.

    Attributes:
        response: Feast's `OnlineResponse`; with `on_stale="null"` without the values that are not fresh.
        freshness: How each feature stands, row by row; join keys and what comes from the request alone have
            none.
        tagged: Whether conversions show it, as columns `<feature>__freshness`.
    """

    response: Any
    freshness: Mapping[str, Sequence[Freshness]]
    tagged: bool = False

    @property
    def fresh_ratio(self) -> float | None:
        """Share of the answered features that are fresh, in [0, 1]; `None` if none has an age."""
        states = [one for column in self.freshness.values() for one in column]
        return states.count(Freshness.FRESH) / len(states) if states else None

    def to_dict(self, include_event_timestamps: bool = False) -> dict[str, Any]:
        """As Feast gives it: a list for each feature."""
        found = dict(self.response.to_dict(include_event_timestamps))
        return found | self._tags()

    def to_df(self, include_event_timestamps: bool = False) -> Any:
        """As a pandas DataFrame."""
        return self.response.to_df(include_event_timestamps).assign(**self._tags())

    def to_arrow(self, include_event_timestamps: bool = False) -> Any:
        """As a pyarrow Table."""
        table = self.response.to_arrow(include_event_timestamps)
        for name, column in self._tags().items():
            table = table.append_column(name, [column])
        return table

    def _tags(self) -> dict[str, list[str]]:
        if not self.tagged:
            return {}
        return {f"{name}{TAG}": [one.value for one in column] for name, column in self.freshness.items()}
