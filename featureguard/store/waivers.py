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

    def approve(self, waiver: str, *, by: str, at: datetime) -> Waiver:
        """Record that a second person stands for a waiver too.

        The waiver that both stand for is another one, which begins now; the one of the first person alone is
        taken back in the same transaction.

        Returns:
            The waiver of both.

        Raises:
            UsageError: If there is no waiver with this id, it ended or was taken back, or has its second
                person already.
        """
        return self._database.write(
            "approve a waiver", lambda connection: _approve(connection, waiver, by=by, at=at)
        )

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


def _approve(connection: Connection, waiver: str, *, by: str, at: datetime) -> Waiver:
    upsert.lock(connection, LOCK)
    found = _known(connection, waiver)
    if found.approved_by is not None:
        raise UsageError(f"Waiver {waiver} has its second person: {found.approved_by}.")
    if found.revoked_at is not None or found.until <= at:
        raise UsageError(f"Waiver {waiver} ended or was taken back. Give a new one.")
    if found.by.strip().casefold() == by.strip().casefold():
        raise UsageError(f"{by} gave waiver {waiver}. The second person is somebody else.")
    given = {"approved_by": by, "verified": True, "since": max(at, found.since)}
    both = found.model_copy(update=given)
    _add(connection, both)
    told = {"by": by, "reason": f"approved as {both.id}"}
    row = {"waiver": waiver, "at": encoding.to_micros(at), "body": encoding.to_text(told)}
    upsert.add(connection, REVOCATIONS, [row])
    return both


def _known(connection: Connection, waiver: str) -> Waiver:
    found = {one.id: one for one in _waivers(connection)}
    if waiver not in found:
        raise UsageError(f"There is no waiver {waiver!r}.{suggestion(waiver, sorted(found))}")
    return found[waiver]


def _revoke(connection: Connection, row: upsert.Row) -> Waiver:
    upsert.lock(connection, LOCK)
    _known(connection, row["waiver"])
    upsert.add(connection, REVOCATIONS, [row])
    changes.bump(connection, [changes.WAIVERS])
    return _known(connection, row["waiver"])
