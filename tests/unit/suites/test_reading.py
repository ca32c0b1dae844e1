"""A suite is read whole or refused: nothing of it is dropped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from featureguard.errors import ResourceLimitError, SourceCorruptError, SourceUnreadableError
from featureguard.suites import reading
from featureguard.suites.reading import load_suites, parse_suite

NOT_NULL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "fare"}}


def written(folder: Path, path: str, /, *expectations: Any, **more: Any) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"expectations": list(expectations), **more}), encoding="utf-8")
    return file


def test_a_suite_of_gx_1_is_read_with_all_that_it_holds(tmp_path: Path) -> None:
    entry = {**NOT_NULL, "meta": {"owner": "me"}, "severity": "warning", "notes": "why", "id": "7f"}
    file = written(tmp_path, "rides.json", entry, NOT_NULL, name="rides", meta={"v": 1}, id="ab")
    (found,) = load_suites(file)
    first, second = found.expectations
    assert (found.name, found.meta, found.file) == ("rides", {"v": 1}, str(file))
    assert (first.type, first.kwargs, first.meta) == (NOT_NULL["type"], {"column": "fare"}, {"owner": "me"})
    assert (first.severity, first.notes, first.id, first.position) == ("warning", ("why",), "7f", 0)
    assert (second.severity, second.position) == ("critical", 1)


def test_a_suite_of_gx_0_18_is_read_by_its_old_names() -> None:
    text = json.dumps(
        {
            "expectation_suite_name": "old",
            "data_asset_type": None,
            "ge_cloud_id": None,
            "evaluation_parameters": {"least": 1},
            "expectations": [{"expectation_type": "expect_column_to_exist", "kwargs": {"column": "x"}}],
        }
    )
    found = parse_suite(text)
    assert (found.name, found.parameters) == ("old", {"least": 1})
    assert found.expectations[0].type == "expect_column_to_exist"


def test_a_suite_without_a_name_is_called_like_its_file(tmp_path: Path) -> None:
    assert load_suites(written(tmp_path, "rides.json"))[0].name == "rides"


def test_a_type_that_nobody_knows_stays_in_the_suite() -> None:
    found = parse_suite('{"expectations": [{"type": "expect_nonsense", "kwargs": {}}]}')
    assert [one.type for one in found.expectations] == ["expect_nonsense"]


def test_a_folder_gives_every_suite_in_the_order_of_the_files_and_leaves_hidden_ones_out(
    tmp_path: Path,
) -> None:
    for name in ("b.json", "a.json", "deep/c.json", ".hidden/d.json"):
        written(tmp_path, name)
    assert [suite.name for suite in load_suites(tmp_path)] == ["a", "b", "c"]


def test_two_suites_of_one_name_in_a_folder_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "a.json", name="rides")
    written(tmp_path, "b.json", name="rides")
    with pytest.raises(SourceCorruptError, match=r"Several suites are called 'rides'.*Rename"):
        load_suites(tmp_path)


def test_a_folder_without_suites_is_no_empty_success(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadableError, match="holds no JSON file"):
        load_suites(tmp_path)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("expect", "Expectation 1 is no object"),
        ({"kwargs": {}}, "Expectation 1: its 'type' is missing"),
        ({"type": 5}, "Expectation 1: its 'type' is missing, or no text"),
        ({**NOT_NULL, "expectation_type": "expect_x"}, "has both 'type' and 'expectation_type'"),
        ({**NOT_NULL, "kwargs": ["fare"]}, "its 'kwargs' is no object"),
        ({**NOT_NULL, "severity": "high"}, "the severity 'high' is none. Write critical, warning, info"),
        ({**NOT_NULL, "kwarg": {}}, "unknown key 'kwarg'. Did you mean 'kwargs'"),
        ({**NOT_NULL, "notes": 5}, "its 'notes' are no text"),
        ({**NOT_NULL, "kwargs": {"x": json.loads("[" * 60 + "]" * 60)}}, "nested deeper than 50 levels"),
    ],
)
def test_an_entry_that_is_no_expectation_refuses_the_whole_file(entry: object, said: str) -> None:
    text = json.dumps({"expectations": [entry, NOT_NULL]})
    with pytest.raises(SourceCorruptError) as refused:
        parse_suite(text, "rides.json")
    assert "'rides.json'" in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "has no 'expectations'"),
        ('{"name": "x"}', "has no 'expectations'"),
        ('{"expectations": {}}', "no list of results"),
        ('{"expectations": [], "expectation": []}', "unknown key 'expectation'"),
        ('{"expectations": [], "expectations": []}', "stands twice"),
        ('{"expectations": [{"type": "e", "kwargs": {"min_value": NaN}}]}', "NaN is no number"),
    ],
)
def test_what_is_no_suite_is_refused(text: str, said: str) -> None:
    with pytest.raises(SourceCorruptError, match=said):
        parse_suite(text)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_SUITE_BYTES", 100)
    with pytest.raises(ResourceLimitError):
        load_suites(written(tmp_path, "large.json", *[NOT_NULL] * 10))
