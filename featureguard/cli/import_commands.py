"""The commands that take over what other tools know: import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from featureguard.cli.options import EnvironmentOption, JsonOption, ProjectOption, SimulatedNowOption

_EXIT_CODES = (
    "Exit codes: 0 recorded (or shown, with --dry-run), 2 a file or the call is wrong, 3 nothing in it is "
    "about a dataset of the catalog, 4 the store could not be used."
)

importing = typer.Typer(
    name="import",
    help="Take over results of dbt, Great Expectations and Soda as evidence, and contracts of Feast.",
    no_args_is_help=True,
)

_DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(importing)


@importing.command(epilog=_EXIT_CODES)
def dbt(
    path: Annotated[Path, typer.Argument(help="A result file, or dbt's target folder.")],
    dry_run: _DryRunOption = False,
    now: SimulatedNowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Record what dbt said about datasets of the catalog, as evidence for the gate."""
    _import("dbt", path, now, project, environment, dry_run=dry_run, json=json)


@importing.command(epilog=_EXIT_CODES)
def gx(
    path: Annotated[Path, typer.Argument(help="A validation result of Great Expectations.")],
    dry_run: _DryRunOption = False,
    now: SimulatedNowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Record what Great Expectations said about datasets of the catalog, as evidence for the gate."""
    _import("gx", path, now, project, environment, dry_run=dry_run, json=json)


@importing.command(epilog=_EXIT_CODES)
def soda(
    path: Annotated[Path, typer.Argument(help="A scan result of Soda.")],
    dry_run: _DryRunOption = False,
    now: SimulatedNowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Record what Soda said about datasets of the catalog, as evidence for the gate."""
    _import("soda", path, now, project, environment, dry_run=dry_run, json=json)


@importing.command()
def feast(
    repo: Annotated[Path, typer.Option(help="Folder of the feature repository.")] = Path(),
    into: Annotated[
        Path | None, typer.Option(help="Where contracts go; default: contracts/feast of the project.")
    ] = None,
    owner: Annotated[str, typer.Option(help="Who answers for what has no owner in Feast.")] = "unassigned",
    online: Annotated[
        bool, typer.Option("--online", help="Also datasets and subjects of what the online store holds.")
    ] = False,
    dry_run: _DryRunOption = False,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Write contracts of feature views, subjects of feature services; again: keep edits, show changes."""
    from featureguard.cli.feast_importing import import_feast

    raise typer.Exit(
        import_feast(repo, into, owner, project, environment, online=online, dry_run=dry_run, as_json=json)
    )


def _import(
    tool: str,
    path: Path,
    now: str | None,
    project: Path | None,
    environment: str | None,
    *,
    dry_run: bool,
    json: bool,
) -> None:
    from featureguard.cli.importing import import_results

    raise typer.Exit(import_results(tool, path, now, project, environment, dry_run=dry_run, as_json=json))
