"""How long a decision takes. Goals: 200 µs for 20 datasets of 10 results each, 15 ms for 1,000.

python -m benchmarks.gates

The evidence is judged beforehand and its digests are at hand, as a server holds them; judging it anew, from
stored looks, is printed beside. No peer decides about a subject, so there is nothing to set beside it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import polars as pl

from benchmarks.running import target
from featureguard import Contract, Subject, check
from featureguard.catalog import Catalog
from featureguard.evidence import Evidence, Look, Sight
from featureguard.gate import Case, Standing, assess, decide
from featureguard.gate.doubts import Trust

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TRUST = Trust(timedelta(hours=1))
RESULTS = 10


def contract(number: int, *, nulls: str = "50%") -> Contract:
    """A contract of ten promises; `nulls` is the limit of a column that is one third null."""
    columns = {f"feature_{n}": {"type": "float64", "nulls": nulls} for n in range(3)}
    return Contract.model_validate(
        {
            "dataset": f"features_{number}",
            "owner": "ml@example.org",
            "tier": 0,
            "time": {"event": "at"},
            "schema": {"columns": {"at": "timestamp[us, tz=UTC]", **columns}},
            "freshness": {"max_age": "3h", "warn_age": "2h"},
        }
    )


def evidence(promised: Contract) -> Evidence:
    """One look at a small table."""
    ages = [timedelta(minutes=n) for n in range(30)]
    values = [None if n % 3 == 0 else float(n) for n in range(30)]
    frame = pl.DataFrame({"at": [NOW - age for age in ages], **{f"feature_{n}": values for n in range(3)}})
    report = check(promised, frame, now=NOW)
    assert len(report.results) == RESULTS, len(report.results)
    look = Look("0" * 64, report.observation, report.results, NOW, "bench", promised.digest)
    seen = Sight(look.id, NOW, "bench", True, report.observation.snapshot, report.observation.clocks)
    return Evidence(promised.dataset, look, look, (seen,))


def case(datasets: int, *, nulls: str) -> Case:
    """A subject that stands on some datasets, each judged."""
    promised = [contract(number, nulls=nulls) for number in range(datasets)]
    names = tuple(one.dataset for one in promised)
    catalog = Catalog.from_contracts(promised, [Subject(subject="model", owner="ml", tier=0, requires=names)])
    known = evidence(promised[0])
    standings: dict[str, Standing] = {one.dataset: assess(one, known, NOW, TRUST) for one in promised}
    return Case(catalog.subjects["model"], "train", NOW, catalog.lineage, standings)


def main() -> None:
    print(f"\n(g) a decision about datasets of {RESULTS} results each; no peer decides")
    for nulls, what in (("50%", "all promises kept"), ("1%", "three broken promises in each")):
        for datasets, goal, unit in ((20, 200.0, "µs"), (1_000, 15.0, "ms")):
            asked = case(datasets, nulls=nulls)
            scale = 1e6 if unit == "µs" else 1e3
            seconds = _median(partial(decide, asked), 400 if datasets == 20 else 20)
            verdict = decide(asked).effective.value
            name = f"preview of {datasets:,} datasets, {what} ({verdict})"
            print(
                target(name, seconds * scale, goal, unit)
                if nulls == "50%"
                else f"         {name}: {seconds * scale:,.2f} {unit}"
            )
    promised = contract(0)
    known = evidence(promised)
    seconds = _median(lambda: assess(promised, known, NOW, TRUST), 100)
    print(f"         judging the stored look of one dataset anew: {seconds * 1e3:.2f} ms")


def _median(work: Callable[[], object], times: int) -> float:
    """Seconds that some work takes, the first time left out."""
    work()
    measured = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        measured.append(time.perf_counter() - started)
    return statistics.median(measured)


if __name__ == "__main__":
    main()
