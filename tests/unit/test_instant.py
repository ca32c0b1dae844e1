"""Instants as they are written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from featureguard.instant import parse_instant


@pytest.mark.parametrize(
    "value", [None, 0, "", "yesterday", "2013-02-09T12:00:00", "2013-02-09", "0001-01-01T00:00:00+09:00"]
)
def test_a_time_needs_a_zone(value: object) -> None:
    assert parse_instant(value) is None


def test_a_time_is_told_in_utc() -> None:
    assert parse_instant("2013-02-09T07:00:00-05:00") == datetime(2013, 2, 9, 12, tzinfo=UTC)
