"""Durations as people write them: `90s`, `30min`, `26h`, `7d`, `2w` or ISO 8601 (`PT26H`, `P1DT2H`).

A bare `m` is refused: half of the world reads minutes, the other half months.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]+)", re.ASCII)
_ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)
_LONGEST = timedelta(days=366 * 100)
_LONGEST_TEXT = 64


def parse_duration(text: object) -> timedelta:
    """Read a duration.

    Args:
        text: A `timedelta`, or text such as `26h`, `1d 12h`, `PT26H`.

    Raises:
        ValueError: If the text is no duration, is zero, negative or longer than a century.
    """
    if isinstance(text, timedelta):
        return _bounded(text, text)
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a duration. Write a number with its unit, e.g. '26h' or '30min'.")
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"{text[:20]!r}... is too long for a duration.")
    stripped = text.strip()
    if stripped[:1] in ("P", "p"):
        return _bounded(_iso(stripped), text)
    parts = _PART.findall(stripped)
    if not parts or _PART.sub("", stripped).strip():
        raise ValueError(f"{text!r} is not a duration. Write e.g. '90s', '30min', '26h', '7d' or 'PT26H'.")
    return _bounded(sum((_part(number, unit, text) for number, unit in parts), timedelta()), text)


def format_duration(duration: timedelta) -> str:
    """Write a duration in the shortest of our own units, e.g. `26h` or `1d 30min`; exact to microseconds."""
    if duration < timedelta():
        return "-" + format_duration(-duration)
    seconds, micros = duration.days * 86_400 + duration.seconds, duration.microseconds
    if not micros and seconds % 3_600 == 0 and 0 < seconds < 72 * 3_600:
        return f"{seconds // 3_600}h"
    parts = []
    for unit in ("d", "h", "min"):
        count, seconds = divmod(seconds, _SECONDS[unit])
        parts += [f"{count}{unit}"] if count else []
    if seconds or micros or not parts:
        parts.append(f"{seconds}.{micros:06d}".rstrip("0").rstrip(".") + "s")
    return " ".join(parts)


def _part(number: str, unit: str, text: object) -> timedelta:
    if unit in ("m", "M"):
        raise ValueError(f"{text!r}: 'm' may mean minutes or months. Write 'min', or days for months.")
    if unit not in _SECONDS:
        raise ValueError(f"{text!r}: unknown unit {unit!r}. The units are s, min, h, d and w.")
    return _seconds(float(number) * _SECONDS[unit])


def _iso(text: str) -> timedelta:
    found = _ISO.fullmatch(text.upper())
    if not found or not any(found.groups()):
        raise ValueError(f"{text!r} is not an ISO 8601 duration without years and months, e.g. 'PT26H'.")
    weeks, days, hours, minutes, seconds = (float(group or 0) for group in found.groups())
    return _seconds(weeks * 604_800 + days * 86_400 + hours * 3_600 + minutes * 60 + seconds)


def _seconds(count: float) -> timedelta:
    return timedelta(
        seconds=min(count, 2 * _LONGEST.total_seconds())
    )  # more would overflow; `_bounded` refuses


def _bounded(duration: timedelta, text: object) -> timedelta:
    if not timedelta() < duration <= _LONGEST:
        raise ValueError(f"{text!r} is out of range: a duration is longer than 0 and at most 100 years.")
    return duration


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["90s", "30min", "26h", "7d", "PT26H"]}),
]
"""A `timedelta` that reads and writes durations as people do."""
