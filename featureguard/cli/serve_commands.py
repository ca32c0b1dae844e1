"""The commands around the API: serve, token."""

from __future__ import annotations

from typing import Annotated

import typer

from featureguard.access import Scope
from featureguard.cli.options import EnvironmentOption, JsonOption, ProjectOption

token = typer.Typer(name="token", help="Make, list and revoke tokens of the API.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(serve)
    app.add_typer(token)


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen to; others than this machine's need tokens.")
    ] = ("127.0.0.1"),
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen to.")] = 8080,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes; more than one needs PostgreSQL.")
    ] = 1,
    refresh: Annotated[str, typer.Option(help="How often the store is asked what changed, e.g. 1s.")] = "1s",
    read_through: Annotated[
        bool, typer.Option("--read-through", help="Ask it before every preview and decision too.")
    ] = False,
    rate: Annotated[
        float, typer.Option(min=0, help="Requests a second that each caller may make; 0: any number.")
    ] = 1_000.0,
    now: Annotated[
        str | None,
        typer.Option(
            help="The instant of a simulated store; default: its last look. Its clock stands still."
        ),
    ] = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
) -> None:
    """Serve the API, the status page and metrics.

    While there are no tokens it answers this machine only.
    """
    from featureguard.cli.serving import Wishes, run_server

    raise typer.Exit(
        run_server(
            Wishes(
                host=host,
                port=port,
                workers=workers,
                refresh=refresh,
                read_through=read_through,
                rate=rate,
                now=now,
                project=project,
                environment=environment,
            )
        )
    )


@token.command("create")
def token_create(
    name: Annotated[str, typer.Argument(help="Who will use it; kept with whatever it writes.")],
    scope: Annotated[
        list[Scope], typer.Option(help="What it may do; may be given again. 'admin' may do everything.")
    ],
    expires: Annotated[str, typer.Option(help="After how long it is refused, e.g. 90d, or 'never'.")] = "90d",
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Make a token and print it, once: only its SHA-256 is kept."""
    from featureguard.cli.tokens import create

    raise typer.Exit(create(name, scope, expires, project, environment, as_json=json))


@token.command("list")
def token_list(
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that expired or were revoked.")
    ] = False,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """List tokens, without their secrets."""
    from featureguard.cli.tokens import list_all

    raise typer.Exit(list_all(project, environment, everything=everything, as_json=json))


@token.command("revoke")
def token_revoke(
    token_id: Annotated[str, typer.Argument(metavar="TOKEN", help="Its id, or the beginning of it.")],
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
) -> None:
    """Refuse a token from now on; a running service does within seconds."""
    from featureguard.cli.tokens import revoke

    raise typer.Exit(revoke(token_id, project, environment))
