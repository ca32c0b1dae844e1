"""What other tools said about datasets: every result is kept, the latest of each check counts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, select

from featureguard.evidence import ExternalResult
from featureguard.store import changes, encoding, upsert
from featureguard.store.tables import EXTERNAL

_COLUMNS = ("dataset", "observed_at")  # Kept in columns of their own, not in the body.


def add_results(connection: Connection, results: Iterable[ExternalResult]) -> None:
    """Record results; once or often is the same."""
    rows = sorted(map(_row, results), key=lambda row: str(row["id"]))
    upsert.add(connection, EXTERNAL, rows)
    changes.bump(connection, [changes.of_dataset(str(row["dataset"])) for row in rows])


def latest_results(
    connection: Connection, dataset: str, until: datetime | None
) -> tuple[ExternalResult, ...]:
    """The latest result of each check up to an instant, by name; of two at one instant the worse one."""
    wanted = [EXTERNAL.c.dataset == dataset]
    if until is not None:
        wanted.append(EXTERNAL.c.observed_at <= encoding.to_micros(until))
    newest = func.max(EXTERNAL.c.observed_at).label("newest")
    latest = select(EXTERNAL.c.name, newest).where(*wanted).group_by(EXTERNAL.c.name).subquery()
    same = (EXTERNAL.c.name == latest.c.name) & (EXTERNAL.c.observed_at == latest.c.newest)
    query = select(EXTERNAL.c.observed_at, EXTERNAL.c.body).join(latest, same)
    found = [
        _result(dataset, observed_at, body)
        for observed_at, body in connection.execute(
            query.where(EXTERNAL.c.dataset == dataset).order_by(EXTERNAL.c.id)
        )
    ]
    worst_last = sorted(found, key=lambda result: (result.name, result.status.rank))
    return tuple({result.name: result for result in worst_last}.values())


def _row(result: ExternalResult) -> dict[str, str | int]:
    row: dict[str, str | int] = {
        "dataset": result.dataset,
        "name": encoding.digest_of(encoding.to_text([result.tool, result.check])),
        "observed_at": encoding.to_micros(result.observed_at),
        "body": encoding.to_text(encoding.result_to_json(result, without=_COLUMNS)),
    }
    return {"id": encoding.digest_of(encoding.to_text(row)), **row}


def _result(dataset: str, observed_at: int, body: str) -> ExternalResult:
    told = encoding.result_fields(json.loads(body))
    return ExternalResult(dataset=dataset, observed_at=encoding.to_instant(observed_at), **told)
