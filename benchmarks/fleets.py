"""Many datasets with a past, in a real store, and a catalog of files that says what they promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from sqlalchemy import Connection

from featureguard import check
from featureguard.catalog import load_contract
from featureguard.store import Store, open_store
from featureguard.store.facts import LookFact, Provenance, add_look

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
_PROJECT = "catalog: [contracts/]\nstore: {url: sqlite:///.featureguard/store.db}\n"
_SUBJECT = """subject: model_{number}
owner: ml@example.org
tier: 1
requires: [{requires}]
"""


def make(folder: Path, datasets: int) -> None:
    """A project: contracts, subjects on twenty datasets each, and a store with a past of 28 days until now.

    One dataset in thirty is stale.
    """
    contracts = folder / "contracts"
    contracts.mkdir(parents=True)
    (folder / "featureguard.yaml").write_text(_PROJECT)
    for number in range(datasets):
        hours = 6 if number % 30 == 29 else 12
        told = _DATASET.format(number=number, team=number % 9, tier=number % 4, hours=hours, warns=hours - 2)
        (contracts / f"features_{number}.yaml").write_text(told)
    for number in range(datasets // SUBJECTS_EVERY):
        names = ", ".join(f"features_{(number * SUBJECTS_EVERY + n) % datasets}" for n in range(UPSTREAM))
        (contracts / f"model_{number}.yaml").write_text(_SUBJECT.format(number=number, requires=names))
    with open_store(f"sqlite:///{folder}/.featureguard/store.db") as store:
        _fill(store, contracts, datasets)


def _fill(store: Store, contracts: Path, datasets: int) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    step = timedelta(hours=24 / LOOKS_PER_DAY)
    times = [now - n * step for n in reversed(range(DAYS * LOOKS_PER_DAY))]
    for number in range(datasets):
        contract = load_contract(contracts / f"features_{number}.yaml")
        age = timedelta(hours=8 if number % 30 == 29 else 3)
        frame = pl.DataFrame(
            {"at": [now - age], "feature": [1.0]}, schema_overrides={"at": pl.Datetime("us", "UTC")}
        )
        report = check(contract, frame, now=now)
        facts: list[LookFact] = []
        for at in times:
            back = now - at
            clocks = {
                name: replace(reading, newest=now - age - back)
                for name, reading in report.observation.clocks.items()
            }
            seen = replace(report.observation, observed_at=at, clocks=clocks)
            told: Provenance = "look" if at == now else "source_history"
            facts.append(LookFact(seen, report.results, contract, at, "bench", told))

        def write(connection: Connection, facts: Sequence[LookFact] = facts) -> None:
            for fact in facts:
                add_look(connection, fact)

        store._database.write("fill it", write)  # A year of looks one by one would take minutes.
