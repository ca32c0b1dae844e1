"""Feast's entity keys, version 3: how an entity is written as bytes.

Number of keys; for each key its type (always text), length and name; for each value type, length and bytes;
in the order of the names. Numbers are little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from functools import cache

from featureguard.errors import SourceCorruptError, SourceUnreadableError

_BYTES, _STRING, _INT32, _INT64, _UNIX = 1, 2, 3, 4, 8
_TYPES: Mapping[str, int] = {
    "BYTES": _BYTES,
    "STRING": _STRING,
    "INT32": _INT32,
    "INT64": _INT64,
    "UNIX_TIMESTAMP": _UNIX,
}

_NUMBERS: Mapping[str, str] = {"INT32": "i", "INT64": "q", "UNIX_TIMESTAMP": "q"}
"""How the values of types are packed that all have one length."""

ENTITYLESS = "__dummy_id"
"""Feast's join key of views without entities."""

Value = int | str | bytes


def prefix(join_keys: Sequence[str]) -> bytes:
    """What the keys of all entities with these join keys begin with."""
    return _prefix(tuple(sorted(join_keys)))


@cache
def _prefix(names: tuple[str, ...]) -> bytes:
    parts = [struct.pack("<I", len(names))]
    for name in names:
        encoded = name.encode()
        parts += [struct.pack("<II", _STRING, len(encoded)), encoded]
    return b"".join(parts)


def encode(join_keys: Mapping[str, str], entity: Mapping[str, Value]) -> bytes:
    """The key of one entity.

    Args:
        join_keys: Feast's type by join key.
        entity: A value for each join key.

    Raises:
        SourceUnreadableError: If a type cannot be part of a key.
    """
    names = tuple(sorted(join_keys))
    parts = [_prefix(names)]
    for name in names:
        kind = join_keys[name]
        content = _content(kind, entity[name], name)
        parts += [struct.pack("<II", _TYPES[kind], len(content)), content]
    return b"".join(parts)


def decode_all(keys: Sequence[bytes], join_keys: Mapping[str, str]) -> dict[str, list[Value | None]]:
    """The entities that keys name: a list for each join key.

    Args:
        keys: Keys, with nothing behind them.
        join_keys: Feast's type by join key. What a key does not have is `None`.

    Raises:
        SourceCorruptError: If one is no key of version 3.
    """
    if (numbers := _numbers(keys, join_keys)) is not None:
        return numbers
    entities = [decode(one) for one in keys]
    return {name: [one.get(name) for one in entities] for name in join_keys}


def _numbers(keys: Sequence[bytes], join_keys: Mapping[str, str]) -> dict[str, list[Value | None]] | None:
    """Keys of numbers all have one form, and are read at once; `None` where one is of another."""
    if not keys or any(kind not in _NUMBERS for kind in join_keys.values()):
        return None
    names = sorted(join_keys)
    begin = prefix(names)
    form = struct.Struct(f"<{len(begin)}s" + "".join("II" + _NUMBERS[join_keys[one]] for one in names))
    if any(len(one) != form.size for one in keys):
        return None
    first, *columns = zip(*form.iter_unpack(b"".join(keys)), strict=True)
    heads = [set(one) for place, one in enumerate(columns) if place % 3 < 2]
    told = [
        {number}
        for name in names
        for number in (_TYPES[join_keys[name]], struct.calcsize("<" + _NUMBERS[join_keys[name]]))
    ]
    if set(first) != {begin} or heads != told:
        return None
    found = {name: list(columns[3 * place + 2]) for place, name in enumerate(names)}
    return {name: found[name] for name in join_keys}


def decode(key: bytes) -> dict[str, Value]:
    """The entity that a key names; what follows the key is left alone.

    Raises:
        SourceCorruptError: If it is no key of version 3.
    """
    try:
        (count,) = struct.unpack_from("<I", key)
        at, names, values = 4, [], []
        for _ in range(count):
            kind, content, at = _part(key, at)
            if kind != _STRING:
                raise ValueError(kind)
            names.append(content.decode())
        for _ in range(count):
            kind, content, at = _part(key, at)
            values.append(_value(kind, content))
    except (struct.error, ValueError):
        raise SourceCorruptError(
            "The online store holds a key that is none of Feast's entity keys of version 3."
        ) from None
    return dict(zip(names, values, strict=True))


def _content(kind: str, value: Value, name: str) -> bytes:
    if kind == "STRING":
        return str(value).encode()
    if kind == "BYTES" and isinstance(value, bytes):
        return value
    if kind in ("INT64", "UNIX_TIMESTAMP") and isinstance(value, int):
        return struct.pack("<q", value)
    if kind == "INT32" and isinstance(value, int):
        return struct.pack("<i", value)
    raise SourceUnreadableError(f"The join key '{name}' of the type {kind} cannot be part of an entity key.")


def _part(key: bytes, at: int) -> tuple[int, bytes, int]:
    kind, length = struct.unpack_from("<II", key, at)
    at += 8
    if at + length > len(key):
        raise ValueError(length)
    return kind, key[at : at + length], at + length


def _value(kind: int, content: bytes) -> Value:
    if kind in (_INT64, _UNIX):
        return int(struct.unpack("<q", content)[0])
    if kind == _INT32:
        return int(struct.unpack("<i", content)[0])
    if kind == _STRING:
        return content.decode()
    if kind == _BYTES:
        return content
    raise ValueError(kind)
