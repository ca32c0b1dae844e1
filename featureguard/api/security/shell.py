"""The outermost layer: a request id, security headers, one line of log, and no traceback for outsiders."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from typing import Any

from featureguard.access import Caller
from featureguard.api.problems import ProblemError
from featureguard.api.security.asgi import App, Message, Receive, Scope, Send, header, send_problem

ACCESS = logging.getLogger("featureguard.access")
_ERRORS = logging.getLogger("featureguard.api")

MAX_LOGGED_CHARACTERS = 1_000
"""How much of a path goes into the log."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # "no-referrer" would make a form's Origin "null".
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_PAGE_POLICY = (
    b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_API_POLICY = b"default-src 'none'; frame-ancestors 'none'"


class Shell:
    """Surrounds an application; whatever happens inside, one answer leaves and one line is logged."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status, sent, whole = time.perf_counter(), 0, 0, False
        given = header(scope, b"x-request-id")
        request_id = given if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id

        async def watched(message: Message) -> None:
            nonlocal status, sent, whole
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _secured(message.get("headers", ()), request_id)
            else:
                sent += len(message.get("body", b""))
                whole = not message.get("more_body")
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            _ERRORS.exception("request %s failed", request_id)
            if status and not whole:  # The answer has begun: the connection is all that can be broken off.
                raise
            if not status:
                await send_problem(crash(request_id), watched, head=scope["method"] == "HEAD")
        finally:
            if ACCESS.isEnabledFor(logging.INFO):
                told = _line(scope, request_id, status, sent, time.perf_counter() - began)
                # Not `info`, which looks for the line of code that logs: it is always this one.
                ACCESS.handle(ACCESS.makeRecord(ACCESS.name, logging.INFO, __name__, 0, told, (), None))


def crash(request_id: str) -> ProblemError:
    """What is told of an error that nobody expected."""
    told = f"Something went wrong. The log has more, under request id {request_id}."
    return ProblemError("unexpected", told)


def _secured(headers: Any, request_id: str) -> list[tuple[bytes, bytes]]:
    found = [(key.lower(), value) for key, value in headers]
    names = dict(found)
    page = names.get(b"content-type", b"").startswith(
        (b"text/html", b"image/svg", b"text/css", b"text/javascript")
    )
    found += _ALWAYS
    found.append((b"content-security-policy", _PAGE_POLICY if page else _API_POLICY))
    found.append((b"x-request-id", request_id.encode()))
    if b"cache-control" not in names:
        found.append((b"cache-control", b"no-store"))
    return [(key, value) for key, value in found if key != b"server"]


def _line(scope: Scope, request_id: str, status: int, sent: int, seconds: float) -> str:
    """One line of JSON in ASCII: whatever was sent, it can neither end the line nor colour a terminal."""
    caller = scope["state"].get("caller")
    told = {
        "request_id": request_id,
        "method": scope["method"][:16],
        "path": scope["path"][:MAX_LOGGED_CHARACTERS],
        "status": status or 500,
        "ms": round(seconds * 1_000, 2),
        "bytes": sent,
        "caller": caller.name if isinstance(caller, Caller) else None,
    }
    if refused := scope["state"].get("refused"):
        told["refused"] = refused
    return json.dumps(told)
