"""Writing facts so that order and repetition do not matter, in the words of each database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table, func, select
from sqlalchemy.dialects import sqlite

Row = Mapping[str, Any]


def add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the rows whose keys are new; a row that is there stays as it is."""
    if rows:
        connection.execute(_adding(connection.dialect.name, table), list(rows))


def put(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the rows, over the ones with the same keys."""
    if rows:
        connection.execute(_putting(connection.dialect.name, table), list(rows))


def merge(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    least: Sequence[str],
    greatest: Sequence[str] = (),
) -> None:
    """Add the rows; where a key is there already, keep the least and the greatest of both, NULL aside."""
    if rows:
        _write(connection, _merging(connection.dialect.name, table, tuple(least), tuple(greatest)), rows)


def count(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add the rows; where a key is there already, add the values of both."""
    if rows:
        _write(connection, _counting(connection.dialect.name, table), rows)


def lock(connection: Connection, name: str) -> None:
    """Until the transaction ends, make others that take the same lock wait. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256(f"featureguard {name}".encode()).digest()
        connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], signed=True))))


_AT_ONCE = (256, 64, 16, 4)
"""Rows of one SQLite statement: few sizes, so that each is prepared once."""


def _write(connection: Connection, statement: Insert, rows: Sequence[Row]) -> None:
    """Write whole numbers and text; on SQLite many rows by one statement.

    Row by row, this thread would give up the interpreter's lock for each of them, and wait to get it back.
    """
    left = list(rows)
    if connection.dialect.name == "sqlite":
        columns, text = _spelled(statement, tuple(left[0]))
        for size in _AT_ONCE:
            while len(left) >= size:
                values = tuple(row[column] for row in left[:size] for column in columns)
                connection.exec_driver_sql(text(size), values)
                del left[:size]
    if left:
        connection.execute(statement, left)


@cache
def _spelled(statement: Insert, keys: tuple[str, ...]) -> tuple[Sequence[str], Callable[[int], str]]:
    """The order of an SQLite statement's columns, and its text for so many rows."""
    compiled: Any = statement.compile(dialect=sqlite.dialect(), column_keys=list(keys))
    columns, once = compiled.positiontup, str(compiled)
    one = f"({', '.join('?' for _ in columns)})"
    before, found, after = once.partition(f" VALUES {one} ")
    assert found, once
    return columns, cache(lambda size: f"{before} VALUES {', '.join([one] * size)} {after}")


@cache
def _adding(dialect: str, table: Table) -> Insert:
    found: Insert = _insert(dialect, table).on_conflict_do_nothing()
    return found


@cache
def _putting(dialect: str, table: Table) -> Insert:
    insert = _insert(dialect, table)
    return _over(insert, table, {c.name: insert.excluded[c.name] for c in table.columns if not c.primary_key})


@cache
def _merging(dialect: str, table: Table, least: tuple[str, ...], greatest: tuple[str, ...]) -> Insert:
    insert, on_sqlite = _insert(dialect, table), dialect == "sqlite"
    smaller, larger = (func.min, func.max) if on_sqlite else (func.least, func.greatest)
    values = {}
    for names, choose in ((least, smaller), (greatest, larger)):
        for name in names:
            old, new = table.columns[name], insert.excluded[name]
            values[name] = func.coalesce(choose(old, new), old, new)  # SQLite's min(1, NULL) is NULL.
    return _over(insert, table, values)


@cache
def _counting(dialect: str, table: Table) -> Insert:
    insert = _insert(dialect, table)
    values = {c.name: c + insert.excluded[c.name] for c in table.columns if not c.primary_key}
    return _over(insert, table, values)


def _over(insert: Any, table: Table, values: Mapping[str, Any]) -> Insert:
    keys = list(table.primary_key.columns)
    found: Insert = insert.on_conflict_do_update(index_elements=keys, set_=values)
    return found


def _insert(dialect: str, table: Table) -> Any:
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  (a tenth of a second that SQLite need not pay)

    return postgresql.insert(table)
