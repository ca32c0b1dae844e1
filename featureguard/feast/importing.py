"""Plan an import from Feast: every file as it would be, before any is written."""

from __future__ import annotations

import difflib
import io
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featureguard.contract import Contract, Subject
from featureguard.errors import MissingExtraError, UsageError
from featureguard.feast.contracts import Written
from featureguard.feast.merging import merge

MEMORY = ".feast-import.json"
"""What the last import wrote, beside the contracts: without it no edit can be told from a change in Feast."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file.

    Attributes:
        file: Where it is.
        before: What stands there; empty where nothing does.
        after: What is to stand there.
        kept: Edits by hand that count more than what changed in Feast.
        notes: What somebody should look at.
    """

    file: Path
    before: str
    after: str
    kept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def diff(self) -> str:
        """What changes, as a unified diff; empty if nothing does."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            f"{self.file} (before)",
            f"{self.file} (after)",
        )
        return "".join(lines)


@dataclass(frozen=True, slots=True)
class Plan:
    """An import.

    Attributes:
        folder: Where its files are.
        changes: Every file, also those that stay as they are.
        gone: Files of what Feast has no more; they are left alone.
        memory: What the next import is to know.
    """

    folder: Path
    changes: tuple[Change, ...]
    gone: tuple[Path, ...]
    memory: Mapping[str, Any]

    def write(self) -> None:
        """Write what changes, each file as a whole.

        Raises:
            OSError: If one cannot be written; it is then as it was.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for change in self.changes:
            if change.after != change.before:
                _replace(change.file, change.after)
        _replace(self.folder / MEMORY, json.dumps(self.memory, indent=1, sort_keys=True) + "\n")


def plan(folder: Path, written: Iterable[Written]) -> Plan:
    """What an import would do to a folder of contracts.

    Args:
        folder: Where contracts of the feature repository are, or will be.
        written: What Feast says now.

    Raises:
        UsageError: If a file there cannot be read or holds something else, or two things have one name.
        MissingExtraError: If ruamel.yaml is not installed.
    """
    base = _memory(folder / MEMORY)
    changes, documents = [], {}
    for one in written:
        if one.name in documents:
            raise UsageError(
                f"Two things of Feast would both be called '{one.name}'. Rename one of them in Feast."
            )
        documents[one.name] = dict(one.document)
        _check(one)
        changes.append(_change(folder / f"{one.name}.yaml", one, base.get(one.name)))
    gone = tuple(folder / f"{name}.yaml" for name in base if name not in documents)
    return Plan(folder, tuple(changes), tuple(one for one in gone if one.exists()), documents)


def _change(file: Path, one: Written, base: Mapping[str, Any] | None) -> Change:
    yaml = _yaml()
    try:
        before = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Change(file, "", _dumped(yaml, one.document), notes=one.notes)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"'{file}' cannot be read: {type(error).__name__}.") from None
    try:
        mine = yaml.load(before)
    except Exception as error:
        raise UsageError(f"'{file}' is no YAML: {str(error).splitlines()[0]}. Mend it first.") from None
    kind = "dataset" if "dataset" in one.document else "subject"
    if not isinstance(mine, Mapping) or mine.get(kind) != one.document[kind]:
        raise UsageError(
            f"'{file}' holds something else than the {kind} '{one.name}' of Feast. Move it, or import into"
            " another folder: --into."
        )
    kept = merge(mine, base if base is not None else one.document, one.document)  # type: ignore[arg-type]
    after = _dumped(yaml, mine)
    unchanged = yaml.load(after) == yaml.load(before)
    return Change(file, before, before if unchanged else after, tuple(kept), one.notes)


def _check(one: Written) -> None:
    """What is written can be loaded."""
    model = Contract if "dataset" in one.document else Subject
    model.model_validate(one.document)


def _memory(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise UsageError(
            f"'{file}' cannot be read. It says what the last import wrote: take it from your version control."
        ) from None
    return found if isinstance(found, dict) else {}


def _yaml() -> Any:
    try:
        from ruamel.yaml import YAML  # noqa: PLC0415  (extra 'feast')
    except ImportError:
        raise MissingExtraError("ruamel.yaml", "feast") from None
    found = YAML()
    found.width = 110
    found.preserve_quotes = True
    found.indent(mapping=2, sequence=4, offset=2)
    return found


def _dumped(yaml: Any, document: Any) -> str:
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _replace(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, file)
