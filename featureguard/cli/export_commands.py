"""The commands that write for other tools: export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

export = typer.Typer(name="export", help="Write alert rules and dashboards.", no_args_is_help=True)

_OutputOption = Annotated[Path | None, typer.Option(help="Write to this file; default: print.")]
_JobOption = Annotated[str, typer.Option(help="Name of Prometheus's scrape job for the service.")]
_UrlOption = Annotated[
    str,
    typer.Option(help="Address under which people reach the service, e.g. https://freshness.example.org."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(export)


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
