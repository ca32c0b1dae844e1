"""Real batches of GX: one table as a pandas frame, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gx_host.batches import Batches, Frames, Tables


@pytest.fixture(scope="module")
def context() -> Any:
    """An ephemeral data context without progress bars."""
    gx = pytest.importorskip("great_expectations", reason="great-expectations (extra 'gx') is not installed")
    found = gx.get_context(mode="ephemeral")
    found.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return found


@pytest.fixture(scope="module")
def frames(context: Any) -> Frames:
    """Batches of pandas."""
    return Frames(context)


@pytest.fixture(scope="module")
def sqlite(context: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    """Tables in an SQLite file."""
    file: Path = tmp_path_factory.mktemp("tables") / "rides.db"
    found = Tables(context, f"sqlite:///{file}")
    yield found
    found.close()


@pytest.fixture(scope="module")
def postgres(context: Any, postgres_url: str) -> Iterator[Tables]:
    """Tables in PostgreSQL."""
    found = Tables(context, postgres_url)
    yield found
    found.close()


@pytest.fixture(params=["pandas", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def batch(request: pytest.FixtureRequest, frames: Frames) -> Batches:
    """Makes a batch of a frame, once in each engine."""
    if request.param == "pandas":
        return frames
    tables: Tables = request.getfixturevalue(request.param)
    return tables
