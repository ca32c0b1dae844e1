"""Many datasets with a past, in a real store, and a catalog of files that says what they promise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, create_engine, func, select

from featureguard import check
from featureguard.catalog import load_contract
from featureguard.store import Store, open_store
from featureguard.store.facts import LookFact, add_look, add_runs, run_row
from featureguard.store.tables import RUNS
from featureguard.store.upsert import Row
from featureguard.timeline import Sighting, record

DAYS, LOOKS_PER_DAY = 28, 6
SUBJECTS_EVERY, UPSTREAM = 20, 20
_DATASET = """dataset: features_{number}
owner: team-{team}@example.org
tier: {tier}
time: {{event: at}}
schema: {{columns: {{at: 'timestamp[us, tz=UTC]', feature: {{type: float64, nulls: 50%}}}}}}
freshness: {{max_age: {hours}h, warn_age: {warns}h}}
slo: {{objective: 99%, window: 28d}}
"""
_PROJECT = "catalog: [contracts/]\nstore: {{url: {url}}}\n"
_SUBJECT = """subject: model_{number}
owner: ml@example.org
tier: 1
requires: [{requires}]
"""


def make(folder: Path, datasets: int, url: str) -> None:
    """A project: contracts, subjects on twenty datasets each, and a store with a past of 28 days until now.

    One dataset in thirty is stale.
    """
    contracts = folder / "contracts"
    contracts.mkdir(parents=True)
    (folder / "featureguard.yaml").write_text(_PROJECT.format(url=url))
    for number in range(datasets):
        hours = 6 if number % 30 == 29 else 12
        told = _DATASET.format(number=number, team=number % 9, tier=number % 4, hours=hours, warns=hours - 2)
        (contracts / f"features_{number}.yaml").write_text(told)
    for number in range(datasets // SUBJECTS_EVERY):
        names = ", ".join(f"features_{(number * SUBJECTS_EVERY + n) % datasets}" for n in range(UPSTREAM))
        (contracts / f"model_{number}.yaml").write_text(_SUBJECT.format(number=number, requires=names))
    with open_store(url) as store:
        _fill(store, contracts, datasets)


def readings_kept(url: str) -> int:
    """How many sightings of the load stand in a store; each has a value of its own."""
    engine = create_engine(url)
    with engine.connect() as connection:
        query = select(func.count()).select_from(RUNS)
        kept = connection.scalar(query.where(RUNS.c.recorder == "bench", RUNS.c.provenance == "look"))
    engine.dispose()
    return int(kept or 0)


def _fill(store: Store, contracts: Path, datasets: int) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    step = timedelta(hours=24 / LOOKS_PER_DAY)
    times = [now - n * step for n in reversed(range(1, DAYS * LOOKS_PER_DAY))]
    for number in range(datasets):
        contract = load_contract(contracts / f"features_{number}.yaml")
        age = timedelta(hours=8 if number % 30 == 29 else 3)
        frame = pl.DataFrame(
            {"at": [now - age], "feature": [1.0]}, schema_overrides={"at": pl.Datetime("us", "UTC")}
        )
        report = check(contract, frame, now=now)
        past = record(Sighting(at, at - age) for at in times)
        rows = [run_row(contract.dataset, "event_time", "maker", "source_history", run) for run in past]
        fact = LookFact(report.observation, report.results, contract, now, "maker", "look")

        def write(connection: Connection, rows: Sequence[Row] = rows, fact: LookFact = fact) -> None:
            add_runs(connection, rows)
            add_look(connection, fact)

        store._database.write("fill it", write)  # A past of looks one by one would take minutes.
