"""The commands around objectives: slo, incidents, incident, scorecard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from featureguard.cli.options import (
    ByOption,
    EnvironmentOption,
    JsonOption,
    NowOption,
    ProjectOption,
    SimulatedNowOption,
)

incident = typer.Typer(
    name="incident", help="Acknowledge, assign or comment on an incident.", no_args_is_help=True
)

KeyArgument = Annotated[str, typer.Argument(help="Key of the incident, as `incidents` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(slo)
    app.command()(incidents)
    app.add_typer(incident)
    app.command()(scorecard)


def slo(
    name: Annotated[str | None, typer.Argument(help="A dataset, or a subject; default: all.")] = None,
    now: NowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Show objectives: what was good, bad and unknown, what is left of the budget, how fast it burns."""
    from featureguard.cli.accounts import show_slo

    raise typer.Exit(show_slo(name, now, project, environment, as_json=json))


def incidents(
    name: Annotated[
        str | None, typer.Argument(help="A dataset or a subject, with all it is made from; default: all.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    since: Annotated[str | None, typer.Option(help="Also those that are over, detected since then.")] = None,
    now: NowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Show what is broken, since when, and what it takes down; one root cause, not forty pages."""
    from featureguard.cli.incidents import list_incidents

    raise typer.Exit(
        list_incidents(name, now, project, environment, everything=everything, since=since, as_json=json)
    )


@incident.command("ack")
def incident_ack(
    key: KeyArgument,
    text: Annotated[str, typer.Option(help="A word for the others.")] = "",
    by: ByOption = None,
    now: SimulatedNowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
) -> None:
    """Say that you have seen it."""
    from featureguard.cli.incidents import add_note

    raise typer.Exit(add_note("acknowledge", key, text, now, project, environment, by=by))


@incident.command("assign")
def incident_assign(
    key: KeyArgument,
    to: Annotated[str, typer.Option(help="Who takes care of it; empty for nobody.")],
    by: ByOption = None,
    now: SimulatedNowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
) -> None:
    """Say who takes care of it."""
    from featureguard.cli.incidents import add_note

    raise typer.Exit(add_note("assign", key, to, now, project, environment, by=by))


@incident.command("note")
def incident_note(
    key: KeyArgument,
    text: Annotated[str, typer.Option(help="What the others should know.")],
    by: ByOption = None,
    now: SimulatedNowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
) -> None:
    """Write something down about it."""
    from featureguard.cli.incidents import add_note

    raise typer.Exit(add_note("note", key, text, now, project, environment, by=by))


def scorecard(
    written: Annotated[
        Literal["text", "markdown", "json"], typer.Option("--format", "-f", help="How to write it.")
    ] = "text",
    window: Annotated[str | None, typer.Option(help="How far back, e.g. 90d; default: 28d.")] = None,
    since: Annotated[str | None, typer.Option(help="Begin of the period, an instant with a zone.")] = None,
    until: Annotated[str | None, typer.Option(help="Its end; default: now.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
    now: NowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
) -> None:
    """Sum a period up by tier, owner and dataset: compliance, budgets, incidents, what nobody looks after."""
    from featureguard.cli.scorecards import show_scorecard

    raise typer.Exit(
        show_scorecard(
            written, now, project, environment, window=window, since=since, until=until, output=output
        )
    )
