"""Who asks: a bearer token, or, while this service is open to its own machine only, whoever is on it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from featureguard.access import LOCAL, Caller, Token, caller_of
from featureguard.api.problems import ProblemError
from featureguard.api.security.asgi import (
    App,
    Receive,
    Scope,
    Send,
    header,
    headers_named,
    redirect,
    send_problem,
)
from featureguard.api.security.rate import Buckets, Rate
from featureguard.errors import UsageError

COOKIE = "featureguard_token"
"""The cookie in which a browser keeps its token."""

_PUBLIC = frozenset({"/livez", "/readyz", "/login"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_TOKEN_CHARACTERS = 200
_SOON = {"Retry-After": "1", "Refresh": "2"}
_FAILURES = Rate(per_second=1.0, burst=20)


class Gatekeeper:
    """Lets in who may ask, and says who that is in `scope["state"]["caller"]`.

    Args:
        app: What stands behind.
        tokens: Gives the known tokens by id; `None` while nobody knows them: then nobody is let in.
        open_to: Names under which whoever is on this machine may ask while there are no tokens; `None`:
            tokens are always needed.
        clock: Tells the time; aware.
        rate: How often each caller may ask; `None`: as often as it likes.
    """

    def __init__(
        self,
        app: App,
        *,
        tokens: Callable[[], Mapping[str, Token] | None],
        open_to: frozenset[str] | None,
        clock: Callable[[], datetime],
        rate: Rate | None,
    ) -> None:
        self._app, self._tokens, self._open_to, self._clock = app, tokens, open_to, clock
        self._rate = Buckets(rate) if rate else None
        self._failures, self._logins = Buckets(_FAILURES), Buckets(_FAILURES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/static/"):
            await self._app(scope, receive, send)
            return
        if scope["path"] in _PUBLIC:
            if scope["method"] in _SAFE or not (wait := self._logins.take(_client(scope))):
                await self._app(scope, receive, send)
            else:
                await send_problem(_too_many(wait), send)
            return
        try:
            caller = self._caller(scope)
            self._limit(caller)
        except ProblemError as problem:
            if problem.kind == "unauthenticated" and is_page(scope):
                await redirect(f"/login?next={quote(scope['path'], safe='/')}", send)
                return
            await send_problem(problem, send, head=scope["method"] == "HEAD")
            return
        scope["state"]["caller"] = caller
        await self._app(scope, receive, send)

    def _caller(self, scope: Scope) -> Caller:
        tokens = self._tokens()
        if tokens is None:
            raise ProblemError("not-ready", "The tokens are being read.", headers=_SOON)
        if self._open_to is not None and not tokens:
            _refuse_strangers(scope, self._open_to)
            return LOCAL
        secret, from_cookie = _secret(scope)
        found = caller_of(secret, tokens, self._clock()) if secret else "no token"
        if isinstance(found, Caller):
            if from_cookie and scope["method"] not in _SAFE:
                _refuse_other_origins(scope)
            return found
        # Only who fails is slowed down: many callers share the address of a proxy.
        if wait := self._failures.take(_client(scope)):
            raise _too_many(wait)
        scope["state"]["refused"] = found
        # One answer for all: whoever guesses learns nothing.
        raise ProblemError(
            "unauthenticated",
            "Send 'Authorization: Bearer <token>' with a token that is active. 'featureguard token create'"
            " makes one.",
            headers={"WWW-Authenticate": 'Bearer realm="featureguard"'},
        )

    def _limit(self, caller: Caller) -> None:
        if self._rate and (wait := self._rate.take(caller.token or caller.name)):
            raise _too_many(wait)


def is_loopback(host: str) -> bool:
    """Whether an address, or every address that a name stands for, is this machine's own.

    Raises:
        UsageError: If the name stands for nothing.
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        raise UsageError(f"{host!r} is no address of this machine. Write e.g. --host 127.0.0.1.") from None
    return all(ipaddress.ip_address(str(address[4][0]).partition("%")[0]).is_loopback for address in found)


def refuse_open_bind(host: str, *, has_tokens: bool) -> None:
    """Refuse to listen to other machines while everybody may ask everything.

    Raises:
        UsageError: If the address is not this machine's own and there is no token.
    """
    if not has_tokens and not is_loopback(host):
        raise UsageError(
            f"'{host}' listens to other machines, and no token protects this service. Make one with"
            " 'featureguard token create NAME --scope read', or listen to 127.0.0.1."
        )


def is_local_name(host: str) -> bool:
    """Whether a Host header names this machine itself, without asking anybody."""
    name = _name_in(host)
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def safe_next(path: str) -> str:
    """Where to go after a login: a path of this service, never another host."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours and "\\" not in path else "/"


def _secret(scope: Scope) -> tuple[str | None, bool]:
    """The token that is presented, and whether a browser's cookie did."""
    authorization = header(scope, b"authorization")
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        ours = scheme.lower() == "bearer" and 0 < len(secret) <= _MOST_TOKEN_CHARACTERS
        return (secret if ours else None), False
    if any(headers_named(scope, b"authorization")):
        return None, False  # More than one: which of them was checked elsewhere?
    cookie = header(scope, b"cookie")
    if cookie is None or len(cookie) > 4_096:
        return None, False
    try:
        found = SimpleCookie(cookie).get(COOKIE)
    except CookieError:
        return None, False
    return (found.value if found else None), True


def _refuse_strangers(scope: Scope, names: frozenset[str]) -> None:
    """A page elsewhere must not use a visitor's browser to ask, by whatever name it found this service."""
    host = header(scope, b"host") or ""
    if not (_name_in(host) in names or is_local_name(host)):
        raise ProblemError("misdirected", "This service is open to its own machine only: ask for 127.0.0.1.")
    if scope["method"] not in _SAFE:
        _refuse_other_origins(scope)


def _refuse_other_origins(scope: Scope) -> None:
    origin, host = header(scope, b"origin"), header(scope, b"host")
    elsewhere = origin is not None and origin.partition("://")[2] != host
    if elsewhere or header(scope, b"sec-fetch-site") in ("cross-site", "same-site"):
        raise ProblemError("forbidden", "Another site asked for this. Only pages of this service may.")


def _name_in(host: str) -> str:
    """The name in a Host header; empty if it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _client(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""


def is_page(scope: Scope) -> bool:
    """Whether a browser asks for something to look at."""
    accepts = header(scope, b"accept") or ""
    return scope["method"] == "GET" and "text/html" in accepts and not scope["path"].startswith("/v1/")


def _too_many(wait: float) -> ProblemError:
    headers = {"Retry-After": str(max(1, round(wait + 0.5)))}
    return ProblemError(
        "rate-limited", f"Too many requests. Ask again in {wait:.1f} seconds.", headers=headers
    )
