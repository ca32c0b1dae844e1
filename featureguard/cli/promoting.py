"""`featureguard promote` and `featureguard promotions`: MLflow's registry and the gate."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from featureguard.cli.gating import TOKEN_VARIABLE, print_ruling
from featureguard.cli.machine import print_json
from featureguard.cli.tables import console, plain_table
from featureguard.desk import Desk, open_desk
from featureguard.errors import UsageError
from featureguard.mlflow.detecting import Standing
from featureguard.mlflow.detecting import promotions as all_promotions
from featureguard.mlflow.places import folded
from featureguard.mlflow.promoting import promote
from featureguard.mlflow.registry import Registry, open_registry
from featureguard.mlflow.reverting import revert as revert_one
from featureguard.mlflow.settings import ALIASES, STAGES, Settings


@dataclass(frozen=True, slots=True)
class Where:
    """Which registry, and where the gate is asked.

    Attributes:
        registry: Address of the registry; `None`: what MLflow's own settings say.
        api: Address of a service; `None`: the project's store.
        timeout_seconds: How long asking a service may take.
        now: Another instant, for a simulated store only.
        project: The project file or its folder.
        environment: Which of its environments applies.
    """

    registry: str | None = None
    api: str | None = None
    timeout_seconds: float = 5.0
    now: str | None = None
    project: Path | None = None
    environment: str | None = None

    def desk(self) -> Desk:
        """Where the gate is asked.

        Raises:
            UsageError: If the options contradict each other.
        """
        if self.api is not None and (self.now or self.project or self.environment):
            raise UsageError(
                "With --api the service's project and clock count. Leave out what names another."
            )
        return open_desk(
            api_url=self.api,
            token=os.environ.get(TOKEN_VARIABLE) if self.api else None,
            project=self.project,
            environment=self.environment,
            now=self.now,
            by="promote",
            timeout_seconds=self.timeout_seconds,
        )

    def open(self) -> Registry:
        """The registry; a person waits, so that MLflow's client gives up sooner than it does by itself.

        Raises:
            FeatureGuardError: If it cannot be opened.
        """
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        return open_registry(self.registry)


def promote_version(
    model: str,
    version: str,
    alias: str,
    where: Where,
    *,
    subject: str | None,
    key: str | None,
    rollback: str,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Set an alias if the gate allows it."""
    with where.desk() as desk:
        found = promote(
            desk,
            where.open(),
            model,
            version,
            alias,
            subject=subject,
            rollback=rollback,
            attempt=key,
            dry_run=dry_run,
        )
    if as_json:
        print_json(found.to_dict())
        return found.exit_code
    if found.refused is None:
        print_ruling(found.ruling, preview=dry_run)
    out = console()
    if found.allowed or found.refusal:
        out.print(found.told, soft_wrap=True)
    elif found.question.hint:
        out.print(found.question.hint, soft_wrap=True)
    return found.exit_code


def list_promotions(
    alias: Sequence[str] | None,
    stage: Sequence[str] | None,
    where: Where,
    *,
    revert: bool,
    remove: bool,
    only_known: bool,
    rollback: str,
    as_json: bool,
) -> int:
    """List what stands in protected places, and put back what no decision set."""
    settings = Settings(
        aliases=frozenset(map(folded, alias or ALIASES)), stages=frozenset(map(folded, stage or STAGES))
    )
    registry = where.open()
    with where.desk() as desk:
        found = all_promotions(desk, registry, settings)
        if only_known:
            found = [one for one in found if one.known]
        if revert:
            found = [
                revert_one(desk, registry, one, rollback=rollback, remove=remove) if one.why else one
                for one in found
            ]
    _tell(found, as_json=as_json)
    return 1 if any(one.why for one in found) else 0


def _tell(found: Iterable[Standing], *, as_json: bool) -> None:
    items = list(found)
    if as_json:
        print_json({"items": [one.to_dict() for one in items]})
        return
    table = plain_table("", "place", "version", "subject", "decision")
    for one in items:
        place = one.place
        table.add_row(
            "NOT DECIDED" if one.why else "ok",
            f"{place.version.model}@{place.name}"
            if place.kind == "alias"
            else f"{place.version.model}: {place.name}",
            place.version.version,
            one.found.subject if one.found else "",
            f"{one.decision.id[:16]} of {one.decision.decided_at:%Y-%m-%d %H:%M} UTC" if one.decision else "",
        )
    out = console()
    if items:
        out.print(table)
    else:
        out.print("No protected place is taken.")
    for one in items:
        if one.why:
            out.print(f"{one.place}: {one.why}", soft_wrap=True)
        if one.reverted:
            out.print(f"  {one.reverted}", soft_wrap=True)
