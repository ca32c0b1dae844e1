"""`featureguard import feast`: contracts and subjects of a feature repository."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from featureguard.cli.machine import print_json
from featureguard.cli.tables import console
from featureguard.errors import ProjectError, SourceError
from featureguard.feast.contracts import documents_of
from featureguard.feast.importing import Plan, plan
from featureguard.feature_registry import read_registry, read_repo
from featureguard.project import load_project

UNREADABLE = 2


def import_feast(
    repo: Path,
    into: Path | None,
    owner: str,
    project: Path | None,
    environment: str | None,
    *,
    online: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Write what the registry says as contracts and subjects; edits by hand are kept."""
    try:
        found = read_repo(repo, os.environ)
        registry = read_registry(found)
    except SourceError as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    anchor = _anchor(project, environment)
    folder = into or anchor / "contracts" / "feast"
    planned = plan(folder, documents_of(registry, _relative(found.folder, anchor), owner, online=online))
    if not dry_run:
        planned.write()
    if as_json:
        print_json(_to_dict(planned, written=not dry_run))
    else:
        _print(planned, written=not dry_run)
    return 0


def _anchor(project: Path | None, environment: str | None) -> Path:
    """The project's folder; without a project the current one."""
    try:
        return load_project(project, os.environ, environment).root
    except ProjectError:
        if project is not None:
            raise
        return Path.cwd()


def _relative(folder: Path, anchor: Path) -> str:
    try:
        return folder.resolve().relative_to(anchor.resolve()).as_posix() or "."
    except ValueError:
        return folder.as_posix()


def _print(planned: Plan, *, written: bool) -> None:
    out = console()
    changed = [one for one in planned.changes if one.before != one.after]
    for change in changed:
        if change.before:
            out.print(change.diff(), markup=False, highlight=False, soft_wrap=True)
    for change in planned.changes:
        new = " (new)" if not change.before else "" if change in changed else " (as it was)"
        out.print(f"{change.file}{new}", markup=False, highlight=False, soft_wrap=True)
        for kept in change.kept:
            out.print(f"  kept: {kept}", markup=False, highlight=False, soft_wrap=True)
        for note in change.notes:
            out.print(f"  note: {note}", markup=False, highlight=False, soft_wrap=True)
    for file in planned.gone:
        out.print(f"{file}: Feast has it no more. Delete it if nobody needs it.", soft_wrap=True)
    out.print(
        f"{len(changed)} of {len(planned.changes)} files {'written' if written else 'would be written'}."
    )


def _to_dict(planned: Plan, *, written: bool) -> dict[str, object]:
    return {
        "written": written,
        "files": [
            {
                "file": str(one.file),
                "new": not one.before,
                "changed": one.before != one.after,
                "diff": one.diff(),
                "kept": list(one.kept),
                "notes": list(one.notes),
            }
            for one in planned.changes
        ],
        "gone": [str(one) for one in planned.gone],
    }
