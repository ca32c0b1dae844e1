"""A light client of the API: asks the gate, reads, sends observations; it needs neither polars nor a store.

    with Client("https://freshness.example.org", token) as gate:
        if not gate.decide("pricing", "promote", key=run_id).allowed:
            ...

A gate that cannot be reached, or whose answer makes no sense, is a hold: no exception, and never an allow.
"""

from featureguard.client.answers import Answer, Snapshot
from featureguard.client.calls import AsyncClient, Client

__all__ = ["Answer", "AsyncClient", "Client", "Snapshot"]
