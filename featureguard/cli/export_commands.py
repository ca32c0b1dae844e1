"""The commands that write for other tools, and from them: export, draft."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from featureguard.cli.options import EnvironmentOption, ProjectOption

export = typer.Typer(name="export", help="Write alert rules, dashboards and suites.", no_args_is_help=True)

_OutputOption = Annotated[Path | None, typer.Option(help="Write to this file; default: print.")]
_JobOption = Annotated[str, typer.Option(help="Name of Prometheus's scrape job for the service.")]
_UrlOption = Annotated[
    str,
    typer.Option(help="Address under which people reach the service, e.g. https://freshness.example.org."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(export)
    app.command()(draft)


@export.command("prometheus-rules")
def prometheus_rules(
    output: _OutputOption = None,
    job: _JobOption = "featureguard",
    url: _UrlOption = "http://localhost:8080",
    hold: Annotated[
        str, typer.Option("--for", help="How long a condition must hold before its alert fires.")
    ] = "5min",
) -> None:
    """Write alert rules: stale and unknown data, budgets, gates, absences, a dead-man's switch.

    They name no dataset, so neither project nor store is needed, and new datasets need no new rules.
    """
    from featureguard.cli.exporting import export_rules

    raise typer.Exit(export_rules(output, job, url, hold))


@export.command()
def grafana(
    output: _OutputOption = None,
    job: _JobOption = "featureguard",
    url: _UrlOption = "http://localhost:8080",
) -> None:
    """Write a dashboard to import into Grafana, which asks for its data source."""
    from featureguard.cli.exporting import export_dashboard

    raise typer.Exit(export_dashboard(output, job, url))


@export.command()
def gx(
    dataset: Annotated[str, typer.Argument(help="A dataset of the catalog.")],
    output: Annotated[
        Path | None, typer.Option(help="Write a file for each suite into this folder; default: print.")
    ] = None,
    now_parameter: Annotated[
        str | None, typer.Option(help="Name of a parameter that tells at which instant ages are measured.")
    ] = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
) -> None:
    """Write a contract as suites of Great Expectations; what GX does not judge is listed on stderr."""
    from featureguard.cli.translating import export_suites

    raise typer.Exit(export_suites(dataset, output, now_parameter, project, environment))


def draft(
    suites: Annotated[list[Path], typer.Argument(help="Suites of Great Expectations, as JSON files.")],
    owner: Annotated[str | None, typer.Option(help="Who mends the dataset: a team or an address.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Its name; default: as in the suite.")] = None,
    output: _OutputOption = None,
) -> None:
    """Write a contract from suites of Great Expectations; what it cannot say is listed on stderr."""
    from featureguard.cli.translating import draft_contract

    raise typer.Exit(draft_contract(suites, dataset, owner, output))
