"""Decisions, waivers, notes, other tools' results, and which learned limits were ever judged."""

from __future__ import annotations

import hashlib
import json

from alembic import op
from sqlalchemy import BigInteger, Column, Text, column, select, table

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "fg_learned",
        Column("dataset", Text, primary_key=True),
        Column("mark", Text, primary_key=True),
        Column("body", Text, nullable=False),
    )
    op.create_table(
        "fg_decisions",
        Column("sequence", BigInteger, primary_key=True, autoincrement=False),
        Column("seal", Text, nullable=False),
        Column("previous", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("key", Text),
        Column("subject", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("decided_at", BigInteger, nullable=False),
        Column("effective", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("inputs", Text),
    )
    op.create_index("fg_decisions_by_seal", "fg_decisions", ["seal"], unique=True)
    op.create_index("fg_decisions_by_key", "fg_decisions", ["key"], unique=True)
    op.create_index("fg_decisions_by_subject", "fg_decisions", ["subject", "action", "decided_at"])
    op.create_table(
        "fg_documents",
        Column("digest", Text, primary_key=True),
        Column("body", Text, nullable=False),
    )
    op.create_table(
        "fg_waivers",
        Column("id", Text, primary_key=True),
        Column("since", BigInteger, nullable=False),
        Column("until", BigInteger, nullable=False),
        Column("body", Text, nullable=False),
    )
    op.create_table(
        "fg_revocations",
        Column("waiver", Text, primary_key=True),
        Column("at", BigInteger, nullable=False),
        Column("body", Text, nullable=False),
    )
    op.create_table(
        "fg_notes",
        Column("id", Text, primary_key=True),
        Column("incident", Text, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("body", Text, nullable=False),
    )
    op.create_index("fg_notes_by_incident", "fg_notes", ["incident", "at"])
    op.create_table(
        "fg_external",
        Column("id", Text, primary_key=True),
        Column("dataset", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("observed_at", BigInteger, nullable=False),
        Column("body", Text, nullable=False),
    )
    op.create_index("fg_external_by_name", "fg_external", ["dataset", "name", "observed_at"])
    _refuse_changes_of_decisions()
    _learn_from_the_looks_so_far()


def downgrade() -> None:
    raise NotImplementedError("Decisions are kept for good: no way leads back from revision 0002.")


_REFUSAL = "a decision is never changed or deleted"


def _refuse_changes_of_decisions() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER fg_decisions_no_{change.lower()} BEFORE {change} ON fg_decisions "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION fg_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER fg_decisions_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON fg_decisions "
        "FOR EACH STATEMENT EXECUTE FUNCTION fg_refuse_change()"
    )


def _learn_from_the_looks_so_far() -> None:
    """Mark the learned limits that were judged before this revision kept marks."""
    looks = table("fg_looks", column("dataset"), column("results"))
    learned = table("fg_learned", column("dataset"), column("mark"), column("body"))
    query = select(looks.c.dataset, looks.c.results).where(looks.c.results.contains("null_spike"))
    judged = {
        (dataset, json.dumps([result["check"], result.get("column")], separators=(",", ":")))
        for dataset, results in op.get_bind().execute(query)
        for result in json.loads(results)
        if result["check"] == "null_spike" and result["status"] in ("pass", "fail")
    }
    op.bulk_insert(
        learned,
        [
            {"dataset": dataset, "mark": hashlib.sha256(body.encode()).hexdigest(), "body": body}
            for dataset, body in sorted(judged)
        ],
    )
