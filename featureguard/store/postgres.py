"""PostgreSQL as an evidence store, for many writers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine

ADVICE = "Check that the server runs, that the URL is right, and that the user may create tables there."

_RETRIABLE = ("40001", "40P01")  # serialization_failure, deadlock_detected


def create(url: URL) -> Engine:
    """Make an engine; it connects when it is first used.

    Raises:
        ModuleNotFoundError: If psycopg is not installed.
    """
    return create_engine(
        url.update_query_dict({"connect_timeout": "10", **url.query}),
        pool_pre_ping=True,
        hide_parameters=True,
    )


def prepare(_connection: Any, _record: object) -> None:
    """Nothing to set up: commits are durable by default."""


def begin(connection: Connection) -> None:
    """Let a transaction that only reads see one state of the database, and one that writes the newest.

    A writer that waited for a lock must see what was committed meanwhile, whatever the server's default is.
    """
    writes = connection.get_execution_options().get("featureguard_writes")
    level = "READ COMMITTED" if writes else "REPEATABLE READ, READ ONLY"
    connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL {level}")


def may_pass(error: BaseException) -> bool:
    """Whether the server gave this transaction up for another one, so that trying again may help."""
    return getattr(error, "sqlstate", None) in _RETRIABLE
