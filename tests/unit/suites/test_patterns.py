"""Expressions that are passed on find what Python finds; all others are refused."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureguard.suites.patterns import like_to_regex, portable
from featureguard.suites.values import UnansweredError
from tests.thorough import often

TEXTS = [
    "",
    "a",
    "b",
    "a\n",
    "\n",
    "ab\n\n",
    "A1",
    "a-b",
    "[",
    "]",
    "日本",
    " ",
    "a]b",
    "$",
    "é",
    "a{,2}",
    "<a>",
]
PIECES = [
    *("a", "b", "^", "$", ".", r"\d", r"\w", r"\s", r"\b", "[a-c]", "[^a]", "[]a]", "[^]a]", "(a|b)", "|"),
    *(
        "a*",
        "b+",
        "a?",
        "a{2}",
        "(?:a)",
        "(?i)A",
        r"\$",
        r"\.",
        r"[\]\[]",
        "-",
        "日",
        "[a$]",
        r"\n",
        "(?P<n>a)",
    ),
]
REFUSED = [
    *("(?=a)", "(?!a)", "(?<=a)b", r"(a)\1", "a++", "a*+", r"\Aa\Z", "[[a]b]", "[a&&b]", "[+--b]", r"\<a"),
    *("(?a:x)", "(?x) a b", "(?P<n>a)(?P=n)", r"a{,2}", r"[\b]", "(?#note)a"),
]


def polars_finds(expression: str, text: str) -> bool:
    return bool(pl.Series([text]).str.contains(portable(expression), strict=True).item())


@settings(max_examples=often(400), deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5), st.sampled_from(TEXTS))
def test_an_expression_that_is_passed_on_finds_what_python_finds(pieces: list[str], text: str) -> None:
    expression = "".join(pieces)
    try:
        found = polars_finds(expression, text)
    except UnansweredError:
        return
    assert found is (re.search(expression, text) is not None)


def test_most_expressions_of_such_pieces_are_passed_on() -> None:
    for piece in PIECES:
        for text in TEXTS:
            assert polars_finds(piece, text) is (re.search(piece, text) is not None), (piece, text)


@pytest.mark.parametrize("expression", REFUSED)
def test_what_means_something_else_there_is_refused(expression: str) -> None:
    with pytest.raises(UnansweredError, match="polars cannot run"):
        portable(expression)


@pytest.mark.parametrize("expression", ["(", "a**", r"\p{L}", "[z-a]"])
def test_what_python_cannot_read_is_refused(expression: str) -> None:
    with pytest.raises(UnansweredError, match="is no regular expression"):
        portable(expression)


def test_an_expression_that_explodes_is_refused_and_not_run() -> None:
    with pytest.raises(UnansweredError, match="polars cannot run"):
        portable("((a{1000}){1000}){1000}")


def test_a_line_end_at_the_end_of_a_text_does_not_hide_its_end() -> None:
    assert polars_finds("a$", "a\n")
    assert not polars_finds("a$", "a\n\n")
    assert polars_finds("(?m)a$", "a\nb")


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a.c", "abc", False),
        ("100!%", "100%", True),
        ("%", "a\nb", True),
        ("a_", "a", False),
        ("(", "(", True),
    ],
)
def test_a_like_pattern_is_no_expression(pattern: str, text: str, matches: bool) -> None:
    assert bool(re.search(like_to_regex(pattern, "!").replace(r"\z", r"\Z"), text)) is matches
