"""Where contracts are kept: files, folders and installed packages, always in the same order."""

from __future__ import annotations

import importlib.resources
import os
from collections.abc import Iterator, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path

from featureguard.errors import Problem
from featureguard.strict_yaml import MAX_BYTES

_ENDINGS = (".yaml", ".yml")
_PACKAGE = "package:"


def files_in(places: Sequence[Path | str]) -> tuple[list[tuple[Traversable, str]], list[Problem]]:
    """Every YAML file of some places with the label that messages use, and every place that is not there."""
    files: dict[str, tuple[Traversable, str]] = {}
    problems = []
    for place in places:
        found = _open_package(place) if str(place).startswith(_PACKAGE) else Path(place)
        label = str(place) if str(place).startswith(_PACKAGE) else _label(Path(place))
        if isinstance(found, Problem):
            problems.append(found)
        elif found.is_dir():
            try:
                files.update((name, (file, name)) for file, name in _below(found, label.rstrip("/")))
            except OSError as error:
                problems.append(Problem(f"the folder cannot be listed: {error.strerror}.", label))
        elif found.is_file():
            files.setdefault(label, (found, label))
        else:
            problems.append(
                Problem("no such file or folder. Create it, or mend 'catalog' in the project file.", label)
            )
    return list(files.values()), problems


def read_bytes(file: Traversable, label: str) -> bytes | Problem:
    """The content of a file, cut one byte after the largest that is read."""
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        return Problem(f"the file cannot be read: {error.strerror}.", label)


def _open_package(place: Path | str) -> Traversable | Problem:
    package, *folders = str(place).removeprefix(_PACKAGE).strip("/").split("/")
    try:
        found = importlib.resources.files(package)
        return found.joinpath(*folders) if folders and ".." not in folders else found
    except (ImportError, TypeError, ValueError):
        return Problem(f"no package '{package}' is installed. Write 'package:name/folder'.", str(place))


def _label(path: Path) -> str:
    """The path as a user would type it here."""
    here = os.path.abspath(os.curdir)
    absolute = os.path.abspath(path)
    return os.path.relpath(absolute, here) if absolute.startswith(here + os.sep) else str(path)


def _below(folder: Traversable, label: str) -> Iterator[tuple[Traversable, str]]:
    for found in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name = f"{label}/{found.name}"
        if found.name.startswith("."):
            continue
        if found.is_dir():
            if not (isinstance(found, Path) and found.is_symlink()):  # a link may lead in a circle
                yield from _below(found, name)
        elif found.name.endswith(_ENDINGS) and found.is_file():
            yield found, name
