"""What the registry's guard protects, and whom it asks: environment variables of the MLflow server."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from featureguard.desk import Desk, open_desk
from featureguard.errors import UsageError
from featureguard.mlflow.asking import ROLLBACK
from featureguard.mlflow.places import Kind, folded

PREFIX = "FEATUREGUARD_MLFLOW_"
ALL = "*"
ALIASES, STAGES = ("champion", "production"), ("Production",)
"""What is protected where nothing is said."""

_KNOWN = ("ALIASES", "STAGES", "UNKNOWN", "LINEAGE", "ROLLBACK", "API", "TIMEOUT", "INSECURE", "APP")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the guard does.

    Attributes:
        aliases: Aliases that need a decision, folded; `*` stands for all.
        stages: Stages that need one, likewise.
        unknown: What becomes of models that no subject is about.
        lineage: Whether the tags of runs and versions tell which subject a model is. Whoever may register a
            version can write them.
        rollback: The policy's action for the way back.
        api: Address of the API; empty for a project's store.
        token: What the API asks for.
        timeout_seconds: How long one question may take.
        insecure: Send the token to another machine without encryption.
        app: The MLflow app that is guarded: `basic-auth`, or empty for MLflow's own.
    """

    aliases: frozenset[str] = frozenset(map(folded, ALIASES))
    stages: frozenset[str] = frozenset(map(folded, STAGES))
    unknown: Literal["refuse", "allow"] = "refuse"
    lineage: bool = False
    rollback: str = ROLLBACK
    api: str = ""
    token: str | None = None
    timeout_seconds: float = 5.0
    insecure: bool = False
    app: str = ""

    def __repr__(self) -> str:
        return f"Settings(aliases={sorted(self.aliases)}, stages={sorted(self.stages)})"  # No token.

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Settings:
        """What environment variables say.

        Raises:
            UsageError: If one of them makes no sense.
        """
        told = {
            name[len(PREFIX) :]: text.strip() for name, text in environ.items() if name.startswith(PREFIX)
        }
        if strange := sorted(set(told) - set(_KNOWN)):
            known = ", ".join(f"{PREFIX}{name}" for name in _KNOWN)
            raise UsageError(f"{PREFIX}{strange[0]} is no setting. There are {known}.")
        return cls(
            aliases=_names(told.get("ALIASES"), ALIASES),
            stages=_names(told.get("STAGES"), STAGES),
            unknown="allow" if _one_of(told, "UNKNOWN", "refuse", "allow") == "allow" else "refuse",
            lineage=_one_of(told, "LINEAGE", "off", "tags") == "tags",
            rollback=told.get("ROLLBACK") or ROLLBACK,
            api=told.get("API", ""),
            token=environ.get("FEATUREGUARD_TOKEN") or None,
            timeout_seconds=_seconds(told.get("TIMEOUT") or "5"),
            insecure=_one_of(told, "INSECURE", "false", "true") == "true",
            app=_one_of(told, "APP", "", "basic-auth"),
        )

    def protects(self, kind: Kind, name: str) -> bool:
        """Whether an alias or a stage needs a decision."""
        names = self.aliases if kind == "alias" else self.stages
        return ALL in names or folded(name) in names

    def desk(self) -> AbstractContextManager[Desk]:
        """Where the gate is asked: the API, or the project that FEATUREGUARD_PROJECT names.

        Raises:
            FeatureGuardError: If what is set makes no sense.
        """
        return open_desk(
            api_url=self.api or None,
            token=self.token,
            by="mlflow",
            timeout_seconds=self.timeout_seconds,
            insecure=self.insecure,
        )


def _names(text: str | None, default: tuple[str, ...]) -> frozenset[str]:
    found = default if text is None else [name for name in map(str.strip, text.split(",")) if name]
    return frozenset(map(folded, found))


def _one_of(told: Mapping[str, str], name: str, default: str, other: str) -> str:
    text = told.get(name) or default
    if text not in (default, other):
        raise UsageError(f"{PREFIX}{name} is {text!r}. Write {default or 'nothing'} or {other}.")
    return text


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= 300:
        raise UsageError(f"{PREFIX}TIMEOUT is {text!r}. Write seconds, more than 0 and up to 300.")
    return found
