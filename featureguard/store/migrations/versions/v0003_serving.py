"""What the API needs: counters of changes, bearer tokens, and what exported counters have counted."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "fg_changes",
        Column("topic", Text, primary_key=True),
        Column("version", BigInteger, nullable=False),
    )
    op.create_table(
        "fg_tokens",
        Column("id", Text, primary_key=True),
        Column("digest", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger),
        Column("revoked_at", BigInteger),
        Column("body", Text, nullable=False),
    )
    op.create_table(
        "fg_settled",
        Column("dataset", Text, primary_key=True),
        Column("sli", Text, primary_key=True),
        Column("through", BigInteger, nullable=False),
        Column("good", BigInteger, nullable=False),
        Column("bad", BigInteger, nullable=False),
        Column("unknown", BigInteger, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("Decisions are kept for good: no way leads back behind revision 0003.")
