"""The types of SQL columns as Arrow types, in the spelling of contracts."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import types
from sqlalchemy.types import TypeEngine

_WIDTHS = {
    "TINYINT": 8,
    "SMALLINT": 16,
    "INT2": 16,
    "MEDIUMINT": 32,
    "INT": 32,
    "INTEGER": 32,
    "INT4": 32,
    "BIGINT": 64,
    "INT8": 64,
}
_SINGLE = ("REAL", "FLOAT4")
_MOST_DIGITS = 38
_TEXT = re.compile(
    r"(?P<name>[\w ]+?)(?:\((?P<sizes>[\d, ]+)\))?(?P<zone> with(?:out)? time zone)?(?P<list>(?:\[\])*)"
)


def type_of(found: object, dialect: Any) -> object:
    """The type of a column as SQLAlchemy reflects it.

    Args:
        found: What GX says: that type, or for some databases its text, e.g. `TIMESTAMP WITH TIME ZONE`.
        dialect: SQLAlchemy's dialect of the database.

    Returns:
        The type, or the text where it has none.
    """
    if (
        found is None
        or isinstance(found, TypeEngine)
        or (match := _TEXT.fullmatch(str(found).lower())) is None
    ):
        return found
    name, zone = match["name"], match["zone"] or ""
    kind = dialect.ischema_names.get(name + zone) or dialect.ischema_names.get(name)
    if kind is None:
        return found
    sizes = [int(size) for size in (match["sizes"] or "").split(",") if size.strip()]
    if issubclass(kind, types.DateTime | types.Time):
        made = kind(timezone=zone == " with time zone")
    else:
        made = kind(*sizes) if sizes else kind()
    return types.ARRAY(made) if match["list"] else made


def arrow_type_of(found: object, dialect: str) -> str:
    """The Arrow type that a reader of a column gets.

    Args:
        found: Its type as SQLAlchemy reflects it.
        dialect: SQLAlchemy's name of the database.

    Returns:
        The type as contracts spell it; the database's own name for one that has no Arrow type, so that it
        equals no promise.
    """
    if not isinstance(found, TypeEngine):
        return str(found)
    if isinstance(found, types.ARRAY):
        inner = arrow_type_of(found.item_type, dialect)
        return f"list<{inner}>"
    return _plain(found, dialect) or _name(found)


def _plain(found: TypeEngine[Any], dialect: str) -> str | None:
    name = _name(found)
    if isinstance(found, types.Boolean):
        return "bool"
    if isinstance(found, types.Integer):
        # SQLite keeps all whole numbers in up to 64 bits, whatever the column was declared as.
        return f"int{64 if dialect == 'sqlite' else _WIDTHS.get(name, 32)}"
    if isinstance(found, types.Float):
        single = name in _SINGLE or (name == "FLOAT" and dialect in ("mysql", "mariadb"))
        return "float32" if single and dialect != "sqlite" else "float64"
    if isinstance(found, types.Numeric):
        return _decimal(found)
    if isinstance(found, types.DateTime):
        zone = ", tz=UTC" if getattr(found, "timezone", False) and dialect != "sqlite" else ""
        return f"timestamp[us{zone}]"
    plain: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
        (types.Date, "date32"),
        (types.Time, "time64[us]"),
        (types.Interval, "month_day_nano_interval"),
        (types.Uuid, "uuid"),
        (types.LargeBinary, "binary"),
        (types._Binary, "binary"),
        (types.Enum, "string"),
        (types.String, "string"),
    )
    return next((arrow for kind, arrow in plain if isinstance(found, kind)), None)


def _decimal(found: types.Numeric[Any]) -> str | None:
    """A decimal without a precision has no Arrow type: its digits are not bounded."""
    if not found.precision or found.precision > _MOST_DIGITS:
        return None
    return f"decimal128({found.precision}, {found.scale or 0})"


def _name(found: TypeEngine[Any]) -> str:
    return str(getattr(found, "__visit_name__", type(found).__name__)).upper()
