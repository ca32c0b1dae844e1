"""Durations: what people write is read exactly, and what is ambiguous is refused."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureguard.duration import format_duration, parse_duration

CENTURY = timedelta(days=366 * 100)


@given(st.timedeltas(min_value=timedelta(microseconds=1), max_value=CENTURY))
def test_every_duration_is_read_back_from_its_text(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration


@given(st.one_of(st.text(max_size=80), st.from_regex(r"\A[P0-9. a-zA-Z]{1,30}\Z")))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert timedelta() < parse_duration(text) <= CENTURY


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30min", 1_800),
        ("26h", 93_600),
        ("7d", 604_800),
        ("2w", 1_209_600),
        ("1d 12h", 129_600),
        ("1d12h", 129_600),
        (" 1.5 h ", 5_400),
        ("0.5s", 0.5),
        ("PT26H", 93_600),
        ("P1DT2H", 93_600),
        ("P2W", 1_209_600),
        ("pt0.25s", 0.25),
    ],
)
def test_people_and_iso_8601_write_durations_so(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("30m", "'m' may mean minutes or months"),
        ("3 fortnights", "unknown unit 'fortnights'"),
        ("12:30:45", "is not a duration"),
        ("h", "is not a duration"),
        ("", "is not a duration"),
        ("-1h", "is not a duration"),
        ("P1M", "without years and months"),
        ("P", "without years and months"),
        ("0s", "out of range"),
        ("PT0S", "out of range"),
        ("101 w 36600 d", "out of range"),
        ("9" * 60 + "w", "out of range"),
        ("1" * 1_000_000, "too long"),
        ("٣h", "is not a duration"),
        (30, "is not a duration"),
        (True, "is not a duration"),
        (None, "is not a duration"),
        (timedelta(0), "out of range"),
        (timedelta.max, "out of range"),
    ],
)
def test_what_is_unclear_or_absurd_is_refused(text: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_duration(text)


def test_the_longest_duration_is_a_century() -> None:
    assert parse_duration("36600d") == CENTURY
    with pytest.raises(ValueError, match="out of range"):
        parse_duration("36600d 0.000001s")


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(hours=30), "30h"),
        (timedelta(days=3), "3d"),
        (timedelta(days=1, minutes=30), "1d 30min"),
        (timedelta(seconds=90, microseconds=1), "1min 30.000001s"),
        (timedelta(0), "0s"),
        (timedelta(hours=-2), "-2h"),
    ],
)
def test_durations_are_shown_in_the_shortest_units(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text
