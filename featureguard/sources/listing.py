"""Find the data files behind a path, a glob or a folder, on this machine or on any Arrow file system."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pyarrow.fs as pafs

from featureguard.errors import SourceUnreadableError
from featureguard.sources.hardening import hardened

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
"""The folder value that stands for null (Hive, Spark, pyarrow)."""

_EXTENSIONS = (".parquet", ".parq")
_MAX_DEPTH = 64  # Deeper means a symbolic link that leads back up.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a source.

    Attributes:
        path: How its file system opens it.
        name: Its path relative to the source's root.
        size: Bytes.
        mtime_ns: Time of modification in nanoseconds since the epoch; `None` where the file system has none.
        partition: Hive keys and values of its folders, outermost first; a null value is left out.
        null_keys: Hive keys whose value is null.
    """

    path: str
    name: str
    size: int
    mtime_ns: int | None
    partition: Mapping[str, str] = field(default_factory=dict, hash=False)
    null_keys: tuple[str, ...] = ()

    @property
    def key(self) -> str | None:
        """Identity of its content; `None` where nothing tells two versions apart."""
        if self.mtime_ns is None:
            return None
        return _digest(f"{self.name}\0{self.size}\0{self.mtime_ns}")


@dataclass(frozen=True, slots=True)
class Location:
    """A place to look for files.

    Attributes:
        root: Folder (or the one file) to list, as its file system knows it.
        pattern: Glob relative to the root, or an empty string for everything.
        filesystem: An Arrow file system, or `None` for this machine.
    """

    root: str
    pattern: str
    filesystem: Any | None


def locate(path: str, filesystem: Any | None = None) -> Location:
    """Split a path, glob or URI into root and pattern, and find its file system.

    Raises:
        SourceUnreadableError: If no file system opens the URI.
    """
    root, pattern = _split(path, is_uri=bool(_URI.match(path)))
    with hardened(path):
        if filesystem is None and _URI.match(path):
            filesystem, root = _open_uri(root)
        elif _URI.match(path):
            root = _URI.sub("", root)
    return Location(root, pattern, None if isinstance(filesystem, pafs.LocalFileSystem) else filesystem)


def list_files(location: Location) -> tuple[DataFile, ...]:
    """Data files by name. Hidden files and folders, and those that begin with `_`, are no data.

    Raises:
        SourceUnreadableError: If the place does not exist, cannot be listed, or holds only other files.
    """
    walk = _walk_local if location.filesystem is None else _walk_remote
    with hardened(location.root):
        found = sorted(walk(location), key=lambda file: file.name)
    chosen = tuple(file for file in found if _is_chosen(location.pattern)(file.name))
    if found and not chosen and not location.pattern:
        raise SourceUnreadableError(
            f"'{location.root}': holds {len(found)} files (e.g. '{found[0].name}') but none that ends in "
            f"{' or '.join(_EXTENSIONS)}. Rename them, or write the path as a glob."
        )
    return chosen


def snapshot_id(files: tuple[DataFile, ...]) -> str | None:
    """Equal ids mean equal files; `None` if some file has no identity."""
    keys = [file.key for file in files]
    return None if None in keys else _digest("\n".join(sorted(map(str, keys))))


def _open_uri(uri: str) -> tuple[Any, str]:
    try:
        return pafs.FileSystem.from_uri(uri)  # type: ignore[no-any-return]
    except (ValueError, NotImplementedError) as error:
        raise SourceUnreadableError(f"'{uri}': no file system opens it: {error}.") from error


def _split(path: str, *, is_uri: bool) -> tuple[str, str]:
    wild = _WILD.search(path.replace("?", "") if is_uri else path)
    if wild is None or (not is_uri and os.path.lexists(path)):
        return path, ""
    cut = path.rfind("/", 0, wild.start())
    return (path[:cut] or "/") if cut >= 0 else ".", path[cut + 1 :]


def _is_chosen(pattern: str) -> Callable[[str], bool]:
    if not pattern:
        return lambda name: name.lower().endswith(_EXTENSIONS)
    expression = re.compile(_glob_expression(pattern), re.DOTALL)
    loose = pattern.rsplit("/", 1)[-1].strip("*") == ""
    return lambda name: bool(expression.fullmatch(name)) and (not loose or name.lower().endswith(_EXTENSIONS))


def _glob_expression(pattern: str) -> str:
    """A glob as a regular expression: `**/` is any depth, `*` and `?` stay within a folder."""
    words = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[!?[^\]/]+\])", pattern)
    return "".join(
        words.get(part) or (part.replace("[!", "[^", 1) if _is_class(part) else re.escape(part))
        for part in parts
    )


def _is_class(part: str) -> bool:
    return len(part) > 2 and part[0] == "[" and part[-1] == "]"


def _walk_local(location: Location) -> Iterator[DataFile]:
    if os.path.isfile(location.root):
        stat = os.stat(location.root)
        yield DataFile(location.root, os.path.basename(location.root), stat.st_size, stat.st_mtime_ns)
        return
    yield from _walk_folder(location.root, "", 0)


def _walk_folder(folder: str, prefix: str, depth: int) -> Iterator[DataFile]:
    if depth > _MAX_DEPTH:
        raise SourceUnreadableError(f"'{folder}': folders nest too deep. Does a symbolic link lead back up?")
    partition, null_keys = hive_partition(prefix)
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_hidden(entry.name):
                continue
            if entry.is_dir():
                yield from _walk_folder(entry.path, f"{prefix}{entry.name}/", depth + 1)
            else:
                stat, name = entry.stat(), f"{prefix}{entry.name}"
                yield DataFile(entry.path, name, stat.st_size, stat.st_mtime_ns, partition, null_keys)


def _walk_remote(location: Location) -> Iterator[DataFile]:
    filesystem, root = location.filesystem, location.root.rstrip("/")
    assert filesystem is not None
    info = filesystem.get_file_info(root)
    if info.type == pafs.FileType.NotFound:
        raise SourceUnreadableError(f"'{root}': does not exist. Check the path and the connection.")
    if info.type == pafs.FileType.File:
        yield DataFile(root, info.base_name, info.size, info.mtime_ns)
        return
    for found in filesystem.get_file_info(pafs.FileSelector(root, recursive=True)):
        name = found.path.removeprefix(root).lstrip("/")
        if found.type == pafs.FileType.File and not any(map(_is_hidden, name.split("/"))):
            partition, null_keys = hive_partition(name)
            yield DataFile(found.path, name, found.size, found.mtime_ns, partition, null_keys)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def hive_partition(name: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Keys and values of the folders in a relative path, and the keys whose value is null."""
    values: dict[str, str] = {}
    null_keys: list[str] = []
    for folder in name.split("/")[:-1]:
        key, equals, value = folder.partition("=")
        if equals and key and value == HIVE_NULL:
            null_keys.append(unquote(key))
        elif equals and key:
            values[unquote(key)] = unquote(value)
    return values, tuple(null_keys)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
