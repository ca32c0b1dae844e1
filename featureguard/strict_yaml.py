"""YAML without surprises: plain data, a line for every key, and every problem of a file at once.

Scalars follow the core schema of YAML 1.2, read strictly. Only `true`, `false`, `null`, `~`, nothing at
all and decimal numbers (`12`, `-0.5`, `1e-4`) are more than text. What YAML 1.1 guessed stays text: `NO`,
`yes`, `12:30:45`, `2026-11-23`, `1_000`, `0x1F`, and `010`, which is eight to one reader and ten to another.

Refused: duplicate keys, keys that are no text, anchors, aliases, merge keys, tags, directives, NaN and
infinity, integers beyond 64 bits, control and text-direction characters, and files that are too large or too
deep. The file is read event by event, never recursively: libyaml's composer dies of 50,000 nested brackets.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

import yaml

from featureguard.errors import Problem

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 100_000
MAX_PROBLEMS = 50
"""Most problems told of one file; a file with more of them is something else."""

Path = tuple[str | int, ...]
"""Where a value stands: the keys and positions that lead to it."""
_Lines = tuple[int, dict[str | int, Any]]
_Event = Any  # PyYAML's events carry no types

# What a reviewer cannot see must not be loaded: controls, odd line breaks, text direction, half characters.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FIRST_OF_NUMBERS = frozenset("-+.0123456789")
_LARGEST, _MOST_DIGITS = 1 << 64, 21
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document as plain data.

    Attributes:
        data: Dictionaries, lists, strings, numbers, booleans and `None`.
        file: Path as the user knows it.
        lines: (line, lines of what is inside, by key or position): a tree as deep as the data.
        empty: Paths where nothing, or `null`, is written.
    """

    data: Any
    file: str
    lines: _Lines
    empty: tuple[Path, ...] = ()

    def line(self, path: Path = ()) -> int:
        """Line of a key or list item, from 1; of its nearest ancestor where the path leads nowhere."""
        line, inside = self.lines
        for step in path:
            if step not in inside:
                break
            line, inside = inside[step]
        return line

    def outline(self, *keys: str) -> Document:
        """Only the lines of some keys, without the data: what is kept of thousands of documents."""
        line, inside = self.lines
        return Document(None, self.file, (line, {key: inside[key] for key in keys if key in inside}))

    def problem(self, message: str, path: Path = (), name: str = "") -> Problem:
        """A problem at a place of this document."""
        return Problem(message, self.file, self.line(path), dotted(path), name)


def load(text: str | bytes, file: str) -> tuple[list[Document], list[Problem]]:
    """Read all documents of a file; `---` parts them.

    Args:
        text: The content; bytes are UTF-8.
        file: What messages call the file.

    Returns:
        What could be read, and every problem. A document with problems is still returned, less what is
        refused, so that the rest of it can be judged in the same breath; a syntax error ends the reading.
    """
    decoded = _decode(text, file)
    if isinstance(decoded, Problem):
        return [], [decoded]
    reader = _Reader(decoded, file)
    reader.read()
    return reader.documents, reader.problems


def dotted(path: Path) -> str:
    """Write a path as messages do: `upstream[1].external`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _decode(text: str | bytes, file: str) -> str | Problem:
    if len(text) > MAX_BYTES:
        return Problem(f"the file is larger than {MAX_BYTES:,} bytes. Split it.", file, 1)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            return Problem("this is not UTF-8 text. Save the file as UTF-8.", file, line)
    if found := _UNSEEN.search(text):
        line = text.count("\n", 0, found.start()) + 1
        return Problem(f"the character U+{ord(found[0]):04X} is not allowed. Remove it.", file, line)
    return text


@lru_cache(maxsize=8_192)
def _scalar(text: str) -> str | int | float | bool | None:
    """The value of a plain (unquoted) scalar; infinite or NaN where a number is refused."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _FIRST_OF_NUMBERS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= _MOST_DIGITS and abs(int(text)) < _LARGEST else math.inf
    if _FLOAT.fullmatch(text):
        return float(text)
    return math.nan if _NOT_FINITE.fullmatch(text) else text


class _Refused:
    """Stands where a key or a value was refused; it is left out of the data."""


_REFUSED = _Refused()


class _Frame:
    """A mapping or list that is being filled.

    `key` is where the next value goes and `key_line` its line; `inside` are the lines of what is there.
    """

    __slots__ = ("awaits_key", "inside", "is_mapping", "key", "key_line", "line", "target")

    def __init__(self, line: int, *, is_mapping: bool) -> None:
        self.target: Any = {} if is_mapping else []
        self.inside: dict[str | int, Any] = {}
        self.key: Any = 0
        self.line = self.key_line = line
        self.is_mapping = self.awaits_key = is_mapping


class _GiveUpError(Exception):
    """Reading stops here; the problem is noted."""


