"""The command around Feast's online store: online."""

from __future__ import annotations

from typing import Annotated

import typer

from featureguard.cli.options import EnvironmentOption, JsonOption, NowOption, ProjectOption

_EXIT_CODES = (
    "Exit codes: 0 nothing is wrong, 1 something is, 2 the call or a contract is wrong, 3 a store could not "
    "be read, 4 the evidence store could not be used."
)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog=_EXIT_CODES)(online)


def online(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Datasets with 'source: {kind: feast, read: online}'; default: all."),
    ] = None,
    sample: Annotated[int, typer.Option(min=1, help="How many entities of each side to compare.")] = 1_000,
    seed: Annotated[int, typer.Option(help="Another one compares other entities.")] = 0,
    record: Annotated[bool, typer.Option("--record", help="Keep what was found as evidence.")] = False,
    history: Annotated[
        bool,
        typer.Option(
            "--history",
            help="Instead, put what Feast materialized so far into the timelines: SLIs then know the past.",
        ),
    ] = False,
    now: NowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Compare what Feast's online store serves with its offline rows, entity by entity."""
    from featureguard.cli.online import compare_online, import_history
    from featureguard.errors import UsageError

    if history:
        if now or record:
            raise UsageError("--history tells of the whole past. Leave out --now and --record.")
        raise typer.Exit(import_history(names or [], project, environment, as_json=json))
    raise typer.Exit(
        compare_online(names or [], sample, seed, now, project, environment, record=record, as_json=json)
    )
