"""The project file, `featureguard.yaml`: where contracts, store and connections are; it anchors paths.

Reading it needs no secrets. They are written `{env: NAME}` and looked up when something is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from featureguard.errors import ProjectError
from featureguard.problems import limited, read_model, shown, suggestion
from featureguard.scalars import Flag, Model, Text
from featureguard.secret import SecretRef, inline_secret, is_secret_key
from featureguard.strict_yaml import MAX_BYTES, Document, load

FILE_NAME = "featureguard.yaml"
PROJECT_VARIABLE = "FEATUREGUARD_PROJECT"
ENVIRONMENT_VARIABLE = "FEATUREGUARD_ENV"

_CATALOG = ("contracts/",)
_STORE = "sqlite:///.featureguard/store.db"
_SQLITE_FILE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!/|:memory:|file:)([^?]+)(.*)", re.DOTALL)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_MISSING_HINT = "Create one with 'featureguard init', or name it in FEATUREGUARD_PROJECT."

Options = Mapping[str, str | int | float | bool]
"""Options of a file system, as its constructor takes them."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A named way to reach data; secrets in it are references.

    Attributes:
        url: Address, where the connection has one.
        options: Options of a file system.
    """

    url: str | SecretRef | None = None
    options: Mapping[str, str | int | float | bool | SecretRef] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Project:
    """What the project file says, for one environment.

    Attributes:
        root: Folder of the project file; relative paths start here.
        catalog: Where contracts are: folders, files and `package:name/folder`.
        store: Address of the evidence store.
        simulated: The store's times are made up (a demo, a test, a replay).
        enforcement: `dry_run` reports and never blocks.
        vars: Values of `${name}` in contracts.
        connections: By name.
        environment: Name of the environment, or `None`.
        file: The project file, or `None` for a project without one.
    """

    root: Path
    catalog: tuple[str, ...] = _CATALOG
    store: str | SecretRef = _STORE
    simulated: bool = False
    enforcement: Literal["enforce", "dry_run"] = "enforce"
    vars: Mapping[str, str] = field(default_factory=dict)
    connections: Mapping[str, Connection] = field(default_factory=dict)
    environment: str | None = None
    file: Path | None = None

    @property
    def catalog_places(self) -> tuple[Path | str, ...]:
        """Where contracts are, anchored."""
        return tuple(
            place if place.startswith("package:") else Path(self.anchor(place)) for place in self.catalog
        )

    def anchor(self, place: str) -> str:
        """Make a path absolute from the project's folder; of URIs only that of a SQLite file."""
        if found := _SQLITE_FILE.fullmatch(place):
            return f"{found[1]}{self.root / found[2]}{found[3]}"
        return place if _URI.match(place) else str(self.root / place)

    def store_url(self, environ: Mapping[str, str], secrets: Mapping[str, str] | None = None) -> str:
        """Address of the store, anchored, its secret resolved.

        Raises:
            ProjectError: If the secret is not there.
        """
        return self.anchor(_resolved(self.store, environ, secrets))

    def connection_url(
        self, name: str, environ: Mapping[str, str], secrets: Mapping[str, str] | None = None
    ) -> str:
        """Address of a connection, anchored, its secret resolved.

        Raises:
            ProjectError: If there is no such connection, it has no address, or its secret is not there.
        """
        if name not in self.connections:
            raise ProjectError(f"Unknown connection '{name}'.{suggestion(name, sorted(self.connections))}")
        if (url := self.connections[name].url) is None:
            raise ProjectError(f"Connection '{name}' has no address. Write 'url: {{env: NAME}}' under it.")
        return self.anchor(_resolved(url, environ, secrets))

    def connection_options(
        self, environ: Mapping[str, str], secrets: Mapping[str, str] | None = None
    ) -> Mapping[str, Options]:
        """Options of each connection by name; a secret is looked up when its connection is."""
        return _ResolvedOptions(self.connections, environ, secrets)


def load_project(
    start: Path | None,
    environ: Mapping[str, str],
    environment: str | None = None,
    *,
    required: bool = True,
) -> Project:
    """Find and read the project file.

    Args:
        start: The file, or a folder: it and those above it are searched. Left out: FEATUREGUARD_PROJECT, else
            the current folder.
        environ: Environment variables.
        environment: Which of `environments` applies; left out: FEATUREGUARD_ENV, else none.
        required: False returns a project of defaults where there is no file.

    Raises:
        ProjectError: If there is no file, it is wrong (every problem is told), or the environment is unknown.
    """
    named = environ.get(PROJECT_VARIABLE) if start is None else None
    place = Path(named or start or "").absolute()
    if not place.exists():
        raise ProjectError(f"There is no file or folder '{place}'. {_MISSING_HINT}")
    file = _find(place)
    chosen = environment or environ.get(ENVIRONMENT_VARIABLE) or None
    if file is not None:
        return _in_environment(_read(file), file, chosen)
    if required or named or not place.is_dir():
        raise ProjectError(f"No {FILE_NAME} in '{place}' or above it. {_MISSING_HINT}")
    if chosen:
        raise ProjectError(f"There is no {FILE_NAME} that could declare the environment '{chosen}'.")
    return Project(root=place)


def _find(place: Path) -> Path | None:
    if place.is_file():
        return place
    return next((f for folder in (place, *place.parents) if (f := folder / FILE_NAME).is_file()), None)


