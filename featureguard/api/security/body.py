"""How much may be sent, and how slowly: decided before anything is parsed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from featureguard.api.problems import ProblemError
from featureguard.api.security.asgi import App, Message, Receive, Scope, Send, header, send_problem


class BodyLimit:
    """Refuses bodies that are too large or too slow, and hands on whole ones.

    Args:
        app: What stands behind.
        most: Most bytes of a body.
        most_at: Most bytes at particular paths.
        seconds: How long a body may take to arrive.
    """

    def __init__(
        self,
        app: App,
        *,
        most: int = 1 << 20,
        most_at: Mapping[str, int] | None = None,
        seconds: float = 10.0,
    ) -> None:
        self._app, self._most, self._most_at, self._seconds = app, most, most_at or {}, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        most = self._most_at.get(scope["path"], self._most)
        length = header(scope, b"content-length")
        if length is not None and length.isascii() and length.isdecimal() and int(length[:20]) > most:
            await send_problem(_too_large(most), send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                body = await _read(receive, most)
        except TimeoutError:
            told = f"The body did not arrive within {self._seconds:g} seconds."
            await send_problem(ProblemError("timeout", told, headers={"Connection": "close"}), send)
            return
        if body is None:
            await send_problem(_too_large(most), send)
            return
        await self._app(scope, _replayed(body, receive), send)


async def _read(receive: Receive, most: int) -> bytes | None:
    """The whole body; `None` if it is too large."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            return None
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _too_large(most: int) -> ProblemError:
    told = f"The body is larger than {most:,} bytes. Send less at once."
    return ProblemError("body-too-large", told, headers={"Connection": "close"})
