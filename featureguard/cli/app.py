"""The commands and what they do with errors; each command's work is in a module of its own."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from featureguard.cli import (
    account_commands,
    export_commands,
    feast_commands,
    gate_commands,
    import_commands,
    model_commands,
    serve_commands,
    suite_commands,
)
from featureguard.cli.options import EnvironmentOption, JsonOption, NowOption, ProjectOption
from featureguard.errors import (
    ContractError,
    FeatureGuardError,
    MissingExtraError,
    ProjectError,
    UsageError,
)

USAGE, NO_DECISION = 2, 4

app = typer.Typer(
    name="featureguard",
    help="Guard the freshness and quality of feature data: check it, keep the evidence, block what is stale.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_EXIT_CODES = (
    "Exit codes: 0 every blocking promise holds, 1 one is broken, 2 the call or a contract is wrong, "
    "3 one could not be judged, 4 the store could not be used."
)
_DIFF_EXIT_CODES = (
    "Exit codes: 0 nothing breaks or loosens, 1 something breaks, loosens or needs a person to judge it, "
    "2 the call or a contract is wrong."
)


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        The exit code.
    """
    try:
        app(args=list(arguments))
    except SystemExit as stop:  # How every command ends; a wrong call has been told and is 2.
        return stop.code if isinstance(stop.code, int) else 0
    except (UsageError, ProjectError, ContractError, MissingExtraError) as error:
        print(error, file=sys.stderr)
        return USAGE
    except FeatureGuardError as error:
        print(error, file=sys.stderr)
        return NO_DECISION
    except BrokenPipeError:
        return NO_DECISION
    except Exception as error:
        print(f"Unexpected {type(error).__name__}: {error}. Please report it.", file=sys.stderr)
        return NO_DECISION
    return 0


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Guard the freshness and quality of feature data: check it, keep the evidence, block what is stale."""
    if version:
        print(f"featureguard {importlib.metadata.version('featureguard')}")
        raise typer.Exit


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where to start a project.")] = Path()) -> None:
    """Write a project file, a first contract and a first subject."""
    from featureguard.cli.starting import start_project

    raise typer.Exit(start_project(folder))


@app.command()
def validate(
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Read every contract and say all that is wrong; needs neither data nor secrets."""
    from featureguard.cli.validating import validate_catalog

    raise typer.Exit(validate_catalog(project, environment, as_json=json))


@app.command(epilog=_EXIT_CODES)
def check(
    name: Annotated[str, typer.Argument(help="A dataset, a subject, or with --data also a contract file.")],
    now: NowOption = None,
    data: Annotated[
        str | None, typer.Option(help="Judge this Parquet file or folder instead; records nothing.")
    ] = None,
    record: Annotated[bool, typer.Option(help="Keep the evidence in the store.")] = True,
    details: Annotated[
        bool, typer.Option("--details", "-d", help="Show every promise, kept ones too.")
    ] = False,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Look at a dataset, or at all that a subject stands on, and judge it by its contract."""
    from featureguard.cli import checking

    if data is not None:
        raise typer.Exit(
            checking.check_sample(name, data, now, project, environment, as_json=json, details=details)
        )
    raise typer.Exit(
        checking.check_name(name, now, project, environment, as_json=json, details=details, record=record)
    )


@app.command()
def status(
    now: NowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Show every dataset and subject from the evidence at hand, without looking at data."""
    from featureguard.cli.showing import show_status

    raise typer.Exit(show_status(now, project, environment, as_json=json))


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="A dataset, a subject, or a reason code such as NULL_SPIKE.")],
    now: NowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Say why a dataset or a subject is what it is, or what a reason code means."""
    from featureguard.cli.explaining import explain_name

    raise typer.Exit(explain_name(name, now, project, environment, as_json=json))


@app.command()
def lineage(
    name: Annotated[
        str | None, typer.Argument(help="A dataset, a subject or an external source; default: all.")
    ] = None,
    written: Annotated[
        Literal["text", "mermaid", "dot", "json"],
        typer.Option("--format", "-f", help="How to write it; Mermaid and DOT are drawn by other tools."),
    ] = "text",
    impact: Annotated[
        bool, typer.Option("--impact", help="Show only what NAME takes down when it breaks, and how.")
    ] = False,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
) -> None:
    """Show what is made from what; needs neither data nor secrets."""
    from featureguard.cli.lineage import show_lineage

    raise typer.Exit(show_lineage(name, written, project, environment, impact=impact))


@app.command()
def age(
    name: Annotated[str, typer.Argument(help="A subject or a dataset.")],
    now: NowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Say how old the data behind NAME is, and which stage on its way lost the time; looks at no data."""
    from featureguard.cli.ageing import show_age

    raise typer.Exit(show_age(name, now, project, environment, as_json=json))


@app.command(epilog=_DIFF_EXIT_CODES)
def diff(
    base: Annotated[Path, typer.Argument(help="Contracts in force: a project, a folder or a file.")],
    head: Annotated[Path, typer.Argument(help="Contracts proposed: likewise.")],
    json: JsonOption = False,
) -> None:
    """Say what a change of contracts tightens, loosens or breaks, and for whom.

    Contracts are compared as they are written: ${variables} are not filled in, data and secrets not needed.

    To compare with another branch, check it out beside your own, e.g. by
    'git worktree add ../base main', and name both folders.
    """
    from featureguard.cli.diffing import show_diff

    raise typer.Exit(show_diff(base, head, as_json=json))


@app.command()
def schema() -> None:
    """Print the JSON Schema of contract files, for editors."""
    from featureguard.cli.validating import print_schema

    raise typer.Exit(print_schema())


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--to", help="Where to replay.")] = Path("featureguard-demo"),
) -> None:
    """Replay the flights of 2013: fresh, broken by a blizzard, recovered, stale."""
    from featureguard.demo.replay import replay

    raise typer.Exit(replay(folder))


suite_commands.register(app)
gate_commands.register(app)
model_commands.register(app)
account_commands.register(app)
serve_commands.register(app)
export_commands.register(app)
import_commands.register(app)
feast_commands.register(app)
