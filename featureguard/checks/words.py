"""Numbers as people read them, in the reasons of results."""

from __future__ import annotations

from datetime import datetime, timedelta

from featureguard.duration import format_duration

_SECONDS = ("freshness", "freshness_warn", "delivery")
_RATIOS = ("population", "nulls", "null_spike")


def percent(ratio: float) -> str:
    """`0.124` as `12.40%`; a ratio that is not 0 or 1 never reads as if it were."""
    text = f"{ratio:.2%}"
    if text == "0.00%" and ratio > 0:
        return "<0.01%"
    return ">99.99%" if text == "100.00%" and ratio < 1 else text


def duration(seconds: float) -> str:
    """`111723.4` as `31h 2min`: two units, rounded down; hours up to three days, as limits are written."""
    rest = int(seconds)
    if rest < 60:
        return f"{rest}s"
    units = (("h", 3_600), ("min", 60)) if rest < 72 * 3_600 else (("d", 86_400), ("h", 3_600))
    parts = []
    for unit, size in units:
        count, rest = divmod(rest, size)
        parts += [f"{count}{unit}"] if count else []
    return " ".join(parts)


def limit(length: timedelta) -> str:
    """A declared duration as it is written, e.g. `30h`."""
    return format_duration(length)


def instant(time: datetime) -> str:
    """`2013-02-09 04:59 UTC`."""
    return time.strftime("%Y-%m-%d %H:%M UTC")


def count(number: int, noun: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def measured(check: str, value: float | str | None) -> str:
    """A value in the unit of its check, as people read it; nothing where there is none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if check in _SECONDS:
        return duration(value)
    if check in _RATIOS:
        return percent(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
