"""Arrow types as text: the spelling of contracts, `float64` or `list<struct<id: int64>>`, and back.

A profile keeps types as text, so that it can be stored and merged; the schema check reads them again.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_ALIASES = {
    "double": "float64",
    "float": "float32",
    "halffloat": "float16",
    "str": "string",
    "utf8": "string",
    "large_utf8": "large_string",
    "boolean": "bool",
    "date": "date32",
    "date32[day]": "date32",
    "date64[ms]": "date64",
}
_PLAIN = frozenset(
    [
        "null",
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "string",
        "large_string",
        "string_view",
        "binary",
        "large_binary",
        "binary_view",
        "date32",
        "date64",
        "month_interval",
        "day_time_interval",
        "month_day_nano_interval",
        "uuid",
    ]
)
_SPELLED = {
    "timestamp": "timestamp[us, tz=UTC]",
    "time32": "time32[ms]",
    "time64": "time64[us]",
    "duration": "duration[us]",
    "decimal32": "decimal32(9, 2)",
    "decimal64": "decimal64(18, 2)",
    "decimal128": "decimal128(18, 2)",
    "decimal256": "decimal256(40, 2)",
    "fixed_size_binary": "fixed_size_binary[16]",
    "fixed_size_list": "fixed_size_list<float32>[3]",
    "list": "list<string>",
    "struct": "struct<id: int64, name: string>",
    "map": "map<string, int64>",
}
_LISTS = ("list", "large_list", "list_view", "large_list_view", "fixed_size_list")
_UNITS_OF = {"time32": "s ms", "time64": "us ns", "duration": "s ms us ns"}
_MOST_DIGITS = {"decimal32": 9, "decimal64": 18, "decimal128": 38, "decimal256": 76}
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_ZONE = re.compile(r"tz=.+", re.DOTALL)
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[A-Za-z0-9_+\-/.]+|[<>\[\](),:=])')
_BARE = re.compile(r"[A-Za-z0-9_+\-/.]+")
_MAX_DEPTH = 100  # as deep as Parquet files that pyarrow reads


@dataclass(frozen=True, slots=True)
class ArrowType:
    """A type as a tree.

    Attributes:
        name: `int64`, `timestamp`, `decimal128`, `list`, `struct`, `map` …
        parameters: Unit and zone of a timestamp, precision and scale of a decimal, size of a fixed list.
        children: Element of a list, key and value of a map, fields of a struct.
    """

    name: str
    parameters: tuple[str, ...] = ()
    children: tuple[ArrowField, ...] = ()

    def __str__(self) -> str:
        if self.name == "struct":
            return f"struct<{', '.join(map(str, self.children))}>"
        inner = f"<{', '.join(str(child.type) for child in self.children)}>" if self.children else ""
        brackets = "()" if self.name.startswith("decimal") else "[]"
        outer = f"{brackets[0]}{', '.join(self.parameters)}{brackets[1]}" if self.parameters else ""
        return f"{self.name}{inner}{outer}"


@dataclass(frozen=True, slots=True)
class ArrowField:
    """A named child of a nested type; a list's element is called `element`."""

    name: str
    type: ArrowType
    nullable: bool = True

    def __str__(self) -> str:
        name = self.name if _BARE.fullmatch(self.name) else json.dumps(self.name)
        return f"{name}: {self.type}{'' if self.nullable else ' not null'}"


def describe_type(data_type: pa.DataType) -> ArrowType:
    """The tree of a pyarrow type. Dictionaries are an encoding: they count as their values' type."""
    import pyarrow as pa  # noqa: PLC0415  (only where Arrow data is at hand)

    types = pa.types
    if types.is_dictionary(data_type):
        return describe_type(data_type.value_type)
    if types.is_struct(data_type):
        fields = [ArrowField(f.name, describe_type(f.type), f.nullable) for f in data_type]
        return ArrowType("struct", (), tuple(fields))
    if types.is_map(data_type):
        key, value = describe_type(data_type.key_type), describe_type(data_type.item_type)
        return ArrowType("map", (), (ArrowField("key", key, nullable=False), ArrowField("value", value)))
    if str(data_type).split("<")[0] in _LISTS:
        size = (str(data_type.list_size),) if types.is_fixed_size_list(data_type) else ()
        name = str(data_type).split("<")[0]
        return ArrowType(name, size, (ArrowField("element", describe_type(data_type.value_type)),))
    if isinstance(data_type, pa.BaseExtensionType):
        name = data_type.extension_name
        return ArrowType("uuid") if name == "arrow.uuid" else describe_type(data_type.storage_type)
    return read_type(str(data_type))


def type_name(data_type: pa.DataType) -> str:
    """Write a pyarrow type as contracts spell it, e.g. `float64` for Arrow's `double`."""
    return str(describe_type(data_type))


@lru_cache(maxsize=4_096)
def parse_type(text: str) -> ArrowType:
    """Read a type's text.

    Raises:
        ValueError: If the text is no type; says what is wrong with it.
    """
    if (alias := _ALIASES.get(text.strip())) is not None:
        return ArrowType(alias)
    return _Parser(text).whole()


