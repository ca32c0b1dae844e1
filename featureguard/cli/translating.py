"""`featureguard export gx` and `featureguard draft`: contracts as suites of Great Expectations, and back."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from featureguard.checks import words
from featureguard.cli.opening import read_catalog
from featureguard.cli.writing import put
from featureguard.contract import Contract
from featureguard.errors import UsageError
from featureguard.external.strict_json import read_json
from featureguard.problems import suggestion
from featureguard.suites.translating import Note, to_contract, to_suites


def export_suites(
    dataset: str,
    output: Path | None,
    now_parameter: str | None,
    project: Path | None,
    environment: str | None,
) -> int:
    """Write a dataset's contract as suites: printed, or one file for each in a folder."""
    _, catalog = read_catalog(project, environment)
    if (contract := catalog.contracts.get(dataset)) is None:
        known = suggestion(dataset, sorted(catalog.contracts))
        raise UsageError(f"The catalog has no dataset '{dataset}'.{known}")
    written = to_suites(contract, now_parameter=now_parameter)
    if output is None:
        put(_json(written.suites[0] if len(written.suites) == 1 else list(written.suites)), None)
    else:
        for suite in written.suites:
            *team, name = str(suite["name"]).split(".")  # GX looks for `team.name` in a folder of the team.
            folder = output.joinpath(*team)
            folder.mkdir(parents=True, exist_ok=True)
            put(_json(suite), folder / f"{name}.json")
    _tell(written.notes, f"Of '{dataset}' GX judges otherwise, or not at all")
    return 0


def draft_contract(files: Sequence[Path], dataset: str | None, owner: str | None, output: Path | None) -> int:
    """Write a contract from suites."""
    adopted = to_contract([_suite(file) for file in files], dataset=dataset, owner=owner)
    put(contract_yaml(adopted.contract), output)
    _tell(adopted.notes, "The contract says otherwise, or not at all")
    return 0


def contract_yaml(contract: Contract) -> str:
    """A contract as its file."""
    body = contract.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=110)


def _suite(file: Path) -> Mapping[str, Any]:
    found = read_json(file)
    if not isinstance(found, dict):
        raise UsageError(f"'{file}' is no suite of Great Expectations. Give the JSON file of one suite.")
    return {"name": file.stem, **found}


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _tell(notes: Iterable[Note], head: str) -> None:
    """Beside the document, so that it can be piped."""
    if told := list(notes):
        print(f"{head} ({words.count(len(told), 'note')}):", *told, sep="\n  ", file=sys.stderr)
