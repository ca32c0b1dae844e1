"""The reference pages in `docs/` say what the code does."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from pathlib import Path

import pytest

from featureguard import contract as contracts
from featureguard.catalog import load_contract
from featureguard.codes import Entry, describe, to_markdown
from featureguard.project import load_project
from featureguard.result import Code
from featureguard.scalars import Model
from featureguard.strict_yaml import load

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "contract.md").read_text(encoding="utf-8")
PROJECT_PAGE = (DOCS / "project.md").read_text(encoding="utf-8")
SMALLEST = {
    "dataset": "dataset: rides\n",
    "owner": "owner: me@example.org\n",
    "time": "time: {event: pickup_at}\n",
    "freshness": "freshness: {max_age: 26h}\n",
}


def yaml_blocks(page: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE)


def completed(fragment: str) -> str:
    """A fragment of a contract, with what every contract needs."""
    return "".join(text for key, text in SMALLEST.items() if f"\n{key}:" not in f"\n{fragment}") + fragment


def fields_of(model: type[Model]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


# ------------------------------------------------------------------------------------------- docs/codes.md
def test_the_page_of_codes_is_up_to_date() -> None:
    page = (DOCS / "codes.md").read_text(encoding="utf-8")
    assert page == to_markdown(), "docs/codes.md differs from featureguard/codes.py. Run 'make docs'."


def test_every_code_has_exactly_one_section() -> None:
    sections = Counter(re.findall(r"^### (\w+)$", to_markdown(), flags=re.MULTILINE))
    assert sections == Counter(code.value for code in Code)


@pytest.mark.parametrize("code", Code)
def test_every_field_of_an_entry_is_one_or_two_sentences(code: Code) -> None:
    for name, text in dataclasses.asdict(describe(code)).items():
        assert re.fullmatch(r"[A-Z`][^\n]*\.", text), f"{code}.{name} is no sentence: {text!r}"
        assert len(re.findall(r"\.(?= [A-Z`]|$)", text)) <= 2, f"{code}.{name} is too long: {text!r}"


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Entry)])
def test_no_two_codes_read_alike(field: str) -> None:
    texts = Counter(getattr(describe(code), field) for code in Code)
    assert [text for text, count in texts.items() if count > 1] == []


# ---------------------------------------------------------------------------------------- docs/contract.md
@pytest.mark.parametrize("block", yaml_blocks(REFERENCE))
def test_every_example_of_a_contract_loads(block: str, tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    file.write_text(completed(block), encoding="utf-8")
    assert load_contract(file).owner


def test_the_full_example_goes_on_with_a_subject_that_loads() -> None:
    full = next(block for block in yaml_blocks(REFERENCE) if "\n---\n" in block)
    (_, document), problems = load(full, "contract.md")
    assert not problems
    assert contracts.Subject.model_validate(document.data).requires == ("flights", "weather")


@pytest.mark.parametrize("name", contracts.__all__)
def test_every_field_of_a_contract_is_in_the_reference(name: str) -> None:
    model = getattr(contracts, name)
    if isinstance(model, type) and issubclass(model, Model):
        assert [f for f in sorted(fields_of(model)) if not re.search(rf"`{{?{f}\b", REFERENCE)] == []


# ----------------------------------------------------------------------------------------- docs/project.md
@pytest.mark.parametrize("block", yaml_blocks(PROJECT_PAGE))
def test_every_example_of_a_project_loads(block: str, tmp_path: Path) -> None:
    file = tmp_path / "featureguard.yaml"
    file.write_text(block, encoding="utf-8")
    environments = re.findall(r"^  (\w+): \{.*store:", block, flags=re.MULTILINE)
    for environment in [None, *environments]:
        assert load_project(file, {}, environment).root == tmp_path


# ------------------------------------------------------------------------------------------------ all pages
@pytest.mark.parametrize("page", ["codes.md", "contract.md", "project.md"])
def test_a_page_names_only_commands_that_exist(page: str) -> None:
    from featureguard.cli.app import app

    known = {
        str(command.name or getattr(command.callback, "__name__", "")) for command in app.registered_commands
    }
    named = set(re.findall(r"`featureguard (\w+)", (DOCS / page).read_text(encoding="utf-8")))
    assert named
    assert named <= known
