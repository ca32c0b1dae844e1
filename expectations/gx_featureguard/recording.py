"""A checkpoint's results as evidence: what GX found, a gate can stand on."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any, Literal

from great_expectations.checkpoint.actions import ActionContext, ValidationAction
from great_expectations.checkpoint.checkpoint import CheckpointResult

from featureguard.checks import words
from featureguard.desk import StoreDesk, clock_of
from featureguard.errors import UsageError
from featureguard.external import Imported, Why, take_results
from featureguard.project import load_project

_LOG = logging.getLogger(__name__)
_RECORDER = "gx"


class FeatureGuardAction(ValidationAction):
    """Record the results of every validation of a checkpoint in the evidence store of a project.

    The data asset tells which dataset a validation is about: `aliases: {gx: asset}` in the contract, or the
    asset has the dataset's name. Results go to the store itself, since the API takes none of other tools.

    It fails loudly: where nothing or not everything about our datasets could be recorded it raises, and so
    does the checkpoint's run. Results about data that no contract describes are told in the log.

    Args:
        name: What the checkpoint calls it.
        project: The project file or its folder; left out: FEATUREGUARD_PROJECT, else the current folder.
        environment: Which of the project's environments applies; left out: FEATUREGUARD_ENV.
        now: The instant, for a simulated store only: ISO 8601 with a zone.
    """

    type: Literal["featureguard"] = "featureguard"
    project: str | None = None
    environment: str | None = None
    now: str | None = None

    def run(
        self, checkpoint_result: CheckpointResult, action_context: ActionContext | None = None
    ) -> dict[str, Any]:
        """Record.

        Returns:
            `recorded`: how many results of which dataset; `skipped`: what gave none, with reasons.

        Raises:
            FeatureGuardError: If the project, its contracts or the store cannot be read, or a result about
                one of its datasets could not be recorded.
        """
        project = load_project(Path(self.project) if self.project else None, os.environ, self.environment)
        clock = clock_of(project, self.now)
        desk = StoreDesk(project, clock, _RECORDER)
        told: list[Any] = list(checkpoint_result.run_results.values())
        documents = [one.to_json_dict() for one in told]
        where = f"checkpoint '{checkpoint_result.name}'"
        catalog = desk.catalog()
        taken = take_results(documents, "gx", catalog.contracts.values(), clock(), where)
        with desk.guard(catalog) as guard:
            guard.store_in_use.record_external(taken.results)
        _tell(taken, where)
        counts: dict[str, int] = {}
        for result in taken.results:
            counts[result.dataset] = counts.get(result.dataset, 0) + 1
        return {"recorded": counts, "skipped": [f"{one.what}: {one.hint}" for one in taken.skipped]}


def _tell(taken: Imported, where: str) -> None:
    """What was not recorded: an error where it could have been meant for us, else a line in the log.

    Raises:
        UsageError: If nothing was recorded, or something about a dataset of ours was not.
    """
    said = " ".join(line.strip() for line in taken.summary())
    if not taken.results:
        raise UsageError(f"Nothing of {where} was recorded. {said}")
    if any(one.why is not Why.NO_DATASET for one in taken.skipped):
        recorded = words.count(len(taken.results), "result")
        raise UsageError(f"Of {where} {recorded} were recorded, and others could not be. {said}")
    if taken.skipped:
        _LOG.warning("%s: %s", where, said)
