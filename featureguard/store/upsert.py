"""Writing facts so that order and repetition do not matter, in the words of each database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import sqlite

Row = Mapping[str, Any]


def add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the rows whose keys are new; a row that is there stays as it is."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), list(rows))


def put(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the rows, over the ones with the same keys."""
    if rows:
        insert = _insert(connection, table)
        values = {c.name: insert.excluded[c.name] for c in table.columns if not c.primary_key}
        keys = list(table.primary_key.columns)
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=values), list(rows))


def merge(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    least: Sequence[str],
    greatest: Sequence[str] = (),
) -> None:
    """Add the rows; where a key is there already, keep the least and the greatest of both, NULL aside."""
    if not rows:
        return
    insert, on_sqlite = _insert(connection, table), connection.dialect.name == "sqlite"
    smaller, larger = (func.min, func.max) if on_sqlite else (func.least, func.greatest)
    values = {}
    for names, choose in ((least, smaller), (greatest, larger)):
        for name in names:
            old, new = table.columns[name], insert.excluded[name]
            values[name] = func.coalesce(choose(old, new), old, new)  # SQLite's min(1, NULL) is NULL.
    keys = list(table.primary_key.columns)
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=values), list(rows))


def count(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the rows; where a key is there already, add the values of both."""
    if rows:
        insert = _insert(connection, table)
        values = {c.name: c + insert.excluded[c.name] for c in table.columns if not c.primary_key}
        keys = list(table.primary_key.columns)
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=values), list(rows))


def lock(connection: Connection, name: str) -> None:
    """Until the transaction ends, make others that take the same lock wait. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256(f"featureguard {name}".encode()).digest()
        connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], signed=True))))


def _insert(connection: Connection, table: Table) -> Any:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  (a tenth of a second that SQLite need not pay)

    return postgresql.insert(table)
