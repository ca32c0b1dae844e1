"""Airflow's asset events as facts of ours: when each dataset was how new. Off unless it is switched on.

    [featureguard]
    listener = True
    listener_conn_id = featureguard_default

A task that succeeds with an outlet, a watcher, or a request to Airflow's API makes an asset event. A task
that failed, was skipped or has no outlet tells nothing about data, so that no hook of task instances is used.

**Which dataset.** A contract's `aliases: {airflow: …}` that is the name or the URI of the asset; else the
dataset whose name the asset's is, where slashes may stand for dots. An API is asked for names and aliases
once in 5 minutes, for which its token needs the scope `read` beside `observe`.

**How new.** The event says so itself, by the clock of the contract's freshness:

    outlet_events[rides].extra["newest"] = newest.isoformat()   # an instant with its zone

Without that, an event of a dataset whose clock is `file_mtime` means that its files were written just now; of
any other clock it means nothing, and nothing is told. Events that carry a decision or an answer of
featureguard repeat what is known, and tell nothing either, unless they say `newest`.

**Where it runs.** Airflow announces asset events in the process that registers them: in the API server, after
a task's success is committed or when one is posted to it, and in the triggerer's main process for watchers;
never in a worker. All of them read connections from Airflow's own database. `dag.test()` registers events in
its own process, where only `AIRFLOW_CONN_…` variables are read. The hook itself only puts the event into a
queue: `telling.py` does the rest in a thread of its own.

Airflow refuses `end_from_trigger=True` in DAGs as long as any listener is registered.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

from airflow_featureguard.hooks import CONN_ID
from airflow_featureguard.telling import Happened, Teller

if TYPE_CHECKING:
    from airflow.listeners.types import AssetEvent

log = logging.getLogger(__name__)


class AssetListener:
    """Hands asset events to a teller.

    Attributes:
        teller: Tells them, in a thread of its own.
    """

    def __init__(self, teller: Teller) -> None:
        self.teller = teller

    @hookimpl
    def on_asset_event_emitted(self, asset_event: AssetEvent) -> None:
        """Take a note of it; nothing that goes wrong is anybody else's trouble."""
        try:
            asset = asset_event.asset
            self.teller.put(Happened(asset.name, asset.uri, _said(asset_event.extra), datetime.now(UTC)))
        except Exception as error:
            log.warning("featureguard: an asset event was not understood: %s", error)


@cache
def listener() -> AssetListener:
    """The listener of this process, with the connection that the configuration names."""
    from airflow.configuration import conf

    conn_id = conf.get("featureguard", "listener_conn_id", fallback=CONN_ID)
    return AssetListener(Teller(str(conn_id)))


def _said(extra: Any) -> dict[str, Any]:
    """What an event says; one that a watcher made says it in the payload of its trigger."""
    found = dict(extra) if isinstance(extra, dict) else {}
    payload = found.get("payload")
    return dict(payload) if found.get("from_trigger") and isinstance(payload, dict) else found
