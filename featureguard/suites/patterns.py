"""Regular expressions of Python for the engine of polars, which reads some of them otherwise.

GX's expressions are Python's. The other engine has neither look-around nor back-references, ends `$` before
nothing but the end, and reads set operations and word edges where Python reads plain characters. What means
the same is passed on, `$` is translated, and the rest is refused: an answer to another question is worse
than none.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

import polars as pl

from featureguard.suites.values import UnansweredError

# Escapes that both engines read alike; letters and digits beyond them differ, or exist in one only.
_ALIKE = frozenset("dDwWsSbBnrtfvAxuU")
_POSSESSIVE = re.compile(r"[*+?}]\+")
_FLAGS = re.compile(r"\(\?([A-Za-z]+)[:)-]")


@lru_cache(maxsize=4_096)
def portable(expression: str) -> str:
    """The expression for polars that finds what Python's `re.search` finds.

    Raises:
        UnansweredError: If Python cannot read it, or polars has none that means the same.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # about sets in classes, which are refused below
            re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnansweredError(f"{expression!r:.100} is no regular expression: {error}.") from None
    translated = "".join(_tokens(expression))
    try:
        pl.Series([""]).str.contains(translated, strict=True)
    except pl.exceptions.PolarsError as error:
        said = str(error).strip().splitlines()
        why = next((line for line in said if line.startswith("error:")), "error: it is too large")
        raise UnansweredError(
            f"polars cannot run {expression!r:.100}: {why.removeprefix('error: ')}."
        ) from None
    return translated


def like_to_regex(pattern: str, escape: str | None = None) -> str:
    """The expression for polars that matches what SQL's LIKE matches: `%` is anything, `_` one character."""
    found, at = [], 0
    while at < len(pattern):
        one = pattern[at]
        if one == escape and at + 1 < len(pattern):
            at += 1
            found.append(re.escape(pattern[at]))
        else:
            found.append({"%": ".*", "_": "."}.get(one) or re.escape(one))
        at += 1
    return rf"(?s)\A{''.join(found)}\z"


def _tokens(expression: str) -> list[str]:
    found: list[str] = []
    multiline = any("m" in flags for flags in _FLAGS.findall(expression))
    at, in_class = 0, False
    while at < len(expression):
        one, two = expression[at], expression[at : at + 2]
        if one == "\\":
            _check_escape(expression, two, in_class)
            found.append(two)
            at += 2
            continue
        if in_class:
            if one == "[" or two in ("&&", "--", "~~"):
                raise _refused(expression, f"{two!r} in a class means something else there")
            in_class = one != "]"
        elif one == "[":
            opening = re.match(r"\[\^?\]?", expression[at:])
            head = opening[0] if opening else one
            found.append(head.replace("]", r"\]"))
            in_class, at = True, at + len(head)
            continue
        elif one == "$" and not multiline:
            found.append(r"(?:\n?$)")  # Python's `$` also matches before a line's end that ends the text.
            at += 1
            continue
        else:
            _check_plain(expression, at, two)
        found.append(one)
        at += 1
    return found


def _check_escape(expression: str, escape: str, in_class: bool) -> None:
    letter = escape[1:]
    if letter == "Z" and not in_class:
        raise _refused(expression, r"write '$' or leave '\Z' out")
    if letter.isalnum() and letter not in _ALIKE:
        raise _refused(expression, f"{escape!r} is unknown there")
    if letter in ("<", ">") or (letter == "b" and in_class):
        raise _refused(expression, f"{escape!r} means something else there")


def _check_plain(expression: str, at: int, two: str) -> None:
    if _POSSESSIVE.match(two) or two == "{,":
        raise _refused(expression, f"{two!r} means something else there")
    if two == "(?" and (flags := _FLAGS.match(expression[at:])) and set(flags[1]) - set("imsu"):
        raise _refused(expression, f"{flags[0]!r} means something else there")


def _refused(expression: str, why: str) -> UnansweredError:
    return UnansweredError(f"polars cannot run {expression!r:.100} as Python does: {why}.")
