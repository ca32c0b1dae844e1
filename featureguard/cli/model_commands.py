"""The commands around model registries: promote, promotions."""

from __future__ import annotations

from typing import Annotated

import typer

from featureguard.cli.options import EnvironmentOption, JsonOption, ProjectOption, SimulatedNowOption

_EXIT_CODES = (
    "Exit codes: 0 the alias is set, 1 block, 2 the call, a contract or the model is wrong, 3 hold: not "
    "enough trustworthy evidence, 4 the gate or the registry could not be asked."
)
_PROMOTIONS_EXIT_CODES = (
    "Exit codes: 0 a decision stands behind every protected place, 1 something stands there without one, "
    "2 the call is wrong, 4 the registry or the decisions could not be read."
)

ApiOption = Annotated[
    str | None,
    typer.Option(help="Ask this service, e.g. https://freshness.example.org; token: FEATUREGUARD_TOKEN."),
]
TimeoutOption = Annotated[
    float, typer.Option(min=0.1, max=300, help="Seconds that asking a service may take.")
]
RegistryOption = Annotated[
    str | None,
    typer.Option(help="MLflow's registry; default: MLFLOW_REGISTRY_URI, else MLFLOW_TRACKING_URI."),
]
RollbackOption = Annotated[
    str, typer.Option(help="The policy's action for the way back to a version that had the alias before.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(epilog=_EXIT_CODES)(promote)
    app.command(epilog=_PROMOTIONS_EXIT_CODES)(promotions)


def promote(
    model: Annotated[str, typer.Argument(help="Name of a registered model in MLflow.")],
    version: Annotated[str, typer.Argument(help="Its version, a number.")],
    alias: Annotated[str, typer.Option(help="The alias that it is to have, e.g. champion.")],
    subject: Annotated[
        str | None,
        typer.Option(help="The subject that the model is; default: found by alias, name or lineage."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Names this attempt: run again, it goes on with the same decision.")
    ] = None,
    rollback: RollbackOption = "rollback",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only ask; nothing is recorded and nothing is set.")
    ] = False,
    registry: RegistryOption = None,
    api: ApiOption = None,
    timeout: TimeoutOption = 5.0,
    now: SimulatedNowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Give a model version an alias in MLflow, if the gate allows it; tell the decision as tags of it."""
    from featureguard.cli.promoting import Where, promote_version

    where = Where(registry, api, timeout, now, project, environment)
    raise typer.Exit(
        promote_version(
            model,
            version,
            alias,
            where,
            subject=subject,
            key=key,
            rollback=rollback,
            dry_run=dry_run,
            as_json=json,
        )
    )


def promotions(
    alias: Annotated[
        list[str] | None,
        typer.Option(help="A protected alias; may be given again; * is all. Default: champion, production."),
    ] = None,
    stage: Annotated[
        list[str] | None, typer.Option(help="A protected stage, likewise. Default: Production.")
    ] = None,
    revert: Annotated[
        bool,
        typer.Option("--revert", help="Put aliases back to the last version that had them by a decision."),
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="With --revert: take away an alias that no version ever had so.")
    ] = False,
    only_known: Annotated[
        bool, typer.Option("--only-known", help="Leave out models that no subject is about.")
    ] = False,
    rollback: RollbackOption = "rollback",
    registry: RegistryOption = None,
    api: ApiOption = None,
    timeout: TimeoutOption = 5.0,
    now: SimulatedNowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Find what stands in a protected place of MLflow's registry without a decision that allowed it."""
    from featureguard.cli.promoting import Where, list_promotions
    from featureguard.errors import UsageError

    if remove and not revert:
        raise UsageError("--remove goes with --revert: alone, nothing is changed.")
    where = Where(registry, api, timeout, now, project, environment)
    raise typer.Exit(
        list_promotions(
            alias,
            stage,
            where,
            revert=revert,
            remove=remove,
            only_known=only_known,
            rollback=rollback,
            as_json=json,
        )
    )
