"""An open store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from featureguard.store import Store, open_store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store whose clock stands at noon of 8 February 2013."""
    with open_store(store_url, clock=lambda: datetime(2013, 2, 8, 12, tzinfo=UTC)) as opened:
        yield opened
