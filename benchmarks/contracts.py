"""How long 1,000 contracts of 18 columns take to load. Goal: at most 1.5 s.

python -m benchmarks.contracts
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from featureguard.catalog import load_catalog

CONTRACTS, COLUMNS, GOAL_SECONDS = 1_000, 18, 1.5

_HEAD = """\
dataset: team_{team}.features_{number}
owner: team-{team}@example.org
tier: {tier}
runbook: https://runbooks.example.org/features_{number}
source: {{kind: parquet, path: lake/features_{number}/}}
time: {{event: event_at}}
judge: {{per: day}}
upstream: [{{external: raw.table_{number}}}]
freshness: {{max_age: 30h, warn_age: 28h}}
volume: {{at_least: 400}}
keys: {{unique: [entity_id, event_at]}}
slo: {{sli: time, objective: 95%, window: 28d}}
schema:
  mode: compatible
  columns:
    event_at: {{type: "timestamp[us, tz=UTC]", nullable: false}}
    entity_id: {{type: int64, nullable: false}}
    country: {{type: string, values: [DK, FI, NO, SE]}}
"""
_COLUMN = "    feature_{number:02}: {{type: float64, nulls: {{at_most: 5%}}, range: [0, {number}]}}\n"


def contract(number: int) -> str:
    """A contract such as a team would write."""
    head = _HEAD.format(team=number % 20, tier=number % 4, number=number)
    return head + "".join(_COLUMN.format(number=column + 1) for column in range(COLUMNS - 3))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number in range(CONTRACTS):
            Path(folder, f"features_{number}.yaml").write_text(contract(number))
        started = time.perf_counter()
        catalog = load_catalog([folder])
        seconds = time.perf_counter() - started
    verdict = "met" if seconds <= GOAL_SECONDS else "missed"
    print(f"{len(catalog.contracts):,} contracts of {COLUMNS} columns: {seconds:.2f} s")
    print(f"goal: at most {GOAL_SECONDS} s, {verdict}")


if __name__ == "__main__":
    main()
