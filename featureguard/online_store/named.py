"""Stores that answer for named entities only: what they hold as a whole, nobody can ask them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from featureguard.errors import SourceUnreadableError
from featureguard.feature_registry import View
from featureguard.online_store.keys import ENTITYLESS, encode
from featureguard.online_store.rows import Row

ENTITYLESS_KEY = encode({ENTITYLESS: "STRING"}, {ENTITYLESS: ""})
"""The key of the one entity of a view without join keys."""


class NamedOnly(ABC):
    """A reader that is told the entities."""

    lists = False

    @property
    @abstractmethod
    def kind(self) -> str:
        """What it is, with its article."""

    @abstractmethod
    def of(self, view: View, keys: Sequence[bytes]) -> Iterator[Row]:
        """The entities with these keys."""

    def rows(self, view: View) -> Iterator[Row]:
        """The one entity of a view without join keys.

        Raises:
            SourceUnreadableError: If the view has join keys.
        """
        if view.join_keys:
            raise SourceUnreadableError(
                f"{self.kind} answers for named entities only: what it holds of the view '{view.name}' as a"
                " whole cannot be listed. 'featureguard online' asks it for the entities that have offline"
                " rows."
            )
        return self.of(view, [ENTITYLESS_KEY])

    def sample(self, view: View, count: int, seed: int) -> Iterator[Row]:
        """The one entity of a view without join keys.

        Raises:
            SourceUnreadableError: If the view has join keys.
        """
        return self.rows(view)

    def ages(self, view: View, keys: Sequence[bytes] | None) -> Iterator[Row]:
        """The entities with these keys; times come with values only."""
        return self.rows(view) if keys is None else self.of(view, keys)

    @abstractmethod
    def close(self) -> None:
        """Let go of connections."""
