"""The first tables: looks, timeline, profiles, states, contracts, retractions."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Text

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "fg_marks",
        Column("name", Text, primary_key=True),
        Column("value", Text, nullable=False),
    )
    op.create_table(
        "fg_contracts",
        Column("dataset", Text, primary_key=True),
        Column("digest", Text, primary_key=True),
        Column("body", Text, nullable=False),
    )
    op.create_table(
        "fg_runs",
        Column("dataset", Text, primary_key=True),
        Column("clock", Text, primary_key=True),
        Column("hour", BigInteger, primary_key=True, autoincrement=False),
        Column("value", BigInteger, primary_key=True, autoincrement=False),
        Column("recorder", Text, primary_key=True),
        Column("provenance", Text, primary_key=True),
        Column("first_seen", BigInteger, nullable=False),
        Column("last_seen", BigInteger, nullable=False),
        Column("first_stale", BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fg_summaries",
        Column("digest", Text, primary_key=True),
        Column("body", Text, nullable=False),
    )
    op.create_table(
        "fg_looks",
        Column("id", Text, primary_key=True),
        Column("dataset", Text, nullable=False),
        Column("observed_at", BigInteger, nullable=False),
        Column("judged_at", BigInteger, nullable=False),
        Column("recorder", Text, nullable=False),
        Column("contract", Text, nullable=False),
        Column("complete", Boolean, nullable=False),
        Column("body", Text, nullable=False),
        Column("results", Text, nullable=False),
    )
    op.create_index("fg_looks_by_time", "fg_looks", ["dataset", "observed_at", "id"])
    op.create_table(
        "fg_units",
        Column("look", Text, primary_key=True),
        Column("position", Integer, primary_key=True, autoincrement=False),
        Column("dataset", Text, nullable=False),
        Column("observed_at", BigInteger, nullable=False),
        Column("unit", Text, nullable=False),
        Column("starts", BigInteger),
        Column("body", Text, nullable=False),
    )
    op.create_index("fg_units_by_time", "fg_units", ["dataset", "observed_at"])
    op.create_table(
        "fg_fragments",
        Column("dataset", Text, primary_key=True),
        Column("fragment", Text, primary_key=True),
        Column("body", Text, nullable=False),
    )
    op.create_table(
        "fg_states",
        Column("dataset", Text, primary_key=True),
        Column("kind", Text, primary_key=True),
        Column("state", Text, primary_key=True),
        Column("body", LargeBinary, nullable=False),
    )
    op.create_table(
        "fg_retractions",
        Column("id", Text, primary_key=True),
        Column("dataset", Text, nullable=False),
        Column("recorder", Text, nullable=False),
        Column("since", BigInteger, nullable=False),
        Column("until", BigInteger, nullable=False),
        Column("body", Text, nullable=False),
    )
    op.create_index("fg_retractions_by_recorder", "fg_retractions", ["dataset", "recorder"])


def downgrade() -> None:
    for table in (
        "retractions",
        "states",
        "fragments",
        "units",
        "looks",
        "summaries",
        "runs",
        "contracts",
        "marks",
    ):
        op.drop_table(f"fg_{table}")
