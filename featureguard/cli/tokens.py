"""`featureguard token`: make, list and revoke tokens. They expire by this machine's clock."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from featureguard.access import Scope, Token, digest_of, id_of, new_secret
from featureguard.checks import words
from featureguard.cli.machine import print_json
from featureguard.cli.opening import opened
from featureguard.cli.tables import console, plain_table
from featureguard.duration import parse_duration
from featureguard.errors import UsageError


def create(
    name: str,
    scopes: Sequence[Scope],
    expires: str,
    project: Path | None,
    environment: str | None,
    *,
    as_json: bool,
) -> int:
    """Make a token: the secret goes to standard output, what there is to know about it to standard error."""
    now, secret = datetime.now(UTC), new_secret()
    token = Token(
        id=str(id_of(secret)),
        name=name,
        scopes=frozenset(scopes),
        digest=digest_of(secret),
        created_at=now,
        expires_at=None if expires == "never" else now + _lifetime(expires),
    )
    with opened(project, environment, None) as found:
        found.guard.store_in_use.tokens.add(token)
    if as_json:
        print_json({"token": secret, **_to_dict(token, now)})
        return 0
    print(secret)
    until = f"until {words.instant(token.expires_at)}" if token.expires_at else "for good"
    print(
        f"Token {token.id} of '{name}' may {', '.join(sorted(token.scopes))} {until}."
        " It is not shown again; send it as 'Authorization: Bearer ...'.",
        file=sys.stderr,
    )
    return 0


def list_all(project: Path | None, environment: str | None, *, everything: bool, as_json: bool) -> int:
    """List tokens: active ones, or all."""
    now = datetime.now(UTC)
    with opened(project, environment, None) as found:
        tokens = [t for t in found.guard.store_in_use.tokens.all() if everything or t.state(now) == "active"]
    if as_json:
        print_json({"tokens": [_to_dict(token, now) for token in tokens]})
    elif not tokens:
        console().print(f"No token{'' if everything else ' is active'}.")
    else:
        table = plain_table("id", "name", "scopes", "state", "made", "expires")
        for token in tokens:
            expires = words.instant(token.expires_at) if token.expires_at else "never"
            made = words.instant(token.created_at)
            scopes = ", ".join(sorted(token.scopes))
            table.add_row(token.id, token.name, scopes, token.state(now), made, expires)
        console().print(table)
    return 0


def revoke(prefix: str, project: Path | None, environment: str | None) -> int:
    """Refuse a token from now on."""
    with opened(project, environment, None) as found:
        token = found.guard.store_in_use.tokens.revoke(prefix, at=datetime.now(UTC))
    console().print(f"Token {token.id} of '{token.name}' is revoked.", markup=False)
    return 0


def _lifetime(text: str) -> Any:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--expires {text!r}: {error} Write e.g. 90d, or 'never'.") from None


def _to_dict(token: Token, now: datetime) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "state": token.state(now),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }
