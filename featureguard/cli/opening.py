"""Open a project for a command: its catalog, store, sources and clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from featureguard.catalog import Catalog, load_catalog
from featureguard.errors import UsageError
from featureguard.guard import Guard
from featureguard.project import Project, load_project


@dataclass(frozen=True, slots=True)
class Opened:
    """A project opened for one command.

    Attributes:
        records: Whether looks are recorded; a look at another instant is recorded only in a simulated store.
    """

    project: Project
    catalog: Catalog
    guard: Guard
    now: datetime
    records: bool


def read_catalog(project: Path | None, environment: str | None) -> tuple[Project, Catalog]:
    """The project and its catalog, without store, data or secrets."""
    found = load_project(project, os.environ, environment)
    return found, load_catalog(found.catalog_places, found.vars, connections=found.connections)


@contextmanager
def opened(project: Path | None, environment: str | None, now: str | None) -> Iterator[Opened]:
    """A project with its store open."""
    found, catalog = read_catalog(project, environment)
    at = parse_now(now) if now else datetime.now(UTC)
    clock = clock_of(found.simulated, at if now else None)
    guard = Guard.open(found, catalog, clock=clock, environ=os.environ)
    try:
        yield Opened(found, catalog, guard, at, records=now is None or found.simulated)
    finally:
        guard.close()


def clock_of(simulated: bool, at: datetime | None) -> Callable[[], datetime]:
    """The clock of looks: the machine's, unless the store's times are made up."""
    return lambda: at if simulated and at else datetime.now(UTC)


def parse_now(text: str) -> datetime:
    """An instant as a user writes it.

    Raises:
        UsageError: If it is no instant, or has no zone.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--now {text!r} is no instant. Write e.g. 2013-02-09T06:00:00-05:00.") from None
    if found.tzinfo is None:
        raise UsageError(f"--now {text!r} has no zone. Write e.g. {text}Z or {text}+01:00.")
    return found.astimezone(UTC)
