"""Promote: an alias is set only if the gate allows it, and the decision is told in the registry.

    decide, recorded under a key that names model, version, alias and attempt
    tell it as a tag of the version
    confirm, recorded
    set the alias

Whatever breaks off in between leaves a decision and no alias. A tag says what was decided, never that the
alias was set, and running it again with the same attempt goes on with the same decision.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from featureguard.desk import Desk
from featureguard.errors import UsageError
from featureguard.mlflow.asking import (
    ROLLBACK,
    Question,
    decision_tag,
    document_of,
    question_of,
    sentence,
)
from featureguard.mlflow.places import Place, Version
from featureguard.mlflow.registry import GuardedError, Registry
from featureguard.mlflow.subjects import By, subject_of
from featureguard.ruling import Ruling
from featureguard.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Promotion:
    """What became of a promotion.

    Attributes:
        place: The alias, and the version that wants it.
        previous: The version that had the alias; `None` if none had.
        question: What the gate was asked.
        by: What told which subject the model is.
        ruling: The answer that counts: the confirmation, where there was one.
        done: Whether the alias was set.
        refused: What the registry's own guard told for programs, if it refused; else `None`.
        refusal: The same in a sentence.
    """

    place: Place
    previous: Version | None
    question: Question
    by: By
    ruling: Ruling
    done: bool = False
    refused: dict[str, Any] | None = None
    refusal: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the gate, and the registry's own guard, let it pass."""
        return self.ruling.allowed and self.refused is None

    @property
    def exit_code(self) -> int:
        """The exit code of `gate`; what the registry's own guard refused is its verdict's."""
        if self.refused is None:
            return self.ruling.exit_code
        return Verdict.BLOCK.exit_code if self.refused.get("verdict") == "block" else Verdict.HOLD.exit_code

    @property
    def told(self) -> str:
        """What happened, in a sentence or some."""
        if self.refusal:
            return self.refusal
        if not self.ruling.allowed:
            return sentence(self.ruling, self.question.hint)
        before = f"; before it was version {self.previous.version}" if self.previous else ""
        return (
            f"{self.place} is {self.place.version}{before}."
            if self.done
            else f"{self.place.version} may be {self.place}."
        )

    def to_dict(self) -> dict[str, Any]:
        """The same for programs, as JSON values."""
        return {
            "model": self.place.version.model,
            "version": self.place.version.version,
            "alias": self.place.name,
            "previous": self.previous.version if self.previous else None,
            "subject_by": self.by,
            "back": self.question.back,
            "done": self.done,
            "exit_code": self.exit_code,
            "decision": document_of(self.ruling),
            "guard": self.refused,
            "told": self.told,
        }


def promote(
    desk: Desk,
    registry: Registry,
    model: str,
    version: str,
    alias: str,
    *,
    subject: str | None = None,
    rollback: str = ROLLBACK,
    attempt: str | None = None,
    dry_run: bool = False,
) -> Promotion:
    """Set an alias if the gate allows it.

    Args:
        desk: Where the gate is asked.
        registry: The model registry.
        model: Name of the registered model.
        version: Its version, a number.
        alias: The alias, e.g. `champion`.
        subject: The subject that the model is; left out, it is found (`featureguard.mlflow.subjects`).
        rollback: The policy's action for the way back to a version that had the alias.
        attempt: Names this attempt: run again with it, it goes on with the same decision. Left out, every
            attempt is a question of its own.
        dry_run: Ask without recording, and set nothing.

    Returns:
        What became of it; a refusal is an answer, too.

    Raises:
        UsageError: If there is no such version or alias, no one subject, or the gate refuses the question.
        RegistryError: If the registry cannot be read or written.
        FeatureGuardError: If the gate cannot be asked which subjects there are.
    """
    if not alias or alias.lower() == "latest":
        raise UsageError(f"'{alias}' is no alias that can be set. Name one, e.g. --alias champion.")
    wants = registry.version(model, version)
    before = registry.holder(model, alias)
    subjects = desk.subjects()
    tags = {} if subject else registry.lineage(wants)
    found = subject_of(subjects, wants.model, tags, wanted=subject)
    place = Place(wants, "alias", alias)
    holder = Place(before, "alias", alias) if before else None
    question = question_of(desk, found.protected, place, holder, rollback=rollback)
    if dry_run:
        ruling = desk.preview(question.subject, question.action)
        return Promotion(place, before, question, found.by, ruling)
    key = place.key(question.action, attempt or uuid.uuid4().hex)
    ruling = desk.decide(question.subject, question.action, key=key)
    if ruling.id is not None:
        registry.tag(wants, *decision_tag(place, ruling))
    if ruling.id is not None and (ruling.allowed or ruling.expired):
        ruling = desk.confirm(ruling.id, subject=question.subject, action=question.action)
    if not ruling.allowed:
        return Promotion(place, before, question, found.by, ruling)
    try:
        registry.set_alias(model, alias, wants.version)
    except GuardedError as error:
        return Promotion(
            place, before, question, found.by, ruling, refused=error.document, refusal=str(error)
        )
    return Promotion(place, before, question, found.by, ruling, done=True)
