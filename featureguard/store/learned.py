"""Which learned limits were ever judged: a mark that stays, whatever happens to the looks."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection, select

from featureguard.result import CheckResult, Status
from featureguard.store import encoding, upsert
from featureguard.store.tables import LEARNED

_LEARNING = frozenset({"null_spike"})  # Checks whose limit comes from the past.


def add_marks(connection: Connection, dataset: str, results: Iterable[CheckResult]) -> None:
    """Mark the learned limits that these results judged; retracting the look does not take it back."""
    bodies = {
        encoding.to_text([result.check, result.column])
        for result in results
        if result.check in _LEARNING and result.status is not Status.UNKNOWN
    }
    rows = [{"dataset": dataset, "mark": encoding.digest_of(body), "body": body} for body in sorted(bodies)]
    upsert.add(connection, LEARNED, rows)


def marks(connection: Connection, dataset: str) -> frozenset[tuple[str, str | None]]:
    """Check and column of the learned limits that were ever judged."""
    bodies = connection.scalars(select(LEARNED.c.body).where(LEARNED.c.dataset == dataset))
    return frozenset((check, column) for check, column in map(json.loads, bodies))
