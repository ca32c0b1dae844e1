"""Small words for plain ASGI middleware."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from featureguard.api.problems import MEDIA_TYPE, ProblemError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def headers_named(scope: Scope, name: bytes) -> Iterator[str]:
    """Every value of a header, as text; `name` in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            yield value.decode("latin-1")


def header(scope: Scope, name: bytes) -> str | None:
    """The only value of a header; `None` if it is missing, or there more than once."""
    found = list(headers_named(scope, name))
    return found[0] if len(found) == 1 else None


async def send_problem(problem: ProblemError, send: Send, *, head: bool = False) -> None:
    """Answer with a problem."""
    body = problem.body()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(key.lower().encode(), value.encode()) for key, value in problem.headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else body})


async def redirect(location: str, send: Send) -> None:
    """Send somebody elsewhere (303)."""
    headers = [(b"location", location.encode("latin-1", "replace")), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
