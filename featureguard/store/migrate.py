"""Bring a database to the newest tables, however many processes open it at once."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select

from featureguard.errors import StoreError
from featureguard.store import upsert
from featureguard.store.tables import VERSION_TABLE

REVISIONS = ("0001", "0002", "0003")
"""Every revision in `migrations/versions`, oldest first."""

_VERSION = Table(VERSION_TABLE, MetaData(), Column("version_num", Text))


def is_current(connection: Connection, name: str) -> bool:
    """Whether the tables are the newest ones.

    Raises:
        StoreError: If a newer featureguard made them.
    """
    if not inspect(connection).has_table(VERSION_TABLE):
        return False
    version = connection.scalar(select(_VERSION.c.version_num))
    if version is not None and version not in REVISIONS:
        raise StoreError(
            f"Evidence store {name} has the tables of a newer featureguard (revision {version!r}; this one "
            f"knows up to {REVISIONS[-1]!r}). Upgrade featureguard here, or give it a store of its own."
        )
    return version == REVISIONS[-1]


def migrate(connection: Connection, name: str) -> None:
    """Run the missing revisions in the caller's transaction; others wait until it ends."""
    upsert.lock(connection, "migrate")
    if is_current(connection, name):
        return
    from alembic import command  # noqa: PLC0415  (a fifth of a second that only new stores need)
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
