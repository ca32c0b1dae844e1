"""SQLite as an evidence store: durable, with one writer at a time."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine

ADVICE = (
    "Check that the path is right, that its folder may be written, and that it is a local disk with space."
)

_BUSY_MILLISECONDS = 50  # Waiting longer is done in `database`, more fairly.


def create(url: URL) -> Engine:
    """Make an engine, and the folder and the file (readable by its owner only) where there is none.

    Raises:
        OSError: If they cannot be made.
    """
    path = Path(url.database or "").absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return create_engine(
        url.set(database=str(path)),
        connect_args={"timeout": _BUSY_MILLISECONDS / 1_000},
        hide_parameters=True,
    )


def prepare(connection: Any, _record: object) -> None:
    """Set up one connection: a commit is on the disk when it returns, and readers never wait.

    Raises:
        sqlite3.OperationalError: If the file system does not allow a write-ahead log.
    """
    connection.isolation_level = None  # `begin` says how transactions start.
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise sqlite3.OperationalError(f"the write-ahead log cannot be used (journal mode {mode!r})")
    connection.execute("PRAGMA synchronous = FULL")


def begin(connection: Connection) -> None:
    """Take the write lock at once where the transaction writes: taking it later can only fail."""
    writes = connection.get_execution_options().get("featureguard_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def may_pass(error: BaseException) -> bool:
    """Whether another connection was in the way, so that trying again may help."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
