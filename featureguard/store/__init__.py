"""The evidence store: looks, results and the timeline; decisions and waivers; in SQLite or PostgreSQL."""

from featureguard.evidence import ContractVersion, Look
from featureguard.store.decisions import Appended, DecisionLog, DecisionRecord, Recorded
from featureguard.store.notes import NoteFact
from featureguard.store.store import Store, open_store
from featureguard.store.waivers import Waivers

__all__ = [
    "Appended",
    "ContractVersion",
    "DecisionLog",
    "DecisionRecord",
    "Look",
    "NoteFact",
    "Recorded",
    "Store",
    "Waivers",
    "open_store",
]