def read_type(text: str) -> ArrowType:
    """Read a type that was met in data: one that is not known is a type of its own name."""
    try:
        return parse_type(text)
    except ValueError:
        return ArrowType(text)


def _units(text: str) -> list[tuple[str]]:
    return [(unit,) for unit in text.split()]


class _Parser:
    """Reads one type by recursive descent; `text` is kept for messages."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        at, end = 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if found is None:
                raise ValueError(f"{text!r} is no Arrow type: unexpected {text[at:].strip()[:1]!r}.")
            self.tokens.append(found[1])
            at = found.end()
        self.at = 0

    def whole(self) -> ArrowType:
        found = self._type(0)
        if self.at < len(self.tokens):
            raise self._error(f"unexpected {self.tokens[self.at]!r} after {found}")
        return found

    def _type(self, depth: int) -> ArrowType:
        if depth > _MAX_DEPTH:
            raise self._error(f"nested deeper than {_MAX_DEPTH}")
        name = self._take("a type")
        name = _ALIASES.get(name, name)
        children = self._children(name, depth) if self._next_is("<") else ()
        parameters = self._parameters()
        return self._known(ArrowType(name, parameters, children))

    def _children(self, name: str, depth: int) -> tuple[ArrowField, ...]:
        self._expect("<")
        fields = []
        while not self._next_is(">"):
            fields.append(self._field(depth + 1, default=name != "struct"))
            if not self._next_is(">"):
                self._expect(",")
        self._expect(">")
        if name == "map" and len(fields) == 2:
            key, value = fields
            return (ArrowField("key", key.type, nullable=False), ArrowField("value", value.type))
        return tuple(ArrowField("element", f.type) for f in fields) if name in _LISTS else tuple(fields)

    def _field(self, depth: int, *, default: bool) -> ArrowField:
        name = ""
        if self.tokens[self.at + 1 : self.at + 2] == [":"]:
            token = self._take("a field's name")
            name = self._quoted(token) if token.startswith('"') else token
            self._expect(":")
        elif not default:
            raise self._error("the fields of a struct are written 'name: type'")
        data_type = self._type(depth)
        required = self.tokens[self.at : self.at + 2] == ["not", "null"]
        self.at += 2 * required
        return ArrowField(name, data_type, nullable=not required)

    def _quoted(self, token: str) -> str:
        try:
            return str(json.loads(token))
        except ValueError:
            raise self._error(f"the name {token} is not quoted as JSON does") from None

    def _parameters(self) -> tuple[str, ...]:
        if not (self._next_is("[") or self._next_is("(")):
            return ()
        closing = {"[": "]", "(": ")"}[self._take("")]
        found, word = [], ""
        while not self._next_is(closing):
            token = self._take(f"'{closing}'")
            if token == ",":
                found.append(word)
                word = ""
            else:
                word += token
        self._expect(closing)
        return (*found, word)

    def _known(self, found: ArrowType) -> ArrowType:
        name, parameters, children = found.name, found.parameters, len(found.children)
        if (name == "date32" and parameters == ("day",)) or (name == "date64" and parameters == ("ms",)):
            return ArrowType(name)
        if name == "timestamp":
            ok = parameters[:1] in _units("s ms us ns")
            ok = ok and all(map(_ZONE.fullmatch, parameters[1:])) and len(parameters) <= 2
        elif name in _UNITS_OF:
            ok = parameters in _units(_UNITS_OF[name])
        elif name in _MOST_DIGITS:
            ok = len(parameters) == 2 and all(map(_WHOLE.fullmatch, parameters))
            ok = ok and 1 <= int(parameters[0]) <= _MOST_DIGITS[name]
        elif name in ("fixed_size_binary", "fixed_size_list"):
            ok = len(parameters) == 1 and parameters[0].isdigit()
            children -= name == "fixed_size_list"
        elif name == "struct":
            ok, children = not parameters, 0
        elif name == "map":
            ok, children = not parameters, children - 2
        elif name in _LISTS:
            ok, children = not parameters, children - 1
        else:
            ok = name in _PLAIN and not parameters
        if not ok or children:
            raise self._unknown(found)
        return found

    def _next_is(self, token: str) -> bool:
        return self.tokens[self.at : self.at + 1] == [token]

    def _take(self, expected: str) -> str:
        if self.at >= len(self.tokens):
            raise self._error(f"it ends where {expected} should stand")
        self.at += 1
        return self.tokens[self.at - 1]

    def _expect(self, token: str) -> None:
        if (found := self._take(f"'{token}'")) != token:
            raise self._error(f"'{token}' should stand where {found!r} does")

    def _unknown(self, found: ArrowType) -> ValueError:
        known = [*_PLAIN, *_SPELLED]
        close = difflib.get_close_matches(found.name, known, n=1)
        if found.name in _SPELLED:
            hint = f"Write e.g. {_SPELLED[found.name]}."
        else:
            hint = (
                f"Did you mean '{close[0]}'?"
                if close
                else "Write e.g. float64, string or timestamp[us, tz=UTC]."
            )
        return ValueError(f"{str(found)!r} is no Arrow type. {hint}")

    def _error(self, what: str) -> ValueError:
        return ValueError(f"{self.text!r} is no Arrow type: {what}.")
