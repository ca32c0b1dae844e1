"""The evidence store: every look, its results, and the timeline, in SQLite or PostgreSQL."""

from featureguard.store.queries import ContractVersion, Look
from featureguard.store.store import Store, open_store

__all__ = ["ContractVersion", "Look", "Store", "open_store"]
