"""A place of honour in a registry, who wants to stand there, and the idempotency keys that name it."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

Kind = Literal["alias", "stage"]

_SCHEME = "mlflow"
# Together with signs and a birth mark these stay below the 200 characters of a key.
_MODEL, _TARGET, _ACTION, _ATTEMPT = 64, 30, 20, 40


@dataclass(frozen=True, slots=True)
class Version:
    """A model version as its registry tells it.

    Attributes:
        model: Name of the registered model.
        version: Its number, as digits.
        created: When the registry made it, in milliseconds since 1970.
        source: Where its files are.
        run_id: The run that made it, or an empty text.
        tags: Its tags; anybody who may register a version can write them.
        stage: The stage it stands in, or an empty text.
    """

    model: str
    version: str
    created: int
    source: str = ""
    run_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    stage: str = ""

    @property
    def birth(self) -> str:
        """Tells this version from a namesake that was made after its model had been deleted."""
        told = json.dumps([self.created, self.source, self.run_id])
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return f"version {self.version} of '{self.model}'"


@dataclass(frozen=True, slots=True)
class Place:
    """An alias or a stage of a model, and the version that is to have it.

    Attributes:
        version: The version.
        kind: `alias` or `stage`.
        name: Name of the alias or of the stage.
    """

    version: Version
    kind: Kind
    name: str

    @property
    def prefix(self) -> str:
        """How the keys of all decisions about this place begin."""
        about = self.version
        return (
            f"{_SCHEME}:{_part(about.model, _MODEL)}/{about.version}/{self.kind}/{_part(self.name, _TARGET)}/"
            f"{about.birth}:"
        )

    def key(self, action: str, attempt: str) -> str:
        """The idempotency key of one attempt.

        Args:
            action: What the gate is asked for.
            attempt: Names the attempt.
        """
        return f"{self.prefix}{_part(action, _ACTION)}:{_part(attempt, _ATTEMPT)}"

    @property
    def history(self) -> str:
        """How the keys of all decisions about the model begin, whatever the version and the place."""
        return f"{_SCHEME}:{_part(self.version.model, _MODEL)}/"

    @staticmethod
    def number_in(key: str) -> str:
        """The version that a key is about, as digits; empty if it is no key of a place."""
        parts = key.split("/")
        return parts[1] if len(parts) > 1 and parts[1].isdecimal() else ""

    def __str__(self) -> str:
        return f"'{self.version.model}@{self.name}'" if self.kind == "alias" else f"stage '{self.name}'"


def folded(name: str) -> str:
    """A name as the laxest database compares it: without case, accents and widths.

    MySQL takes 'Champion' and 'châmpion' for 'champion', so that whoever sets one moves the other.
    """
    letters = unicodedata.normalize("NFKD", name.strip()).casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", letters) if not unicodedata.combining(c))


def _part(text: str, limit: int) -> str:
    """One part of a key: no two texts give the same, and none is longer than `limit`."""
    spelt = quote(text, safe="")
    if len(spelt) <= limit:
        return spelt
    return "%%" + hashlib.sha256(text.encode()).hexdigest()[: limit - 2]  # No quoted text has '%%'.
