"""Read suites of Great Expectations: all of a file or an error, for GX itself drops what it does not know.

Files of GX 1.x are read, and those of 0.18, which say `expectation_type` and `expectation_suite_name`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from featureguard.errors import SourceCorruptError, SourceUnreadableError
from featureguard.external.strict_json import name, parse_json, read_json, results_of
from featureguard.suites.suite import URGENCIES, Expectation, Suite

MAX_SUITE_BYTES = 16 << 20
"""Largest file of a suite that is read."""
_DEEPEST = 50
_NAME = ("name", "expectation_suite_name")
_TYPE = ("type", "expectation_type")
_SUITE_KEYS = (
    *_NAME,
    *("expectations", "meta", "notes", "id", "ge_cloud_id", "data_asset_type"),
    *("suite_parameters", "evaluation_parameters"),
)
# `rendered_content` and `expectation_context` are pictures of the rest; nothing is lost without them.
_ENTRY_KEYS = (
    *_TYPE,
    *("kwargs", "meta", "severity", "notes", "id", "ge_cloud_id", "description", "windows"),
    *("rendered_content", "expectation_context", "success_on_last_run"),
)


def load_suites(path: Path) -> tuple[Suite, ...]:
    """Every suite of a folder and what is below it, in the order of the files' names, or that of one file.

    Raises:
        SourceUnreadableError: If a file cannot be opened, or the folder holds no JSON file.
        SourceCorruptError: If a file is no suite, an entry of it is none, or two suites have one name.
        ResourceLimitError: If a file is too large.
    """
    if not path.is_dir():
        return (load_suite(path),)
    files = sorted(file for file in path.rglob("*.json") if not _is_hidden(file.relative_to(path)))
    if not files:
        raise SourceUnreadableError(f"'{path}' holds no JSON file. Name a suite's file, or its folder.")
    suites = tuple(load_suite(file) for file in files)
    names = [suite.name for suite in suites]
    for suite in suites:
        if names.count(suite.name) > 1:
            same = ", ".join(f"'{one.file}'" for one in suites if one.name == suite.name)
            raise SourceCorruptError(f"Several suites are called '{suite.name}': {same}. Rename all but one.")
    return suites


def load_suite(file: Path) -> Suite:
    """The suite of a file.

    Raises:
        SourceUnreadableError: If the file cannot be opened.
        SourceCorruptError: If it is no suite, or an entry of it is no expectation.
        ResourceLimitError: If it is too large.
    """
    return suite_of(read_json(file, MAX_SUITE_BYTES), str(file), default_name=file.stem)


def parse_suite(content: str | bytes, file: str = "suite") -> Suite:
    """The suite that a JSON text holds.

    Args:
        content: The text; bytes are UTF-8.
        file: What to call it in messages.

    Raises:
        SourceCorruptError: If it is no suite, or an entry of it is no expectation.
    """
    return suite_of(parse_json(content, file), file)


def suite_of(document: object, file: str, *, default_name: str = "suite") -> Suite:
    """The suite that a JSON document holds.

    Args:
        document: What the JSON says.
        file: Where it stands, for messages.
        default_name: Its name if the document gives none.

    Raises:
        SourceCorruptError: If it is no suite, or an entry of it is no expectation.
    """
    if not isinstance(document, dict) or "expectations" not in document:
        raise SourceCorruptError(
            f"'{file}' is no suite of Great Expectations: it has no 'expectations'. Write it by"
            " 'suite.to_json_dict()'."
        )
    _refuse_unknown(document, _SUITE_KEYS, file, "The suite")
    entries = results_of(document["expectations"], file)
    found = tuple(_expectation(entry, file, position) for position, entry in enumerate(entries))
    if len(found) != len(entries):
        raise AssertionError(f"{len(entries)} expectations came in and {len(found)} out of '{file}'.")
    written = _either(document, _NAME, file, "The suite")
    parameters = document.get("suite_parameters") or document.get("evaluation_parameters")
    return Suite(
        name=_named(written, file, "The suite's name") if written is not None else default_name,
        expectations=found,
        parameters=_object(parameters, file, "The suite's 'suite_parameters'"),
        meta=_object(document.get("meta"), file, "The suite's 'meta'"),
        file=file,
    )


def _expectation(entry: object, file: str, position: int) -> Expectation:
    where = f"Expectation {position + 1}"
    if not isinstance(entry, dict):
        _refuse(file, f'{where} is no object. Write {{"type": …, "kwargs": {{…}}}}.')
    kind = _named(_either(entry, _TYPE, file, where), file, f"{where}: its 'type'")
    where = f"{where} ({kind})"
    _refuse_unknown(entry, _ENTRY_KEYS, file, where)
    severity = "critical" if entry.get("severity") is None else entry["severity"]
    if severity not in URGENCIES:
        _refuse(file, f"{where}: the severity {severity!r} is none. Write {', '.join(URGENCIES)}.")
    kwargs = _object(entry.get("kwargs"), file, f"{where}: its 'kwargs'")
    if _depth(kwargs) > _DEEPEST:
        _refuse(file, f"{where}: its 'kwargs' are nested deeper than {_DEEPEST} levels.")
    if entry.get("windows"):
        kwargs = {**kwargs, "windows": entry["windows"]}
    id_ = entry.get("id") or entry.get("ge_cloud_id")
    return Expectation(
        type=kind,
        kwargs=kwargs,
        meta=_object(entry.get("meta"), file, f"{where}: its 'meta'"),
        severity=severity,
        notes=_notes(entry.get("notes"), file, where),
        id=None if id_ is None else _named(id_, file, f"{where}: its 'id'"),
        position=position,
    )


def _either(found: Mapping[str, Any], keys: Sequence[str], file: str, where: str) -> Any:
    """The value under the new or the old name of a key; both at once contradict each other."""
    given = [key for key in keys if found.get(key) is not None]
    if len(given) > 1:
        _refuse(file, f"{where} has both '{given[0]}' and '{given[1]}'. Leave one out.")
    return found[given[0]] if given else None


def _named(value: object, file: str, what: str) -> str:
    found = name(value)
    if found is None:
        _refuse(file, f"{what} is missing, or no text that can be shown. Write it.")
    return found


def _object(value: object, file: str, what: str) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, dict):
        _refuse(file, f"{what} is no object. Write {{…}}, or leave it out.")
    return value or {}


def _depth(value: object) -> int:
    """How deep objects and lists stand in each other; walked level by level, for it may be very deep."""
    level, depth = [value], 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
        depth += 1
    return depth


def _notes(value: object, file: str, where: str) -> tuple[str, ...]:
    notes = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        _refuse(file, f"{where}: its 'notes' are no text. Write text, or a list of texts.")
    return tuple(notes)


def _refuse_unknown(found: Mapping[str, Any], known: Sequence[str], file: str, where: str) -> None:
    for key in found:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else f"Known: {', '.join(known)}."
            _refuse(file, f"{where}: unknown key {key[:100]!r}. {hint}")


def _refuse(file: str, said: str) -> NoReturn:
    raise SourceCorruptError(f"'{file}': {said}")


def _is_hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)
