"""The JSON Schema agrees with the loader: what loads validates, and typical slips do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from featureguard.contract import Contract
from featureguard.json_schema import contract_json_schema
from featureguard.strict_yaml import load

jsonschema = pytest.importorskip("jsonschema", reason="the JSON Schema is judged by the package jsonschema")

ROOT = Path(__file__).parents[2]
SCHEMA = contract_json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
GOOD = sorted(
    [
        *(ROOT / "tests/conformance/good_contracts").glob("*.yaml"),
        *ROOT.glob("featureguard/demo/**/contracts/*.yaml"),
    ]
)
SLIPS = [
    "unknown_key",
    "unknown_key_at_the_top",
    "missing_owner",
    "bare_number_as_duration",
    "percent_without_sign",
    "word_instead_of_boolean",
    "leading_zero",
    "unknown_kind",
    "wrong_upstream",
    "empty_section",
    "several_problems",
    "neither_contract_nor_subject",
    "not_a_mapping",
    "contract_and_subject_in_one",
]


def documents(file: Path) -> list[Any]:
    return [document.data for document in load(file.read_bytes(), file.name)[0]]


def properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, model in schema["$defs"].items():
        yield from ((f"{name}.{field}", value) for field, value in model.get("properties", {}).items())


def test_the_schema_itself_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_good_contracts_validate(file: Path) -> None:
    for document in documents(file):
        VALIDATOR.validate(document)


@pytest.mark.parametrize("slip", SLIPS)
def test_typical_slips_are_red_in_an_editor(slip: str) -> None:
    [document] = documents(ROOT / f"tests/conformance/bad_contracts/{slip}.yaml")
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    "column",
    [
        None,
        "float64",
        {"type": "int64"},
        {"nulls": "5%"},
        {"nulls": 0.05},
        {"nulls": {"spike": True}},
        {"range": [0, 1.5]},
        {"range": {"at_most": 9}},
        {"values": ["a", 1]},
        {"values": {"one_of": [True]}},
    ],
    ids=str,
)
def test_every_shorthand_is_known_to_the_editor_and_to_the_loader(column: object) -> None:
    written = {"dataset": "rides", "owner": "me", "schema": {"columns": {"x": column}}}
    VALIDATOR.validate(written)
    assert Contract.model_validate(written).columns.keys() == {"x"}


def test_every_field_has_the_words_of_its_docstring() -> None:
    assert [name for name, schema in properties(SCHEMA) if not schema.get("description")] == []
    described = dict(properties(SCHEMA))
    assert described["Freshness.max_age"]["description"] == "Largest age of the newest event."
    assert described["Freshness.severity"]["description"].startswith("What breaking it does")


def test_the_schema_of_a_model_begins_with_its_first_sentence() -> None:
    assert SCHEMA["$defs"]["Keys"]["description"] == "Columns that together name a row, within a judged unit."
