"""Runs the revisions on the connection, and in the transaction, that `store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from featureguard.store.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
