"""`featureguard validate` and `featureguard schema`: what people write, without data or secrets."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import read_catalog
from featureguard.errors import ContractError
from featureguard.json_schema import contract_json_schema


def validate_catalog(project: Path | None, environment: str | None, *, as_json: bool) -> int:
    """Load the catalog and say what is in it, or all that is wrong with it."""
    try:
        _, catalog = read_catalog(project, environment)
    except ContractError as error:
        if not as_json:
            raise
        problems = [
            {"message": p.message, "file": p.file, "line": p.line, "field": p.field, "name": p.name}
            for p in error.problems
        ]
        print_json({"valid": False, "problems": problems})
        return 2
    counts = {"datasets": len(catalog.contracts), "subjects": len(catalog.subjects)}
    if as_json:
        print_json({"valid": True, "problems": [], **counts})
    else:
        said = [words.count(count, noun.removesuffix("s")) for noun, count in counts.items()]
        print(f"Valid: {', '.join(said)}.")
    return 0


def print_schema() -> int:
    """Print the JSON Schema of contract files."""
    sys.stdout.write(json.dumps(contract_json_schema(), indent=2) + "\n")
    return 0
