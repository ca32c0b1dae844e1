"""Who may ask the API what: bearer tokens and their scopes.

A token is 256 random bits behind a public id. Only its SHA-256 is kept: what is so random needs no slow hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_NAME_CHARACTERS = 100
_SECRET = re.compile(r"fg_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")


class Scope(StrEnum):
    """What a token may be used for.

    `READ` everything that is shown, and previews; `GATE` decisions, and reading; `OBSERVE` sending
    observations; `WAIVE` waivers and notes about incidents; `ADMIN` everything.
    """

    READ = "read"
    GATE = "gate"
    OBSERVE = "observe"
    WAIVE = "waive"
    ADMIN = "admin"


def implied(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """The scopes together with those that they imply."""
    found = frozenset(scopes)
    if Scope.ADMIN in found:
        return frozenset(Scope)
    return found | {Scope.READ} if Scope.GATE in found else found


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, without its secret.

    Attributes:
        id: Its public part, 12 hexadecimal digits.
        name: Who uses it; kept with whatever it writes.
        scopes: What it was given.
        digest: SHA-256 of the whole token, hexadecimal.
        created_at: When it was made, UTC.
        expires_at: From when on it is refused; `None`: never.
        revoked_at: Since when it is refused; `None` if it was not revoked.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    digest: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        name: Name of the token; `local` where none is needed.
        scopes: What is allowed, with all that is implied.
        token: Id of the token, or `None`.
    """

    name: str
    scopes: frozenset[Scope]
    token: str | None = None


LOCAL = Caller("local", frozenset(Scope))
"""Whoever asks on this machine while there are no tokens."""


def new_secret() -> str:
    """A new token: `fg_`, its public id, and 256 random bits."""
    random = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    return f"fg_{secrets.token_hex(6)}_{random}"


def id_of(secret: str) -> str | None:
    """The public id of a token; `None` if it is none."""
    found = _SECRET.fullmatch(secret)
    return found[1] if found else None


def digest_of(secret: str) -> str:
    """SHA-256 of a token, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def caller_of(secret: str, tokens: Mapping[str, Token], now: datetime) -> Caller | str:
    """Who presents a token, or why it is refused, for the log only.

    Args:
        secret: What was presented.
        tokens: Known ones by id.
        now: The instant.
    """
    found = _SECRET.fullmatch(secret)
    token = tokens.get(found[1]) if found else None
    # Compared even where there is nothing to compare with, so that time tells nobody which ids exist.
    same = hmac.compare_digest(digest_of(secret), token.digest if token else digest_of(""))
    if token is None or not same:
        return "unknown token"
    state = token.state(now)
    return Caller(token.name, implied(token.scopes), token.id) if state == "active" else f"{state} token"
