"""What is promised about the data, as contracts of featureguard and as figures for everybody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.data import END, ENTITY, FLOATS, INTEGERS, NUMBERS, TEXTS, TIME

if TYPE_CHECKING:
    from featureguard.contract import Contract

WITHIN = timedelta(days=30)
"""Rows, and entities, are fresh so long."""

SEEN_WITHIN = timedelta(days=365)
"""Every entity of the data is expected."""

FRESH_SHARE = 0.1
NULL_SHARE = 0.05
RANGES = dict.fromkeys(FLOATS, (-100, 100)) | dict.fromkeys(INTEGERS, (0, 1_000_000)) | {ENTITY: (0, 10**9)}

_TYPES = (
    {TIME: "timestamp[us, tz=UTC]"}
    | dict.fromkeys(FLOATS, "float64")
    | dict.fromkeys((ENTITY, *INTEGERS), "int64")
    | dict.fromkeys(TEXTS, "string")
)


def answerable_from_footers(clock: str = "event_time") -> Contract:
    """Types, row count, nulls, ranges of integers and freshness: what footers say exactly."""
    nulls = {"at_most": NULL_SHARE, "covers": ["null"]}
    columns: dict[str, Any] = {name: {"type": text, "nulls": nulls} for name, text in _TYPES.items()}
    for name in (ENTITY, *INTEGERS):
        columns[name]["range"] = list(RANGES[name])
    contract = _contract(columns, {"max_age": "2d"})
    if clock == "event_time":
        return contract
    time = contract.time.model_copy(update={"event": None, "clock": clock})
    return contract.model_copy(update={"time": time})


def all_contents(path: str | None = None, fresh_share: float = FRESH_SHARE) -> Contract:
    """Nulls, NaN, smallest and largest value of every column that has them, and the population of rows."""
    columns: dict[str, Any] = {name: {"type": text, "nulls": NULL_SHARE} for name, text in _TYPES.items()}
    for name in NUMBERS:
        columns[name]["range"] = list(RANGES[name])
    population = {"of": "rows", "within": WITHIN, "at_least": fresh_share}
    return _contract(columns, {"max_age": "2d", "population": population}, path)


def entity_population() -> Contract:
    """The newest row of every entity is young enough for most of them."""
    population = {
        "of": "entities",
        "entity": [ENTITY],
        "within": WITHIN,
        "seen_within": SEEN_WITHIN,
        "at_least": FRESH_SHARE,
    }
    return _contract({}, {"population": population})


def fresh_from(now: datetime = END) -> datetime:
    """Rows since then are fresh."""
    return now - WITHIN


def _contract(columns: dict[str, Any], freshness: dict[str, Any], path: str | None = None) -> Contract:
    from featureguard.contract import Contract

    return Contract.model_validate(
        {
            "dataset": "features",
            "owner": "bench",
            "source": {"kind": "parquet", "path": path} if path else {"kind": "memory"},
            "time": {"event": TIME},
            "freshness": freshness,
            "volume": {"at_least": 1},
            "schema": {"columns": columns},
        }
    )
