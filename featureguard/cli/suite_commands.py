"""The command for suites of Great Expectations: suite."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from featureguard.cli.options import EnvironmentOption, JsonOption, NowOption, ProjectOption

_EXIT_CODES = (
    "Exit codes: 0 every critical expectation holds, 1 one fails, 2 the call, a suite or a contract is wrong,"
    " 3 one is unknown, 4 the store could not be used. With --lint: 0 all is well, 2 a file is no suite,"
    " 3 some expectation is wrong or cannot run."
)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog=_EXIT_CODES)(suite)


def suite(
    path: Annotated[
        Path,
        typer.Argument(metavar="SUITE", help="A suite of Great Expectations as JSON, or a folder of them."),
    ],
    data: Annotated[str | None, typer.Argument(help="A Parquet file or folder to judge.")] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Judge the data of this dataset's contract instead.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Keep the results as evidence about the dataset.")
    ] = False,
    engine: Annotated[
        Literal["featureguard", "gx"],
        typer.Option(help="gx: let Great Expectations answer what the engine cannot; needs the extra 'gx'."),
    ] = "featureguard",
    param: Annotated[
        list[str] | None,
        typer.Option(help="KEY=VALUE of a suite parameter, VALUE as JSON or text; may be given again."),
    ] = None,
    lint: Annotated[
        bool, typer.Option("--lint", help="Say which expectations can run and what is wrong; needs no data.")
    ] = False,
    details: Annotated[
        bool, typer.Option("--details", "-d", help="Show every expectation, kept ones too.")
    ] = False,
    now: NowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Judge data by a suite of Great Expectations, without Great Expectations."""
    from featureguard.cli import suites
    from featureguard.errors import UsageError

    if lint:
        if data is not None or dataset is not None or record or param:
            raise UsageError("--lint needs no data: give it a suite alone.")
        raise typer.Exit(suites.lint_suites(path, as_json=json))
    wish = suites.Wish(path, engine, tuple(param or ()), as_json=json, details=details)
    if (data is None) is (dataset is None):
        raise UsageError("Name either a file or folder of data, or --dataset.")
    if data is not None:
        if record:
            raise UsageError("--record needs --dataset: results are kept as evidence about a dataset.")
        raise typer.Exit(suites.judge_file(wish, data, now))
    raise typer.Exit(suites.judge_dataset(wish, str(dataset), now, project, environment, record=record))
