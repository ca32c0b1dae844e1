"""Bearer tokens as they were made and revoked; their secrets are nowhere."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from featureguard.access import MAX_NAME_CHARACTERS, Scope, Token
from featureguard.errors import UsageError
from featureguard.store import changes, encoding
from featureguard.store.database import Database
from featureguard.store.tables import TOKENS


class Tokens:
    """The tokens of a store, revoked and expired ones too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Token]:
        """Every token, oldest first."""
        query = select(TOKENS).order_by(TOKENS.c.created_at, TOKENS.c.id)
        return self._database.read(
            "read tokens", lambda connection: [_token(row) for row in connection.execute(query)]
        )

    def add(self, token: Token) -> None:
        """Record a token.

        Raises:
            UsageError: If its name is empty, too long or not printable, or it has no scope.
        """
        if not 0 < len(token.name) <= MAX_NAME_CHARACTERS or not token.name.isprintable():
            raise UsageError(f"A token's name has 1 to {MAX_NAME_CHARACTERS} printable characters.")
        if not token.scopes:
            raise UsageError("A token without a scope may do nothing. Give it at least one with --scope.")
        self._database.write("add a token", lambda connection: _add(connection, token))

    def revoke(self, prefix: str, *, at: datetime) -> Token:
        """Refuse a token from now on; only the first time counts.

        Args:
            prefix: Its id, or the beginning of it.
            at: When.

        Raises:
            UsageError: If no token's id begins so, or more than one does.
        """
        return self._database.write("revoke a token", lambda connection: _revoke(connection, prefix, at))


def _add(connection: Connection, token: Token) -> None:
    row = {
        "id": token.id,
        "digest": token.digest,
        "created_at": encoding.to_micros(token.created_at),
        "expires_at": encoding.to_micros(token.expires_at) if token.expires_at else None,
        "revoked_at": encoding.to_micros(token.revoked_at) if token.revoked_at else None,
        "body": encoding.to_text({"name": token.name, "scopes": sorted(token.scopes)}),
    }
    connection.execute(insert(TOKENS), row)
    changes.bump(connection, [changes.TOKENS])


def _revoke(connection: Connection, prefix: str, at: datetime) -> Token:
    rows = [row for row in connection.execute(select(TOKENS)) if row.id.startswith(prefix)] if prefix else []
    if len(rows) != 1:
        which = "No token's id begins" if not rows else "More than one token's id begins"
        raise UsageError(f"{which} with {prefix!r}. List them with 'featureguard token list'.")
    mine = TOKENS.c.id == rows[0].id
    connection.execute(
        update(TOKENS).where(mine, TOKENS.c.revoked_at.is_(None)).values(revoked_at=encoding.to_micros(at))
    )
    changes.bump(connection, [changes.TOKENS])
    return _token(connection.execute(select(TOKENS).where(mine)).one())


def _token(row: Row[Any]) -> Token:
    told = json.loads(row.body)
    return Token(
        id=row.id,
        name=told["name"],
        scopes=frozenset(map(Scope, told["scopes"])),
        digest=row.digest,
        created_at=encoding.to_instant(row.created_at),
        expires_at=None if row.expires_at is None else encoding.to_instant(row.expires_at),
        revoked_at=None if row.revoked_at is None else encoding.to_instant(row.revoked_at),
    )
