"""What looks saw of one thing, over time: verdicts with their snapshots, and populations."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, select

from featureguard.observation import PopulationReading
from featureguard.result import CheckResult
from featureguard.store import encoding, queries
from featureguard.store.tables import LOOKS


def verdicts(
    connection: Connection, dataset: str, since: datetime, until: datetime
) -> list[tuple[datetime, str | None, CheckResult]]:
    """Results with the instant of their look and the snapshot it saw, oldest first."""
    query = select(LOOKS.c.observed_at, LOOKS.c.body, LOOKS.c.results)
    query = query.where(queries.within(dataset, since, until)).order_by(*queries.BY_TIME)
    return [
        (encoding.to_instant(observed_at), json.loads(body)["snapshot"], encoding.result_from_json(result))
        for observed_at, body, results in connection.execute(query)
        for result in json.loads(results)
    ]


def populations(
    connection: Connection, dataset: str, since: datetime, until: datetime
) -> list[tuple[datetime, PopulationReading]]:
    """Populations with the instant of the complete look that measured them, oldest first."""
    query = select(LOOKS.c.observed_at, LOOKS.c.body)
    query = query.where(queries.within(dataset, since, until), LOOKS.c.complete).order_by(*queries.BY_TIME)
    found = [(at, json.loads(body)["population"]) for at, body in connection.execute(query)]
    found = [(at, body) for at, body in found if body]
    documents = queries.texts_of(connection, {body["times"] for _, body in found})
    return [(encoding.to_instant(at), encoding.population_from_json(body, documents)) for at, body in found]
