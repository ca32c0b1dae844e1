"""Waivers as they were given, and whether and by whom they were taken back.

A token names the state of all waivers. A decision is recorded only if the token that it was judged with still
holds, and giving or revoking a waiver waits for a decision that is just being recorded: so no decision rests
on a waiver that was revoked before, or misses one that was given before.
"""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, select

from featureguard.errors import UsageError
from featureguard.problems import suggestion
from featureguard.store import changes, encoding, upsert
from featureguard.store.database import Database
from featureguard.store.tables import REVOCATIONS, WAIVERS
from featureguard.waiver import Waiver

LOCK = "decisions"
"""What every writer of waivers or decisions takes first."""


class Waivers:
    """The waivers of a store, revoked and expired ones too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Waiver]:
        """Every waiver, with who revoked it when, by `since`."""
        return self._database.read("read waivers", _waivers)

    def with_token(self) -> tuple[list[Waiver], str]:
        """Every waiver, and the token of this state for `DecisionLog.append`."""
        return self._database.read(
            "read waivers", lambda connection: (_waivers(connection), token(connection))
        )

    def add(self, waiver: Waiver) -> str:
        """Record a waiver; once or often is the same. `revoke` takes it back, not a field of it.

        Returns:
            Its id.
        """
        self._database.write("add a waiver", lambda connection: _add(connection, waiver))
        return waiver.id

    def revoke(self, waiver: str, *, by: str, at: datetime, reason: str) -> Waiver:
        """Record that a waiver was taken back; it stays listed, and only the first time counts.

        Returns:
            The waiver, with who revoked it first.

        Raises:
            UsageError: If there is no waiver with this id.
        """
        row = {
            "waiver": waiver,
            "at": encoding.to_micros(at),
            "body": encoding.to_text({"by": by, "reason": reason}),
        }
        return self._database.write("revoke a waiver", lambda connection: _revoke(connection, row))


def token(connection: Connection) -> str:
    """SHA-256 over the ids of all waivers and of the revoked ones."""
    given = connection.scalars(select(WAIVERS.c.id)).all()
    revoked = connection.scalars(select(REVOCATIONS.c.waiver)).all()
    return encoding.digest_of(encoding.to_text([sorted(given), sorted(revoked)]))


def _waivers(connection: Connection) -> list[Waiver]:
    query = (
        select(WAIVERS.c.body, REVOCATIONS.c.at, REVOCATIONS.c.body)
        .outerjoin(REVOCATIONS, REVOCATIONS.c.waiver == WAIVERS.c.id)
        .order_by(WAIVERS.c.since, WAIVERS.c.id)
    )
    return [_waiver(*row) for row in connection.execute(query)]


def _waiver(body: str, revoked_at: int | None, revocation: str | None) -> Waiver:
    given = Waiver.model_validate_json(body)
    if revoked_at is None or revocation is None:
        return given
    revoked_by = json.loads(revocation)["by"]
    told = {"revoked_at": encoding.to_instant(revoked_at), "revoked_by": revoked_by}
    return given.model_copy(update=told)


def _add(connection: Connection, waiver: Waiver) -> None:
    upsert.lock(connection, LOCK)
    given = waiver.model_dump(mode="json", exclude={"revoked_at", "revoked_by"})
    row = {
        "id": waiver.id,
        "since": encoding.to_micros(waiver.since),
        "until": encoding.to_micros(waiver.until),
        "body": encoding.to_text(given),
    }
    upsert.add(connection, WAIVERS, [row])
    changes.bump(connection, [changes.WAIVERS])


def _revoke(connection: Connection, row: upsert.Row) -> Waiver:
    upsert.lock(connection, LOCK)
    known = sorted(connection.scalars(select(WAIVERS.c.id)))
    if row["waiver"] not in known:
        raise UsageError(f"There is no waiver {row['waiver']!r}.{suggestion(row['waiver'], known)}")
    upsert.add(connection, REVOCATIONS, [row])
    changes.bump(connection, [changes.WAIVERS])
    return next(waiver for waiver in _waivers(connection) if waiver.id == row["waiver"])
