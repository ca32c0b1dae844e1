"""What is remembered of immutable fragments, so that a check costs what is new and not what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from featureguard.profile import Profile


class FragmentStore(Protocol):
    """Keeps measures of fragments by dataset; the evidence store does."""

    def profiles(self, dataset: str, keys: Sequence[str]) -> dict[str, dict[str, Profile]]: ...
    def put_profiles(self, dataset: str, profiles: Mapping[str, Mapping[str, Profile]]) -> None: ...
    def states(self, dataset: str, kind: str, keys: Sequence[str]) -> dict[str, bytes]: ...
    def put_states(self, dataset: str, kind: str, states: Mapping[str, bytes]) -> None: ...


class Memory:
    """One dataset's part of a store, or nothing where there is no store.

    Args:
        store: Where to look things up.
        dataset: Whose fragments.
        writes: Whether to keep anything new.

    Attributes:
        keeps: Whether anything new is kept.
    """

    def __init__(self, store: FragmentStore | None = None, dataset: str = "", *, writes: bool = True) -> None:
        self._store, self._dataset = store, dataset
        self.keeps = store is not None and writes

    def profiles(self, keys: Sequence[str]) -> dict[str, dict[str, Profile]]:
        """Profiles by fragment and unit; keys that are not known are left out."""
        return self._store.profiles(self._dataset, keys) if self._store and keys else {}

    def put_profiles(self, profiles: Mapping[str, Mapping[str, Profile]]) -> None:
        """Keep profiles; what is already known of the same rows stays known."""
        if self._store and self.keeps and profiles:
            self._store.put_profiles(self._dataset, profiles)

    def states(self, kind: str, keys: Sequence[str]) -> dict[str, bytes]:
        """States of one kind by key; keys that are not known are left out."""
        return self._store.states(self._dataset, kind, keys) if self._store and keys else {}

    def put_states(self, kind: str, states: Mapping[str, bytes]) -> None:
        """Keep states."""
        if self._store and self.keeps and states:
            self._store.put_states(self._dataset, kind, states)
