"""An open store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from featureguard.store import Store, open_store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store whose clock stands at noon of 8 February 2013."""
    with open_store(store_url, clock=lambda: datetime(2013, 2, 8, 12, tzinfo=UTC)) as opened:
        yield opened


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store that has no tables yet."""
    if request.param == "postgres":
        return str(request.getfixturevalue("empty_postgres_database"))
    return f"sqlite:///{tmp_path}/evidence/store.db"
