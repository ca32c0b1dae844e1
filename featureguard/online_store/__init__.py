"""What Feast's online store holds, read from the store itself: entities, their event times, their values.

    with open_online(repo) as store:
        table = store.table(view)
        ages = store.ages(view, keys)

Feast itself is not imported, and nothing is written. Stores of other kinds, which Feast reads in a process of
its own, and feature servers answer for named entities only.

An entity's time is the oldest of its features' times: after a partial write they differ. An entity without a
time, or with that of 1970 that Feast gives to what it does not know, has none here.
"""

from featureguard.online_store.opening import OnlineStore, open_online
from featureguard.online_store.rows import CREATED, EVENT, Row

__all__ = ["CREATED", "EVENT", "OnlineStore", "Row", "open_online"]
