"""Which subject a model is: by its contract, by its name, or by the feature service that it stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from featureguard.errors import UsageError
from featureguard.problems import suggestion
from featureguard.protected import Protected

SERVICE_TAG = "feast.feature_service"
"""The tag in which Feast's MLflow integration names the feature service of a run or a model version."""

PROJECT_TAG = "feast.project"
"""The tag in which it names Feast's project."""

By = Literal["option", "alias", "name", "lineage"]


@dataclass(frozen=True, slots=True)
class Found:
    """The subject that a model is.

    Attributes:
        protected: The subject.
        by: What told so: an option, the subject's alias, its name, or the tags of a run or a version.
    """

    protected: Protected
    by: By

    @property
    def subject(self) -> str:
        """Its name."""
        return self.protected.subject


class NoSubjectError(UsageError):
    """No subject is about a model."""


def subject_of(
    subjects: Sequence[Protected],
    model: str,
    tags: Mapping[str, str],
    *,
    wanted: str | None = None,
) -> Found:
    """The subject that a model is.

    Args:
        subjects: All that there are.
        model: Name of the registered model.
        tags: Tags of the version and its run; empty where they are not believed.
        wanted: The subject that the caller names, which goes before everything else.

    Raises:
        NoSubjectError: If there is none.
        UsageError: If there is more than one, or none of the name `wanted`.
    """
    if wanted is not None:
        for one in subjects:
            if one.subject == wanted:
                return Found(one, "option")
        raise UsageError(
            f"There is no subject '{wanted}'.{suggestion(wanted, sorted(one.subject for one in subjects))}"
        )
    named = [one for one in subjects if one.aliases.get("mlflow") == model]
    if found := _only(named, "alias", f"the model '{model}'", f"'aliases: {{mlflow: {model}}}'"):
        return found
    if found := _only([one for one in subjects if one.subject == model], "name", f"the model '{model}'", ""):
        return found
    service, project = tags.get(SERVICE_TAG, ""), tags.get(PROJECT_TAG, "")
    for name in (f"{project}.{service}" if project else "", service):
        served = [one for one in subjects if name and name in (one.aliases.get("feast"), one.subject)]
        if found := _only(
            served, "lineage", f"the feature service '{name}'", f"'aliases: {{feast: {name}}}'"
        ):
            return found
    raise NoSubjectError(_nobody(model, service, project))


def _only(found: Sequence[Protected], by: By, what: str, written: str) -> Found | None:
    if len(found) > 1:
        names = " and ".join(f"'{one.subject}'" for one in found)
        raise UsageError(f"More than one subject is about {what}: {names}. Keep {written} in one of them.")
    return Found(found[0], by) if found else None


def _nobody(model: str, service: str, project: str) -> str:
    head = f"No subject is about the model '{model}'"
    write = f"Write 'aliases: {{mlflow: {model}}}' in the subject that it is"
    if not service:
        return (
            f"{head}, and neither its version nor its run has the tag '{SERVICE_TAG}'. {write}, or name one"
            " with --subject."
        )
    qualified = f"{project}.{service}" if project else service
    return (
        f"{head}, and none about the feature service '{qualified}' that it was trained on. {write}, or"
        f" 'aliases: {{feast: {qualified}}}' in the subject that the service is, or name one with --subject."
    )
