"""The commands around decisions: gate, waive, verify, replay, conformance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from featureguard.cli.options import (
    ByOption,
    EnvironmentOption,
    JsonOption,
    NowOption,
    ProjectOption,
    SimulatedNowOption,
)

_EXIT_CODES = (
    "Exit codes: 0 allow or warn, 1 block, 2 the call or a contract is wrong, 3 hold: not enough trustworthy "
    "evidence, 4 no decision."
)
_VERIFY_EXIT_CODES = "Exit codes: 0 intact, 1 broken, 2 a file cannot be read, 4 the store could not be used."
_REPLAY_EXIT_CODES = (
    "Exit codes: 0 the same bytes, 1 something else, 2 unknown decision, 4 the store could not be used."
)

waive = typer.Typer(
    name="waive", help="Give, list and take back time-limited exceptions.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(epilog=_EXIT_CODES)(gate)
    app.add_typer(waive)
    app.command(epilog=_VERIFY_EXIT_CODES)(verify)
    app.command(epilog=_REPLAY_EXIT_CODES)(replay)
    app.command()(conformance)


def gate(
    subject: Annotated[str, typer.Argument(help="What wants to act: a model, a feature service, a job.")],
    action: Annotated[
        str, typer.Option("--for", help="train, promote, serve, deploy, or one of the policy's own.")
    ],
    preview: Annotated[
        bool, typer.Option("--preview", help="Only ask; nothing is recorded, so nothing may start on it.")
    ] = False,
    key: Annotated[
        str | None, typer.Option(help="Names this attempt: asked again, it gets the same decision.")
    ] = None,
    confirm: Annotated[
        str | None, typer.Option(help="Id of a decision to ask again about right before the action.")
    ] = None,
    api: Annotated[
        str | None,
        typer.Option(help="Ask this service, e.g. https://freshness.example.org; token: FEATUREGUARD_TOKEN."),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=300, help="Seconds that asking a service may take.")
    ] = 5.0,
    now: SimulatedNowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Decide whether a subject may do something now, from recorded evidence, and say why not."""
    from featureguard.cli.gating import ask_gate
    from featureguard.errors import UsageError

    if preview + (key is not None) + (confirm is not None) > 1:
        raise UsageError("--preview, --key and --confirm are three different questions. Ask one.")
    raise typer.Exit(
        ask_gate(
            subject,
            action,
            now,
            project,
            environment,
            as_json=json,
            preview=preview,
            key=key,
            confirm=confirm,
            api=api,
            timeout_seconds=timeout,
        )
    )


@waive.command("add")
def waive_add(
    code: Annotated[list[str], typer.Option(help="Reason code, e.g. DATA_STALE; may be given again.")],
    until: Annotated[str, typer.Option(help="For how long (20h) or until when (an instant with a zone).")],
    reason: Annotated[str, typer.Option(help="Why.")],
    dataset: Annotated[str | None, typer.Option(help="Whose reasons; default: all of the subject.")] = None,
    subject: Annotated[str | None, typer.Option(help="For which subject; default: for all.")] = None,
    by: ByOption = None,
    approved_by: Annotated[str | None, typer.Option(help="The second person, whom tier 0 needs.")] = None,
    ticket: Annotated[str | None, typer.Option(help="Where it is followed up.")] = None,
    column: Annotated[str | None, typer.Option(help="Only reasons about this column.")] = None,
    bound: Annotated[
        str | None, typer.Option(help="How far it goes: an age (9h), a share (30%) or a number.")
    ] = None,
    now: SimulatedNowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Let named reasons count as warnings for some time; recorded, and shown with every decision."""
    from featureguard.cli.waiving import give

    raise typer.Exit(
        give(
            dataset,
            subject,
            code,
            until,
            reason,
            now,
            project,
            environment,
            by=by,
            approved_by=approved_by,
            ticket=ticket,
            column=column,
            bound=bound,
            as_json=json,
        )
    )


@waive.command("list")
def waive_list(
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that expired or were revoked.")
    ] = False,
    now: NowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """List the waivers that hold."""
    from featureguard.cli.waiving import list_all

    raise typer.Exit(list_all(now, project, environment, everything=everything, as_json=json))


@waive.command("revoke")
def waive_revoke(
    waiver: Annotated[str, typer.Argument(help="Id of the waiver.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    by: ByOption = None,
    now: SimulatedNowOption = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
) -> None:
    """Take a waiver back; it stays listed."""
    from featureguard.cli.waiving import take_back

    raise typer.Exit(take_back(waiver, reason, by, now, project, environment))


def verify(
    file: Annotated[
        Path | None, typer.Argument(help="An exported chain; default: the project's store.")
    ] = None,
    heads: Annotated[
        Path | None, typer.Option(help="Heads that were exported earlier and kept apart.")
    ] = None,
    export: Annotated[Path | None, typer.Option(help="Write the store's decisions to this new file.")] = None,
    write_head: Annotated[Path | None, typer.Option(help="Add the chain's end to this file.")] = None,
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Check that no recorded decision was changed, removed or reordered."""
    from featureguard.cli.auditing import verify_chain
    from featureguard.errors import UsageError

    if file and (export or write_head):
        raise UsageError("--export and --write-head read the project's store. Leave the file out.")
    raise typer.Exit(verify_chain(file, heads, export, write_head, project, environment, as_json=json))


def replay(
    decision: Annotated[str, typer.Argument(help="Id of a decision, or at least its first 8 digits.")],
    project: ProjectOption = None,
    environment: EnvironmentOption = None,
    json: JsonOption = False,
) -> None:
    """Decide a recorded case anew, and compare."""
    from featureguard.cli.auditing import replay as replay_decision

    raise typer.Exit(replay_decision(decision, project, environment, as_json=json))


def conformance(json: JsonOption = False) -> None:
    """Show what the gate makes of every kind of absence, and check that it does."""
    from featureguard.cli.conforming import show_conformance

    raise typer.Exit(show_conformance(as_json=json))
