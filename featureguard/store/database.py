"""A connection to SQLite or PostgreSQL that waits its turn, and says in plain words what went wrong."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import Pool

from featureguard.errors import MissingExtraError, StoreError, UsageError
from featureguard.store import postgres, sqlite

PATIENCE_SECONDS = 60.0
"""How long a write waits for other writers before it gives up."""

_LONGEST_PAUSE_SECONDS = 0.05
_URLS = "Write sqlite:////folder/store.db or postgresql+psycopg://user@host/database."
T = TypeVar("T")


class Dialect(Protocol):
    """What differs between the databases; one module for each."""

    ADVICE: str

    def create(self, url: URL) -> Engine: ...
    def prepare(self, connection: Any, record: object, /) -> None: ...
    def begin(self, connection: Connection, /) -> None: ...
    def may_pass(self, error: BaseException) -> bool: ...


_DIALECTS: dict[str, tuple[str, Dialect]] = {
    "sqlite": ("sqlite", sqlite),
    "postgresql": ("postgresql+psycopg", postgres),
}


class Database:
    """Transactions on one database; every failure is a `StoreError` that names it without its secrets."""

    def __init__(self, url: str) -> None:
        self._url, self._dialect = _parse(url)
        self.name = _without_secrets(self._url)
        self._pid = os.getpid()
        self._inherited: list[Pool] = []
        self._reading = self._open()
        self._writing = self._reading.execution_options(featureguard_writes=True)

    def read(self, what: str, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction that sees one state of the database."""
        return self._run(self._reading, what, work)

    def write(self, what: str, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction that is kept as a whole or not at all; it may run more than once."""
        return self._run(self._writing, what, work)

    def close(self) -> None:
        """Close every connection."""
        self._reading.dispose()

    def _open(self) -> Engine:
        try:
            engine = self._dialect.create(self._url)
        except ModuleNotFoundError as error:
            raise MissingExtraError("psycopg", "postgres") from error
        except (OSError, SQLAlchemyError) as error:
            raise self._error("be opened", error) from error
        event.listen(engine, "connect", self._dialect.prepare)
        event.listen(engine, "begin", self._dialect.begin)
        return engine

    def _run(self, engine: Engine, what: str, work: Callable[[Connection], T]) -> T:
        if os.getpid() != self._pid:
            self._leave_the_parents_connections()
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        for attempt in itertools.count():
            try:
                with engine.begin() as connection:
                    return work(connection)
            except SQLAlchemyError as error:
                if not self._may_pass(error) or time.monotonic() > give_up_at:
                    raise self._error(what, error) from error
            # A random pause lets everybody write in the end; SQLite's own waiting starves some for seconds.
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE_SECONDS, 0.001 * 2 ** min(attempt, 10))))
        raise AssertionError("never reached: the loop ends by returning or raising")

    def _leave_the_parents_connections(self) -> None:
        """Start afresh in a forked child: using what it inherited, or closing it, would harm both."""
        self._inherited.append(self._reading.pool)
        self._reading.dispose(close=False)
        self._pid = os.getpid()

    def _may_pass(self, error: SQLAlchemyError) -> bool:
        return isinstance(error, DBAPIError) and error.orig is not None and self._dialect.may_pass(error.orig)

    def _error(self, what: str, error: Exception) -> StoreError:
        cause = str(getattr(error, "orig", None) or error).strip().rstrip(".")
        if self._url.password:
            cause = cause.replace(self._url.password, "***")
        return StoreError(f"Evidence store {self.name} cannot {what}: {cause}. {self._dialect.ADVICE}")


def _parse(text: str) -> tuple[URL, Dialect]:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number.
        raise UsageError(f"The evidence store's URL cannot be read. {_URLS}") from None
    if url.get_backend_name() not in _DIALECTS:
        raise UsageError(f"Evidence store {_without_secrets(url)}: unknown kind of database. {_URLS}")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise UsageError(f"Evidence store {_without_secrets(url)} names no file. {_URLS}")
    driver, dialect = _DIALECTS[url.get_backend_name()]
    return url.set(drivername=driver), dialect


def _without_secrets(url: URL) -> str:
    return str(url.set(query={}).render_as_string(hide_password=True))
