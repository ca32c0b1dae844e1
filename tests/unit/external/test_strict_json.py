from pathlib import Path

import pytest

from featureguard.errors import ResourceLimitError, SourceCorruptError, SourceUnreadableError
from featureguard.external.strict_json import (
    MAX_RESULTS,
    name,
    number,
    parse_json,
    read_json,
    results_of,
    sentence,
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"results": [{"status": "pass"', "line 1, column 31"),
        ('{\n"a": 1,\n"b": oops}', "line 3, column 6"),
        ('{"unique_id": "test.a", "status": "fail", "status": "pass"}', "'status' stands twice"),
        ('{"failures": NaN}', "NaN is no number"),
        ('{"age": -Infinity}', "-Infinity is no number"),
        ('{"age": 1e999}', "too large"),
        ("[" * 200_000, "nested too deep"),
        ("9" * 10_000, "digits"),
        (b'{"a": "\xff"}', "utf-8"),
        ("", "line 1, column 1"),
    ],
)
def test_what_is_not_exactly_json_is_refused_with_file_and_place(content: str | bytes, said: str) -> None:
    with pytest.raises(SourceCorruptError, match="is no valid JSON") as caught:
        parse_json(content, "target/run_results.json")
    assert "'target/run_results.json'" in str(caught.value)
    assert said in str(caught.value)


def test_a_key_that_stands_twice_is_shown_with_its_object() -> None:
    with pytest.raises(SourceCorruptError, match=r"begins with 'unique_id': 'test\.a'"):
        parse_json('[{"unique_id": "test.a", "status": "fail", "status": "pass"}]', "file")


def test_a_byte_order_mark_does_no_harm() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": [1, 2.5, null]}', "file") == {"a": [1, 2.5, None]}


def test_a_file_may_be_as_large_as_the_limit_and_not_larger(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text("[1, 2]")
    assert read_json(file, max_bytes=6) == [1, 2]
    with pytest.raises(ResourceLimitError, match="is larger than"):
        read_json(file, max_bytes=5)


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadableError, match="No such file"):
        read_json(tmp_path / "results.json")


def test_a_million_results_are_read_and_no_more() -> None:
    most: list[object] = [None] * MAX_RESULTS
    assert results_of(most, "file") is most
    with pytest.raises(ResourceLimitError, match="more than 1,000,000 results"):
        results_of([*most, None], "file")


@pytest.mark.parametrize("found", [None, {}, "text", 3])
def test_results_are_a_list(found: object) -> None:
    with pytest.raises(SourceCorruptError, match="has no list of results"):
        results_of(found, "file")


@pytest.mark.parametrize("value", [None, 3, ["a"], {"a": 1}, "", "a\nb", "a\x1b[31m", "\ud800", "a" * 501])
def test_what_is_no_visible_text_is_no_name(value: object) -> None:
    assert name(value) is None


def test_a_name_stays_as_it_is() -> None:
    assert name("Schema Check – „é“") == "Schema Check – „é“"


def test_a_message_becomes_one_short_line_without_secrets() -> None:
    assert sentence("Runtime Error\n  in \x1b[31mtest\u202e  a") == "Runtime Error in [31mtest a"
    assert len(sentence("word " * 1_000)) == 300
    assert sentence(["no", "text"]) == ""
    assert "hunter2" not in sentence("cannot reach postgres://me:hunter2@host/db")


@pytest.mark.parametrize(
    ("value", "expected"), [(3, 3), (-2.5, -2.5), (True, None), ("3", None), (1 << 63, None), (None, None)]
)
def test_only_numbers_are_numbers(value: object, expected: float | None) -> None:
    assert number(value) == expected
