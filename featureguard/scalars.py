"""The small words of a contract: ratios, names, zones, types and values, each with its own message.

Ratios are in [0, 1] (people write `0.05` or `5%`); whole numbers and booleans are never guessed from text.
"""

from __future__ import annotations

import math
import re
import zoneinfo
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema

from featureguard.arrow_types import parse_type

_PART = "[A-Za-z_][A-Za-z0-9_-]*"
_NAME = re.compile(rf"{_PART}(\.{_PART})?")
_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%")


def _ratio(value: object) -> object:
    """Read `5%` as 0.05; refuse a bare number above 1, which may mean either."""
    if isinstance(value, str) and (found := _PERCENT.fullmatch(value.strip())):
        if (ratio := float(found[1]) / 100) > 1:
            raise ValueError(f"{value!r} is more than 100%.")
        return ratio
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a ratio. Write e.g. 5% or 0.05.")
    if not 0 <= value <= 1:
        hint = f"Write {value}% if you mean percent." if 1 < value <= 100 else "Write e.g. 5% or 0.05."
        raise ValueError(f"{value!r} is not a ratio in [0, 1]. {hint}")
    return float(value)


def finite(value: object) -> object:
    """A number as it is; infinity, NaN, text and booleans are refused."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number.")
    return value


def _whole(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is not a whole number.")
    return value


def _value(value: object) -> object:
    if not isinstance(value, str | bool | int) and not (isinstance(value, float) and math.isfinite(value)):
        raise ValueError(f"{value!r} is no value. Write text, a finite number, true or false.")
    return value


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"{text!r} is no name. Write 'name' or 'team.name', of letters, digits, '_' and '-'."
        )
    return text


@lru_cache(maxsize=1_024)
def _zone(name: str) -> str:
    try:
        if name in ("localtime", "Factory"):
            raise ValueError(name)  # No zone of its own: whatever the machine says.
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no IANA time zone. Write e.g. 'UTC' or 'America/New_York'.") from None
    return name


@lru_cache(maxsize=4_096)
def _arrow_type(text: str) -> str:
    parse_type(text)
    return text


Ratio = Annotated[
    float,
    BeforeValidator(_ratio),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                {"type": "string", "pattern": f"^{_PERCENT.pattern}$"},
            ]
        }
    ),
]
Number = Annotated[int | float, BeforeValidator(finite)]
Count = Annotated[int, Strict(), Field(ge=0)]
Flag = Annotated[bool, Strict()]
Name = Annotated[
    str,
    Field(max_length=200),
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "pattern": f"^{_NAME.pattern}$", "maxLength": 200}),
]
ColumnName = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(min_length=1, max_length=2_000)]
ZoneName = Annotated[str, AfterValidator(_zone)]
TypeName = Annotated[str, Field(max_length=10_000), AfterValidator(_arrow_type)]
Tier = Annotated[Literal[0, 1, 2, 3], BeforeValidator(_whole)]
Value = str | bool | int | float
ListedValue = Annotated[Value, BeforeValidator(_value)]


class Model(BaseModel):
    """Base of all that people write: frozen, and no unknown keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=False, populate_by_name=True, hide_input_in_errors=True
    )
