"""The client, blocking and asynchronous: both make the same requests, and read the same answers."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import time
import uuid
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

from featureguard.client.answers import Answer, NonsenseError, read_answer, unreachable
from featureguard.client.asking import (
    MOST_BYTES,
    Asked,
    Got,
    Patience,
    Pause,
    Send,
    Steps,
    T,
    UnreachableError,
    steps,
)
from featureguard.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    import httpx


class _Common:
    """Everything but the waiting."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout_seconds: float = 5.0,
        attempts: int = 3,
        repairs: Collection[str] = (),
        insecure: bool = False,
        verify: Any = True,
    ) -> None:
        """Make a client; nothing is asked yet.

        Args:
            url: Where the API is, e.g. `https://freshness.example.org`.
            token: A bearer token; `None` where the service needs none.
            timeout_seconds: How long one call may take, retries included.
            attempts: How often it is tried.
            repairs: Actions that the policies mark as repairs: they proceed where the gate cannot be reached.
            insecure: Send the token to another machine without encryption.
            verify: What httpx takes: `False`, or an SSL context.

        Raises:
            UsageError: If the address is none, or would give the token away.
        """
        self._url = _address(url, token, insecure=insecure)
        self._token, self._repairs, self._verify = token, frozenset(repairs), verify
        self._patience = Patience(timeout_seconds, attempts, random.random)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r})"

    def _options(self) -> dict[str, Any]:
        headers = {"Accept": "application/json", "User-Agent": "featureguard"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return {
            "base_url": self._url,
            "headers": headers,
            "follow_redirects": False,
            "trust_env": False,
            "verify": self._verify,
        }

    def _gate(self, path: str, body: dict[str, str], key: str | None = None) -> Steps[Answer]:
        """Ask the gate; whatever goes wrong on the way is a hold."""
        subject, action = body["subject"], body["action"]
        try:
            told = yield from steps(Asked("POST", path, body=body), self._patience)
            return read_answer(told, subject, action, key)
        except UnreachableError as error:
            why = str(error)
        except NonsenseError as error:
            why = f"its answer makes no sense: {error}."
        return unreachable(subject, action, why, datetime.now(UTC), repairs=action in self._repairs)

    def _preview(self, subject: str, action: str) -> Steps[Answer]:
        return self._gate("/v1/previews", {"subject": subject, "action": action})

    def _decide(self, subject: str, action: str, key: str | None) -> Steps[Answer]:
        # With a key of its own, a second attempt cannot record a second decision.
        key = key or f"client-{uuid.uuid4()}"
        return self._gate("/v1/decisions", {"subject": subject, "action": action, "key": key}, key)

    def _confirm(self, decision_id: str, subject: str, action: str) -> Steps[Answer]:
        path = f"/v1/decisions/{quote(decision_id, safe='')}/confirm"
        return self._gate(path, {"subject": subject, "action": action})

    def _get(self, path: str, **query: str | None) -> Steps[dict[str, Any]]:
        given = {name: value for name, value in query.items() if value is not None}
        return steps(Asked("GET", path, query=given), self._patience)

    def _dataset(self, name: str) -> Steps[dict[str, Any]]:
        return self._get(f"/v1/datasets/{quote(name, safe='')}")

    def _observe(
        self, readings: Sequence[Mapping[str, Any]], looks: Sequence[Mapping[str, Any]]
    ) -> Steps[dict[str, Any]]:
        body = {"readings": list(readings), "looks": list(looks)}
        return steps(Asked("POST", "/v1/observations", body=body), self._patience)


class Client(_Common):
    """Asks the API, and waits for the answer. Close it, or use it in a `with` statement."""

    _http: httpx.Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        if self._http:
            self._http.close()
            self._http = None

    def preview(self, subject: str, action: str) -> Answer:
        """What the gate would say; nothing is recorded, so nothing may start on it.

        Raises:
            UsageError: If the subject or the action is unknown, or the token may not ask.
        """
        return self._run(self._preview(subject, action))

    def decide(self, subject: str, action: str, *, key: str | None = None) -> Answer:
        """May this subject do that now? Recorded before it is answered.

        Args:
            subject: A subject of the service's catalog.
            action: `train`, `promote`, `serve`, `deploy`, or one of its policy's own.
            key: Names one attempt: whoever asks again with it gets the same decision.

        Raises:
            UsageError: If the subject or the action is unknown, the key names something else, or the token
                may not ask.
        """
        return self._run(self._decide(subject, action, key))

    def confirm(self, decision_id: str, *, subject: str, action: str) -> Answer:
        """Ask again right before the action: the answer may keep or worsen the decision, never improve it.

        Raises:
            UsageError: If there is no such decision, or it is about something else.
        """
        return self._run(self._confirm(decision_id, subject, action))

    def decision(self, decision_id: str) -> dict[str, Any]:
        """One recorded decision, as the API tells it.

        Raises:
            UsageError: If there is none.
            UnreachableError: If the API gives no answer.
        """
        return self._run(self._get(f"/v1/decisions/{quote(decision_id, safe='')}"))

    def dataset(self, name: str) -> dict[str, Any]:
        """How a dataset stands, as the API tells it; raises as `decision` does."""
        return self._run(self._dataset(name))

    def datasets(self) -> Iterator[dict[str, Any]]:
        """Every dataset, by tier and name; raises as `decision` does."""
        cursor: str | None = None
        while True:
            page = self._run(self._get("/v1/datasets", cursor=cursor))
            yield from page["items"]
            if (cursor := page["next"]) is None:
                return

    def decisions(self, *, key_prefix: str) -> Iterator[dict[str, Any]]:
        """Decisions and confirmations whose key begins so, newest first; raises as `decision` does."""
        until: str | None = None
        while True:
            page = self._run(self._get("/v1/decisions", key_prefix=key_prefix, until=until, limit="1000"))
            yield from page["items"]
            if (until := page["next"]) is None:
                return

    def subjects(self) -> list[dict[str, Any]]:
        """Everything that a gate protects, by name; raises as `decision` does."""
        return list(self._run(self._get("/v1/subjects"))["items"])

    def incidents(self, *, everything: bool = False) -> dict[str, Any]:
        """What is broken, or also what was; raises as `decision` does."""
        return self._run(self._get("/v1/incidents", all="true" if everything else None))

    def observe(
        self, *, readings: Sequence[Mapping[str, Any]] = (), looks: Sequence[Mapping[str, Any]] = ()
    ) -> dict[str, Any]:
        """Send observations; on the disk when this returns, and sending them again changes nothing.

        Raises:
            UsageError: If one of them is wrong: then none was taken.
            UnreachableError: If the API gives no answer.
        """
        return self._run(self._observe(readings, looks))

    def _run(self, plan: Steps[T]) -> T:
        got: Got | None = None
        try:
            while True:
                step = plan.send(got)
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    got = None
                else:
                    got = self._send(step)
        except StopIteration as done:
            found: T = done.value
            return found

    def _send(self, step: Send) -> Got:
        httpx = _httpx()
        if self._http is None:
            self._http = httpx.Client(**self._options())
        end = time.monotonic() + step.seconds
        try:
            with self._http.stream(**_request(step)) as response:
                parts = _Parts(end)
                for part in response.iter_bytes():
                    parts.add(part)
                return Got(response.status_code, dict(response.headers), parts.whole)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            return Got(failed=_failure(error))


class AsyncClient(_Common):
    """The same for asynchronous code; each method is that of `Client`."""

    _http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._http:
            await self._http.aclose()
            self._http = None

    async def preview(self, subject: str, action: str) -> Answer:
        """As `Client.preview`."""
        return await self._run(self._preview(subject, action))

    async def decide(self, subject: str, action: str, *, key: str | None = None) -> Answer:
        """As `Client.decide`."""
        return await self._run(self._decide(subject, action, key))

    async def confirm(self, decision_id: str, *, subject: str, action: str) -> Answer:
        """As `Client.confirm`."""
        return await self._run(self._confirm(decision_id, subject, action))

    async def decision(self, decision_id: str) -> dict[str, Any]:
        """As `Client.decision`."""
        return await self._run(self._get(f"/v1/decisions/{quote(decision_id, safe='')}"))

    async def dataset(self, name: str) -> dict[str, Any]:
        """As `Client.dataset`."""
        return await self._run(self._dataset(name))

    async def datasets(self) -> AsyncIterator[dict[str, Any]]:
        """As `Client.datasets`."""
        cursor: str | None = None
        while True:
            page = await self._run(self._get("/v1/datasets", cursor=cursor))
            for one in page["items"]:
                yield one
            if (cursor := page["next"]) is None:
                return

    async def decisions(self, *, key_prefix: str) -> AsyncIterator[dict[str, Any]]:
        """As `Client.decisions`."""
        until: str | None = None
        while True:
            asked = self._get("/v1/decisions", key_prefix=key_prefix, until=until, limit="1000")
            page = await self._run(asked)
            for one in page["items"]:
                yield one
            if (until := page["next"]) is None:
                return

    async def subjects(self) -> list[dict[str, Any]]:
        """As `Client.subjects`."""
        return list((await self._run(self._get("/v1/subjects")))["items"])

    async def incidents(self, *, everything: bool = False) -> dict[str, Any]:
        """As `Client.incidents`."""
        return await self._run(self._get("/v1/incidents", all="true" if everything else None))

    async def observe(
        self, *, readings: Sequence[Mapping[str, Any]] = (), looks: Sequence[Mapping[str, Any]] = ()
    ) -> dict[str, Any]:
        """As `Client.observe`."""
        return await self._run(self._observe(readings, looks))

    async def page(self, path: str, query: Mapping[str, str]) -> Got:
        """A page of the status page as it comes, for whoever shows it elsewhere; asked once.

        Args:
            path: From the root, already quoted.
            query: Parameters.
        """
        asked = Asked("GET", path, query, headers={"Accept": "text/html"})
        return await self._send(Send(asked, self._patience.seconds))

    async def _run(self, plan: Steps[T]) -> T:
        got: Got | None = None
        try:
            while True:
                step = plan.send(got)
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                    got = None
                else:
                    got = await self._send(step)
        except StopIteration as done:
            found: T = done.value
            return found

    async def _send(self, step: Send) -> Got:
        httpx = _httpx()
        if self._http is None:
            self._http = httpx.AsyncClient(**self._options())
        end = time.monotonic() + step.seconds
        try:
            async with asyncio.timeout(step.seconds), self._http.stream(**_request(step)) as response:
                parts = _Parts(end)
                async for part in response.aiter_bytes():
                    parts.add(part)
                return Got(response.status_code, dict(response.headers), parts.whole)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            return Got(failed=_failure(error))


class _Parts:
    """A body as it arrives: neither too much of it, nor for too long."""

    def __init__(self, end: float) -> None:
        self._end, self._parts, self._size = end, list[bytes](), 0

    def add(self, part: bytes) -> None:
        self._parts.append(part)
        self._size += len(part)
        if self._size > MOST_BYTES:
            raise ValueError(f"the answer is larger than {MOST_BYTES:,} bytes")
        if time.monotonic() > self._end:
            raise TimeoutError

    @property
    def whole(self) -> bytes:
        return b"".join(self._parts)


def _httpx() -> Any:
    try:
        import httpx  # noqa: PLC0415  (only once something is asked)
    except ModuleNotFoundError as error:
        raise MissingExtraError("httpx", "client") from error
    return httpx


def _request(step: Send) -> dict[str, Any]:
    asked = step.asked
    return {
        "method": asked.method,
        "url": asked.path,
        "params": dict(asked.query) or None,
        "json": asked.body,
        "headers": dict(asked.headers),
        "timeout": step.seconds,
    }


def _failure(error: Exception) -> str:
    """What went wrong on the way; nothing that was sent is in it."""
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "it did not answer in time."
    return f"{type(error).__name__}: {str(error)[:300] or 'the connection broke'}."


def _address(url: str, token: str | None, *, insecure: bool) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        # It may hold a password: a store's address in the wrong place does.
        raise UsageError("This is no address of an API. Write e.g. https://freshness.example.org.")
    if parts.username or parts.password:
        raise UsageError("Credentials stand in the address of the API. Give a token instead.")
    if parts.query or parts.fragment:
        raise UsageError(
            "The address of the API has no '?' and no '#'. Write e.g. https://freshness.example.org."
        )
    if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
        raise UsageError("The token holds characters that no token has. Copy it again.")
    if token and parts.scheme == "http" and not (insecure or _is_here(host)):
        raise UsageError(
            f"A token would go to {host} unencrypted. Use https, or say 'insecure' if the network is trusted."
        )
    return url.rstrip("/")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
