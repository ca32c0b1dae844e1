"""What Feast says now, what it said at the last import, and what people made of it since: one document.

An edit by hand is kept; what nobody touched follows Feast; where both changed, the edit counts and is told.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

Path = tuple[str, ...]


def merge(mine: MutableMapping[str, Any], base: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Bring a document up to date, in place.

    Args:
        mine: As it is in the file.
        base: As the last import wrote it.
        theirs: As Feast has it now.

    Returns:
        Where both changed, and the edit was kept: dotted paths with both values.
    """
    return _merged(mine, base, theirs, ())


def _merged(
    mine: MutableMapping[str, Any], base: Mapping[str, Any], theirs: Mapping[str, Any], path: Path
) -> list[str]:
    told: list[str] = []
    for key, new in theirs.items():
        if key not in mine:
            told += _added(mine, base, key, new, path)
        elif isinstance(mine[key], MutableMapping) and isinstance(new, Mapping):
            old = base.get(key)
            told += _merged(mine[key], old if isinstance(old, Mapping) else {}, new, (*path, key))
        else:
            told += _changed(mine, base, key, new, path)
    for key in [one for one in mine if one not in theirs and one in base]:
        if mine[key] == base[key]:
            del mine[key]
        else:
            told.append(f"{_dotted(path, key)} was edited by hand; Feast has it no more")
    return told


def _added(
    mine: MutableMapping[str, Any], base: Mapping[str, Any], key: str, new: Any, path: Path
) -> list[str]:
    if key not in base:
        mine[key] = new
    elif new != base[key]:
        return [f"{_dotted(path, key)} was taken out by hand; Feast says {new!r}"]
    return []


def _changed(
    mine: MutableMapping[str, Any], base: Mapping[str, Any], key: str, new: Any, path: Path
) -> list[str]:
    if key in base and mine[key] == base[key]:
        mine[key] = new
    elif mine[key] != new and (key not in base or new != base[key]):
        return [f"{_dotted(path, key)} is {mine[key]!r} by hand; Feast says {new!r}"]
    return []


def _dotted(path: Path, key: str) -> str:
    return f"'{'.'.join((*path, str(key)))}'"
