"""(d) A folder of many files: what does a check cost once all but one of them are known?"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.answers import Answer, Tool, Work
from benchmarks.contents import of_profile, polars_streaming
from benchmarks.data import LAKE_END
from benchmarks.promises import all_contents

FIRST, UNCHANGED, ONE_NEW = "first check, all is new", "again, nothing new", "again, one file new"

_FRESH_SHARE = 0.01  # Of a thousand days thirty are fresh.


def featureguard(lake: Path) -> Iterator[tuple[str, Work]]:
    """Check the files of a folder, check them again, let one more land, and check once more.

    The evidence is in a SQLite file, which every check opens anew, as another process would.
    """
    from featureguard.catalog import Catalog
    from featureguard.guard import Guard
    from featureguard.sources.parquet import ParquetSource
    from featureguard.store import open_store

    with tempfile.TemporaryDirectory(dir=lake.parent) as folder:
        landed = Path(folder, "landed")
        contract = all_contents(str(landed), _FRESH_SHARE)

        def check_at(now: datetime) -> Work:
            def work(path: Path) -> Answer:
                catalog = Catalog.from_contracts([contract])
                store = open_store(f"sqlite:///{folder}/store.db", simulated=True)
                with Guard(catalog, store, lambda _: ParquetSource(path), clock=lambda: now) as guard:
                    report = guard.check(contract.dataset)
                return {**of_profile(report.observation.profile, now), "passed": report.exit_code == 0}

            return lambda _: work(landed)

        _land(lake / "days", landed)
        before = LAKE_END - timedelta(days=1)
        yield FIRST, check_at(before)
        yield UNCHANGED, check_at(before + timedelta(minutes=10))
        _land(lake / "next", landed)
        yield ONE_NEW, check_at(LAKE_END)


def polars_anew() -> Work:
    """What the same answers cost without a memory: all files are read, the new one too."""
    streaming = polars_streaming(LAKE_END)
    return lambda lake: streaming(lake / "*" / "*.parquet")


def _land(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for file in source.iterdir():
        os.link(file, target / file.name)


TOOLS: dict[str, Tool] = {"polars streaming, all files": polars_anew}