def _read(file: Path) -> _File:
    label = str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise ProjectError(f"{label}: the file cannot be read: {error.strerror}.") from error
    documents, problems = load(content, label)
    document = documents[0] if documents else Document({}, label, (1, {}))
    if len(documents) > 1:
        problems.append(documents[1].problem("one document is expected here. Remove what follows '---'."))
    if document.data is None:
        document = Document({}, label, (1, {}))
    model, found = read_model(
        _File, document, known_empty=[("environments", name) for name in _keys(document)]
    )
    if model is None or found or problems:
        raise ProjectError("\n".join(map(str, limited([*problems, *found]))))
    return model


def _keys(document: Document) -> list[str]:
    environments = document.data.get("environments") if isinstance(document.data, dict) else None
    return list(environments) if isinstance(environments, dict) else []


def _in_environment(written: _File, file: Path, environment: str | None) -> Project:
    if environment is not None and environment not in written.environments:
        hint = suggestion(environment, sorted(written.environments)) or " The file declares none."
        raise ProjectError(f"{file.name}: unknown environment '{environment}'.{hint}")
    chosen = written.environments[environment] if environment else _Settings()
    store = chosen.store or written.store or _Store(url=_STORE)
    connections = {**written.connections, **chosen.connections}
    return Project(
        root=file.parent,
        catalog=written.catalog,
        store=store.url,
        simulated=store.simulated,
        enforcement=chosen.enforcement or written.enforcement or "enforce",
        vars={**written.vars, **chosen.vars},
        connections={name: Connection(found.url, found.options) for name, found in connections.items()},
        environment=environment,
        file=file,
    )


def _resolved(value: str | SecretRef, environ: Mapping[str, str], secrets: Mapping[str, str] | None) -> str:
    return value.resolve(environ, secrets) if isinstance(value, SecretRef) else value


class _ResolvedOptions(Mapping[str, Options]):
    """Options by the name of their connection; secrets are looked up on access, and never shown."""

    def __init__(
        self,
        connections: Mapping[str, Connection],
        environ: Mapping[str, str],
        secrets: Mapping[str, str] | None,
    ) -> None:
        self._connections, self._environ, self._secrets = connections, environ, secrets

    def __getitem__(self, name: str) -> Options:
        options = self._connections[name].options.items()
        return {
            key: value.resolve(self._environ, self._secrets) if isinstance(value, SecretRef) else value
            for key, value in options
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._connections)

    def __len__(self) -> int:
        return len(self._connections)


def _reference(value: object) -> SecretRef | None:
    if not isinstance(value, dict):
        return None
    if list(value) != ["env"] or not isinstance(value["env"], str) or not _VARIABLE.fullmatch(value["env"]):
        raise ValueError("a secret is written {env: NAME}, with the name of an environment variable.")
    return SecretRef(value["env"])


def _address(value: object) -> object:
    if (reference := _reference(value)) is not None:
        return reference
    if not isinstance(value, str | SecretRef) or not value:
        raise ValueError(f"{shown(value)} is no address. Write a URL, or {{env: NAME}} for a secret one.")
    if isinstance(value, str) and (found := inline_secret(value)):
        raise ValueError(f"{found} stands in this address. Secrets are not written here: use {{env: NAME}}.")
    return value


def _option(value: object) -> object:
    if (reference := _reference(value)) is not None:
        return reference
    if not isinstance(value, str | int | float | bool):
        raise ValueError(f"{shown(value)} is no option. Write text, a number, true, false or {{env: NAME}}.")
    return value


def _no_secrets(options: dict[str, object]) -> dict[str, object]:
    for key, value in options.items():
        if (is_secret_key(key) and isinstance(value, str)) or (
            isinstance(value, str) and inline_secret(value)
        ):
            raise ValueError(
                f"option '{key}' holds a secret. Secrets are not written here: use {{env: NAME}}."
            )
    return options


def _store(value: object) -> object:
    if isinstance(value, str):
        return {"url": value}
    if isinstance(value, dict) and "env" in value:
        return {**{key: inner for key, inner in value.items() if key != "env"}, "url": {"env": value["env"]}}
    return value


def _variable(text: str) -> str:
    if found := inline_secret(text):
        raise ValueError(f"{found} stands in this value. Secrets are not written here: use a connection.")
    return text


def _nothing(value: object) -> object:
    return {} if value is None else value


_Address = Annotated[str | SecretRef, PlainValidator(_address)]
_Word = Annotated[str, Field(min_length=1, max_length=200)]


class _Store(Model):
    url: _Address
    simulated: Flag = False


class _Connection(Model):
    url: _Address | None = None
    options: Annotated[
        dict[_Word, Annotated[str | int | float | bool | SecretRef, PlainValidator(_option)]],
        AfterValidator(_no_secrets),
    ] = Field(default_factory=dict)


class _Settings(Model):
    """What an environment may say otherwise."""

    vars: dict[_Word, Annotated[Text, AfterValidator(_variable)]] = Field(default_factory=dict)
    store: Annotated[_Store | None, BeforeValidator(_store)] = None
    enforcement: Literal["enforce", "dry_run"] | None = None
    connections: dict[_Word, _Connection] = Field(default_factory=dict)


class _File(_Settings):
    catalog: Annotated[tuple[Text, ...], Field(min_length=1)] = _CATALOG
    environments: dict[_Word, Annotated[_Settings, BeforeValidator(_nothing)]] = Field(default_factory=dict)
