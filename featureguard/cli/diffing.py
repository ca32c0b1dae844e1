"""`featureguard diff`: what a change of contracts means for those who rely on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.text import Text

from featureguard.catalog import Catalog, load_catalog, load_contract
from featureguard.cli.machine import print_json
from featureguard.cli.tables import console
from featureguard.contract_diff import Diff, Difference, Effect, diff
from featureguard.project import FILE_NAME, load_project

_STYLES = {
    Effect.NEUTRAL: "dim",
    Effect.TIGHTENS: "green",
    Effect.CHANGED: "yellow",
    Effect.LOOSENS: "yellow",
    Effect.BREAKS: "bold red",
}
_NEEDS_REVIEW = 1


def show_diff(base: Path, head: Path, *, as_json: bool) -> int:
    """Compare contracts of two places; exit code 1 asks for a review."""
    found = diff(read_as_written(base), read_as_written(head))
    code = _NEEDS_REVIEW if found.needs_review else 0
    if as_json:
        differences = [_as_dict(difference) for difference in found.differences]
        print_json({"effect": found.effect, "exit_code": code, "differences": differences})
    else:
        _print(found, code)
    return code


def read_as_written(place: Path) -> Catalog:
    """The contracts of a project, a folder or one file; `${variables}` stay as they are written.

    Args:
        place: A project file or its folder, a folder of contracts, or a file that holds one contract, whose
            upstreams then need not be declared.

    Raises:
        ContractError, ProjectError: With every problem of the place.
    """
    if place.name == FILE_NAME or (place / FILE_NAME).is_file():
        return load_catalog(load_project(place, {}).catalog_places, _AsWritten())
    if place.is_file():
        contract = load_contract(place)
        return Catalog(contracts={contract.dataset: contract})
    return load_catalog([place], _AsWritten())


class _AsWritten(Mapping[str, str]):
    """Variables that stand for themselves, since a diff is about contracts and not about where they run."""

    def __getitem__(self, name: str) -> str:
        return f"${{{name}}}"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True


def _as_dict(difference: Difference) -> dict[str, Any]:
    changes = [
        {
            "field": change.field,
            "effect": change.effect,
            "before": change.before,
            "after": change.after,
            "sentence": change.sentence,
        }
        for change in difference.changes
    ]
    return {
        "name": difference.name,
        "kind": difference.kind,
        "status": difference.status,
        "effect": difference.effect,
        "changes": changes,
        "datasets": list(difference.datasets),
        "subjects": list(difference.subjects),
    }


def _print(found: Diff, code: int) -> None:
    out = console()
    for difference in found.differences:
        out.print(Text.assemble((difference.name, "bold"), f"  ({difference.kind}, {difference.status})"))
        for change in difference.changes:
            word = Text(f"  {change.effect:<8}", style=_STYLES[change.effect])
            out.print(Text.assemble(word, f"  {change.sentence}"), soft_wrap=True)
        if affected := [*difference.subjects, *difference.datasets]:
            out.print(f"  for       {', '.join(affected)}", soft_wrap=True)
        out.print()
    if not found.differences:
        out.print(f"The contracts are the same (exit {code})")
        return
    count = Counter(change.effect for difference in found.differences for change in difference.changes)
    tally = ", ".join(f"{count[effect]} {effect}" for effect in reversed(Effect) if count[effect])
    asked = "a review is asked for" if code else "nothing breaks or loosens"
    out.print(f"{tally}: {asked} (exit {code})")
