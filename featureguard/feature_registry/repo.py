"""Feast's `feature_store.yaml`: where the registry and the online store are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from featureguard.errors import SourceUnreadableError

FILE = "feature_store.yaml"

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))")


@dataclass(frozen=True, slots=True)
class Repo:
    """A feature repository.

    Attributes:
        folder: Where `feature_store.yaml` is, absolute.
        project: Feast's project.
        registry: Settings of the registry; `path` may hold a password.
        online: Settings of the online store; empty where there is none. May hold a password.
        offline_type: Type of the offline store, e.g. `dask`, `duckdb`, `postgres`.
        key_version: How entity keys are written online; this package reads 3.
    """

    folder: Path
    project: str
    registry: Mapping[str, Any] = field(repr=False)
    online: Mapping[str, Any] = field(default_factory=dict, repr=False)
    offline_type: str = "dask"
    key_version: int = 3

    @property
    def online_type(self) -> str:
        """Type of the online store, e.g. `redis`, `postgres`, `sqlite`; empty where there is none."""
        return str(self.online.get("type", "sqlite")) if self.online else ""

    def path(self, written: str) -> str:
        """A path of the repository, absolute; a URI as it is."""
        return written if "://" in written else str((self.folder / written).absolute())


def read_repo(folder: Path, environ: Mapping[str, str]) -> Repo:
    """Read `feature_store.yaml`, with variables of the environment as Feast fills them in.

    Args:
        folder: The feature repository, or the file itself.
        environ: Where variables come from.

    Raises:
        SourceUnreadableError: If it cannot be read or makes no sense.
    """
    file = folder if folder.suffix in (".yaml", ".yml") else folder / FILE
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SourceUnreadableError(
            f"'{file}' cannot be read. Name the folder of a Feast feature repository, which holds {FILE}."
        ) from None
    try:
        told = yaml.safe_load(_filled(text, environ))
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        raise SourceUnreadableError(f"'{file}'{line} is no YAML.") from None
    if not isinstance(told, dict) or not isinstance(told.get("project"), str):
        raise SourceUnreadableError(f"'{file}' names no 'project': it is no {FILE} of Feast.")
    version = told.get("entity_key_serialization_version", 3)
    if version != 3:
        raise SourceUnreadableError(
            f"'{file}' writes entity keys in version {version!r}. Only version 3 can be read: Feast's own"
            " documentation says how to write them anew."
        )
    return Repo(
        file.parent.absolute(),
        told["project"],
        _registry(told.get("registry", "data/registry.db"), file),
        _online(told.get("online_store", "sqlite"), file),
        _type(told.get("offline_store", "dask"), "dask"),
    )


def _filled(text: str, environ: Mapping[str, str]) -> str:
    """Variables filled in as Feast does, which leaves unset ones as they are."""
    return _VARIABLE.sub(lambda found: environ.get(found[1] or found[2], found[0]), text)


def _registry(told: object, file: Path) -> Mapping[str, Any]:
    if isinstance(told, str):
        return {"registry_type": "file", "path": told}
    if isinstance(told, dict) and isinstance(told.get("path", ""), str):
        return {"registry_type": "file", **told}
    raise SourceUnreadableError(f"'registry' in '{file}' is neither a path nor a mapping with a 'path'.")


def _online(told: object, file: Path) -> Mapping[str, Any]:
    if told is None or told == "null":
        return {}
    if isinstance(told, str):
        return {"type": told}
    if isinstance(told, dict):
        return {"type": "sqlite", **told}
    raise SourceUnreadableError(f"'online_store' in '{file}' is neither a type nor a mapping.")


def _type(told: object, otherwise: str) -> str:
    found = told.get("type", otherwise) if isinstance(told, dict) else told
    return str(found or otherwise)
