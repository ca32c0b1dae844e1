"""JSON of strangers: read strictly, with a limit, and walked without trusting its shape."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from featureguard.errors import ResourceLimitError, SourceCorruptError, SourceUnreadableError
from featureguard.secret import inline_secret

MAX_BYTES = 64 << 20
"""Largest file of results that is read."""
MAX_RESULTS = 1_000_000
"""Most results of one file."""
_LONGEST_NAME, _LONGEST_TEXT = 500, 300

# What must not reach a terminal or a database: controls, text direction, half characters.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]+")


def read_json(path: Path, max_bytes: int = MAX_BYTES) -> object:
    """The content of a JSON file.

    Raises:
        SourceUnreadableError: If the file cannot be opened.
        ResourceLimitError: If it is larger than `max_bytes`.
        SourceCorruptError: If it is no JSON, or holds a key twice in one object, NaN or infinity.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(max_bytes + 1)
    except OSError as error:
        raise SourceUnreadableError(
            f"'{path}' cannot be read: {error.strerror}. Run the tool first, or mend the path."
        ) from error
    if len(content) > max_bytes:
        raise ResourceLimitError(
            f"'{path}' is larger than {max_bytes >> 20} MiB. Select fewer checks for one run."
        )
    return parse_json(content, str(path))


def parse_json(content: str | bytes, file: str) -> object:
    """Read JSON.

    Args:
        content: The text; bytes are UTF-8.
        file: Its name, for messages.

    Raises:
        SourceCorruptError: If it is no JSON, or holds a key twice in one object, NaN or infinity.
    """
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        said = f"line {error.lineno}, column {error.colno}: {error.msg}"
    except RecursionError:
        said = "it is nested too deep"
    except ValueError as error:  # also bytes that are no UTF-8, and integers of thousands of digits
        said = str(error)
    raise SourceCorruptError(f"'{file}' is no valid JSON: {said}. Write it again with the tool.")


def results_of(found: object, file: str) -> Sequence[object]:
    """A list of results.

    Raises:
        SourceCorruptError: If it is no list.
        ResourceLimitError: If it is longer than `MAX_RESULTS`.
    """
    if not isinstance(found, list):
        raise SourceCorruptError(f"'{file}' has no list of results. Is it a file of this tool's results?")
    if len(found) > MAX_RESULTS:
        raise ResourceLimitError(f"'{file}' holds more than {MAX_RESULTS:,} results. Split the run.")
    return found


def mapping(value: object) -> Mapping[str, Any]:
    """An object as it is; anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def name(value: object) -> str | None:
    """A name as it is; `None` for what is no text, empty, too long, or holds what nobody can see."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME or _UNSEEN.search(value):
        return None
    return value


def sentence(value: object) -> str:
    """A text on one line, cut; empty for what is no text."""
    text = " ".join(_UNSEEN.sub(" ", value[: 4 * _LONGEST_TEXT]).split()) if isinstance(value, str) else ""
    if inline_secret(text):
        return "the message holds a secret and is left out"
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


def number(value: object) -> int | float | None:
    """A number as it is, if a store can keep it; else `None`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= 1 << 63:
        return None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(
            f"the key {twice[:100]!r} stands twice in an object that begins with {_begin(pairs)}"
        )
    return found


def _begin(pairs: list[tuple[str, Any]]) -> str:
    key, value = pairs[0]
    return f"{key[:100]!r}: {value[:100]!r}" if isinstance(value, str) else f"{key[:100]!r}"


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is too large for a number")
    return value