class _Reader:
    """Builds documents from the parser's events, with a stack of its own."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.documents: list[Document] = []
        self.problems: list[Problem] = []
        self.parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        self.frames: list[_Frame] = []
        self.empty: list[Path] = []
        self.nodes = 0

    def read(self) -> None:
        handlers = {
            yaml.ScalarEvent: self._on_scalar,
            yaml.MappingStartEvent: self._on_start,
            yaml.SequenceStartEvent: self._on_start,
            yaml.MappingEndEvent: self._on_end,
            yaml.SequenceEndEvent: self._on_end,
            yaml.DocumentStartEvent: self._on_document,
            yaml.AliasEvent: self._on_alias,
        }
        next_event, handler_of = self.parser.get_event, handlers.get
        try:
            while (event := next_event()) is not None:
                if (handler := handler_of(type(event))) is not None:
                    handler(event)
        except yaml.MarkedYAMLError as error:
            self.problems.append(_syntax_problem(error, self.file))
        except yaml.YAMLError:
            self.problems.append(Problem("this is not YAML.", self.file, 1))
        except _GiveUpError:
            pass
        finally:
            self.parser.dispose()

    def _on_document(self, event: _Event) -> None:
        self.empty = []
        if event.version or event.tags:
            self._refuse("directives such as %YAML are not used here. Remove the line.", event)

    def _on_scalar(self, event: _Event) -> None:
        if event.anchor or event.tag:
            self._refuse_properties(event)
        value: Any = event.value
        if not event.style:
            value = _scalar(value)
        elif _UNSEEN.search(value):
            self._refuse("an escape in this text stands for a character that is not allowed.", event)
            value = _REFUSED
        if self.frames and self.frames[-1].awaits_key:
            self._take_key(value, event)
        else:
            self._take_value(value, event)

    def _take_key(self, key: Any, event: _Event) -> None:
        frame = self.frames[-1]
        frame.awaits_key, frame.key, frame.key_line = False, _REFUSED, event.start_mark.line + 1
        if key is _REFUSED:
            return
        if not isinstance(key, str):
            self._refuse(f"the key {event.value[:40]!r} is not text. Put it in quotes.", event)
        elif key == "<<" and not event.style:
            self._refuse("merge keys ('<<') are not allowed. Write the keys out.", event)
        elif key in frame.target:
            first = frame.inside[key][0]
            self._refuse(f"key '{key[:100]}' stands here and on line {first}. Keep one of them.", event, key)
        else:
            frame.key = key

    def _take_value(self, value: Any, event: _Event) -> None:
        if type(value) is float and not math.isfinite(value):
            self._refuse(f"{event.value[:40]} is not a finite number of at most 64 bits.", event)
            value = _REFUSED
        elif value is None:
            self.empty.append(self._path())
        line = event.start_mark.line + 1
        self._place(value, {}, line)
        if self.frames:
            self._move_on()
        else:
            self._finish(value, (line, {}))

    def _on_start(self, event: _Event) -> None:
        if event.anchor or event.tag:
            self._refuse_properties(event)
        if len(self.frames) >= MAX_DEPTH:
            self.frames = self.frames[:3]  # the rest of the path says nothing
            self._give_up(f"this is nested deeper than {MAX_DEPTH} levels.", event)
        if self.frames and self.frames[-1].awaits_key:
            self._give_up("a key must be text, not a list or a mapping.", event)
        frame = _Frame(event.start_mark.line + 1, is_mapping=type(event) is yaml.MappingStartEvent)
        self._place(frame.target, frame.inside, frame.line)
        self.frames.append(frame)

    def _on_end(self, _event: _Event) -> None:
        frame = self.frames.pop()
        if self.frames:
            self._move_on()
        else:
            self._finish(frame.target, (frame.line, frame.inside))

    def _on_alias(self, event: _Event) -> None:
        self._refuse(f"aliases (*{event.anchor[:40]}) are not allowed. Write the value out.", event)
        if self.frames and self.frames[-1].awaits_key:
            self.frames[-1].awaits_key, self.frames[-1].key = False, _REFUSED
        elif self.frames:
            self._move_on()

    def _place(self, value: Any, inside: dict[str | int, Any], line: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.problems.append(Problem(f"the file holds more than {MAX_NODES:,} values.", self.file, line))
            raise _GiveUpError
        if not self.frames or value is _REFUSED or (frame := self.frames[-1]).key is _REFUSED:
            return
        if frame.is_mapping:
            frame.target[frame.key] = value
            frame.inside[frame.key] = (frame.key_line, inside)
        else:
            frame.target.append(value)
            frame.inside[frame.key] = (line, inside)

    def _move_on(self) -> None:
        frame = self.frames[-1]
        if frame.is_mapping:
            frame.awaits_key = True
        else:
            frame.key = len(frame.target)

    def _finish(self, data: Any, lines: _Lines) -> None:
        if data is not _REFUSED:
            self.documents.append(Document(data, self.file, lines, tuple(self.empty)))

    def _path(self) -> Path:
        return tuple(frame.key for frame in self.frames if frame.key is not _REFUSED)

    def _refuse_properties(self, event: _Event) -> None:
        tag = (event.tag or "").replace("tag:yaml.org,2002:", "!!")
        what = f"anchors (&{event.anchor[:40]})" if event.anchor else f"tags ({tag[:40]})"
        self._refuse(f"{what} are not allowed. Take it away.", event)

    def _refuse(self, message: str, event: _Event, key: str | None = None) -> None:
        frames = self.frames[:-1] if self.frames and self.frames[-1].awaits_key else self.frames
        path = tuple(frame.key for frame in frames if frame.key is not _REFUSED)
        path += (key,) if key is not None else ()
        self.problems.append(Problem(message, self.file, event.start_mark.line + 1, dotted(path)))
        if len(self.problems) >= MAX_PROBLEMS:
            raise _GiveUpError

    def _give_up(self, message: str, event: _Event) -> NoReturn:
        self._refuse(message, event)
        raise _GiveUpError


def _syntax_problem(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    message = f"this is not YAML: {error.problem or 'it cannot be read'}"
    if error.context and error.context_mark:
        message += f" ({error.context} that starts on line {error.context_mark.line + 1})"
    if "mapping values are not allowed" in message:
        message += ". Text with ': ' in it needs quotes"
    elif "cannot start any token" in message:
        message += ". Indent with spaces, and quote text that begins with a special character"
    return Problem(f"{message}.", file, mark.line + 1 if mark else 1)
