"""Strict YAML: no surprise becomes data, and every problem has its line."""

from __future__ import annotations

import json
import tracemalloc

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from featureguard.strict_yaml import MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_PROBLEMS, dotted, load


def value(text: str) -> object:
    """The value of `v` in a file that is all right."""
    [document], problems = load(f"v: {text}", "f.yaml")
    assert problems == []
    return document.data["v"]


def messages(text: str | bytes) -> list[str]:
    return [str(problem) for problem in load(text, "f.yaml")[1]]


@pytest.mark.parametrize(
    "text", ["NO", "yes", "on", "12:30:45", "010", "1_000", "0x1F", "0o7", "2026-11-23", "1e", "=", "nan"]
)
def test_what_yaml_1_1_guessed_stays_text(text: str) -> None:
    assert value(text) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("true", True),
        ("False", False),
        ("", None),
        ("~", None),
        ("null", None),
        ("12", 12),
        ("-0", 0),
        ("+7", 7),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e-4", 1e-4),
        ("18446744073709551615", 2**64 - 1),
        ("'12'", "12"),
        ("'true'", "true"),
        ("[1, a]", [1, "a"]),
        ("{a: {b: 1}}", {"a": {"b": 1}}),
        ("|\n  a\n  b", "a\nb"),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, meant: object) -> None:
    found = value(text)
    assert (found, type(found)) == (meant, type(meant))


texts = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=20)
numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_json_is_read_as_what_it_says(written: object) -> None:
    assert value(json.dumps(written, ensure_ascii=False)) == written


@given(st.text(alphabet="ab:-[]{}&*!|>'\"%#,?~ \n\t01.<", max_size=60))
def test_any_text_is_data_or_has_a_problem_with_a_line(text: str) -> None:
    assert all(problem.line for problem in load(text, "f.yaml")[1])


@given(st.binary(max_size=60))
def test_any_bytes_are_data_or_have_a_problem_with_a_line(content: bytes) -> None:
    assert all(problem.line for problem in load(content, "f.yaml")[1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml:3: key 'a' stands here and on line 1. Keep one of them."),
        ("a:\n  - &x 1", "f.yaml:2: 'a[0]': anchors (&x) are not allowed. Take it away."),
        ("a: *x", "f.yaml:1: 'a': aliases (*x) are not allowed. Write the value out."),
        ("*x : 1", "f.yaml:1: aliases (*x) are not allowed. Write the value out."),
        ("a: {<<: {b: 1}}", "f.yaml:1: 'a': merge keys ('<<') are not allowed. Write the keys out."),
        ("a: !!python/none {}", "f.yaml:1: 'a': tags (!!python/none) are not allowed. Take it away."),
        ("a: ! b", "f.yaml:1: 'a': tags (!) are not allowed. Take it away."),
        ("%YAML 1.1\n---\na: 1", "f.yaml:1: directives such as %YAML are not used here. Remove the line."),
        ("a: .NaN", "f.yaml:1: 'a': .NaN is not a finite number of at most 64 bits."),
        ("a: [-.inf]", "f.yaml:1: 'a[0]': -.inf is not a finite number of at most 64 bits."),
        ("a: 1e999", "f.yaml:1: 'a': 1e999 is not a finite number of at most 64 bits."),
        (
            "a: 18446744073709551616",
            "f.yaml:1: 'a': 18446744073709551616 is not a finite number of at most 64 bits.",
        ),
        ("1: a", "f.yaml:1: the key '1' is not text. Put it in quotes."),
        ("true: a", "f.yaml:1: the key 'true' is not text. Put it in quotes."),
        ("[a]: b", "f.yaml:1: a key must be text, not a list or a mapping."),
        ('a: "\\0"', "f.yaml:1: 'a': an escape in this text stands for a character that is not allowed."),
        ("a: 1\nb: \x07", "f.yaml:2: the character U+0007 is not allowed. Remove it."),
        ("a: x\u202ey", "f.yaml:1: the character U+202E is not allowed. Remove it."),
        (b"a: 1\nb: \xff", "f.yaml:2: this is not UTF-8 text. Save the file as UTF-8."),
        (
            "a: b: c",
            "f.yaml:1: this is not YAML: mapping values are not allowed in this context."
            " Text with ': ' in it needs quotes.",
        ),
    ],
)
def test_surprises_are_refused_with_their_place(text: str | bytes, message: str) -> None:
    assert messages(text) == [message]


def test_all_problems_of_a_file_are_told_and_the_rest_is_read() -> None:
    documents, problems = load("a: 1\na: 2\nb: [1, .nan, *x, 4]\n2: 3\n---\nc: !t d", "f.yaml")
    assert [problem.line for problem in problems] == [2, 3, 3, 4, 6]
    assert [document.data for document in documents] == [{"a": 1, "b": [1, 4]}, {"c": "d"}]


def test_what_stands_before_a_syntax_error_is_kept() -> None:
    documents, problems = load("a: 1\n---\nb: [", "f.yaml")
    assert [document.data for document in documents] == [{"a": 1}]
    assert len(problems) == 1


def test_every_key_and_item_has_its_line() -> None:
    [document], _ = load("# title\na:\n  b:\n    - 1\n    - {c: 2,\n       d: 3}\n", "f.yaml")
    lines = {(): 2, ("a",): 2, ("a", "b"): 3, ("a", "b", 0): 4, ("a", "b", 1, "d"): 6, ("a", "x", "y"): 2}
    assert {path: document.line(path) for path in lines} == lines


def test_what_is_left_empty_is_known() -> None:
    [document], _ = load("a:\nb: [~, 1]\nc: ''", "f.yaml")
    assert document.empty == (("a",), ("b", 0))


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_no_depth_kills_the_reader(opening: str) -> None:
    assert len(messages(opening * 50_000)) == 1


def test_the_deepest_file_is_read_and_one_level_more_is_not() -> None:
    assert messages("[" * MAX_DEPTH + "]" * MAX_DEPTH) == []
    assert "deeper than 32 levels" in messages("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))[0]


def test_a_file_may_be_one_mebibyte_and_no_more() -> None:
    text = "# ".ljust(MAX_BYTES, "x")
    assert messages(text) == messages(text.encode()) == []
    assert "larger than 1,048,576 bytes" in messages(text + "x")[0]


def test_a_bomb_is_refused_in_little_memory() -> None:
    tracemalloc.start()
    found = messages("[" + "a," * (MAX_BYTES // 2 - 2) + "]")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == [f"f.yaml:1: the file holds more than {MAX_NODES:,} values."]
    assert peak < 64 << 20


def test_a_file_of_nothing_but_problems_ends_early() -> None:
    assert len(messages("a: 1\n" * 10_000)) == MAX_PROBLEMS


def test_without_libyaml_the_answers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: [1, {b: 010}]\na: &x 2\n---\nc: |\n  text\n"
    expected = load(text, "f.yaml")
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert load(text, "f.yaml") == expected


def test_a_byte_order_mark_is_no_content() -> None:
    assert load("\ufeffa: 1".encode(), "f.yaml")[0][0].data == {"a": 1}


def test_paths_are_written_as_people_point_at_them() -> None:
    assert dotted(("upstream", 1, "external")) == "upstream[1].external"
    assert dotted(()) == ""
