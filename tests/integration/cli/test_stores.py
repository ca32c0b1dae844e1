"""The same commands on SQLite and on PostgreSQL, whose address is a secret from the environment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.cli.conftest import Project


def test_evidence_is_kept_and_asked_for_on_every_store(
    make_project: Callable[[str], Project], store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIDES_STORE", store_url)
    project = make_project("store: {env: RIDES_STORE}\n")
    project.land("a.parquet", datetime.now(UTC), 1.0, 2.0)
    assert project("check", "rides") == 0
    project.land("b.parquet", datetime.now(UTC) + timedelta(seconds=1), None, 2.0)
    assert project("check", "rides") == 1
    assert project("explain", "pricing") == 0
    assert "NULL_LIMIT" in project.out
    assert store_url not in project.out + project.err


def test_a_missing_secret_is_named_and_exits_2(make_project: Callable[[str], Project]) -> None:
    project = make_project("store: {env: RIDES_STORE_THAT_IS_NOT_SET}\n")
    assert project("check", "rides") == 2
    assert "RIDES_STORE_THAT_IS_NOT_SET" in project.err
