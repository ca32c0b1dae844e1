"""Whatever the network does, the answer is a hold in time, never an allow and never an exception."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

from featureguard.client import Answer, AsyncClient, Client
from featureguard.client.asking import Asked, Got, Patience, Pause, Send, UnreachableError, steps
from featureguard.errors import UsageError
from featureguard.gate.documents import decision_to_dict
from featureguard.result import Code
from featureguard.verdict import Decision, Verdict

Ask = Callable[..., Answer]
ALLOWED = Decision("pricing", "train", datetime(2026, 11, 23, tzinfo=UTC), Verdict.ALLOW, Verdict.ALLOW)
HOLD = "hold", Code.GATE_UNREACHABLE, False, 4


def _blocking(url: str, **options: Any) -> Answer:
    with Client(url, **options) as client:
        return client.decide("pricing", "train", key="tonight")


def _asynchronous(url: str, **options: Any) -> Answer:
    async def ask() -> Answer:
        async with AsyncClient(url, **options) as client:
            return await client.decide("pricing", "train", key="tonight")

    return asyncio.run(ask())


@pytest.fixture(params=[_blocking, _asynchronous])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Decides about the same question, blocking and asynchronously."""
    found: Ask = request.param
    return found


def body(**changes: Any) -> bytes:
    """What the API answers when it allows."""
    told = {"id": "0" * 64, "key": "tonight", "allowed": True, "decision": decision_to_dict(ALLOWED)}
    return json.dumps(told | changes).encode()


def response(content: bytes, status: str = "200 OK", *headers: str, kind: str = "application/json") -> bytes:
    """An HTTP response, byte by byte."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + content


@contextmanager
def answering(*answers: bytes | float) -> Iterator[tuple[str, list[bytes]]]:
    """A network that answers one connection after the other so; a number: it says nothing for so long."""
    seen: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                seen.append(_request(connection))
                if isinstance(answer, float):
                    time.sleep(answer)
                else:
                    connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
    listener.close()
    thread.join(5)


def _request(connection: socket.socket) -> bytes:
    """One whole request."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65_536)
    head, _, content = got.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0
    )
    while len(content) < length:
        content += connection.recv(65_536)
    return head + b"\r\n\r\n" + content


def told(answer: Answer) -> tuple[str, Code | None, bool, int]:
    """Verdict, first code, whether it may start, and the exit code."""
    code = answer.decision.reasons[0].code if answer.decision.reasons else None
    return answer.decision.effective.value, code, answer.allowed, answer.exit_code


def test_an_answer_is_taken_as_it_is(ask: Ask) -> None:
    with answering(response(body())) as (url, seen):
        answer = ask(url, token="fg_secret")
    assert told(answer) == ("allow", None, True, 0)
    assert (answer.id, answer.reached) == ("0" * 64, True)
    assert b"Authorization: Bearer fg_secret" in seen[0]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        response(body())[:-10],
        response(body(), kind="text/html"),
        response(b"{"),
        response(b"[" * 100_000),
        response(b"null"),
        response(b"{}"),
        response(body(allowed=False)),
        response(body(decision=decision_to_dict(ALLOWED) | {"effective": "block"})),
        response(body(decision=decision_to_dict(ALLOWED) | {"effective": "sure"})),
        response(body(decision=decision_to_dict(ALLOWED) | {"subject": "other"})),
        response(body(decision=decision_to_dict(ALLOWED) | {"action": "serve"})),
        response(body(key="another")),
        response(body(id=None)),
        response(body(), "500 Oops"),
        response(body(), "307 Elsewhere", "Location: http://127.0.0.1:1/"),
        response(b" " * (8 << 20) + body()),
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
    ],
    ids=range(19),
)
def test_an_answer_that_makes_no_sense_is_a_hold(ask: Ask, answer: bytes) -> None:
    with answering(answer) as (url, _):
        found = ask(url, attempts=1)
    assert told(found) == HOLD
    assert found.reached is False


def test_a_service_that_says_nothing_is_a_hold_when_the_time_is_over(ask: Ask) -> None:
    with answering(30.0) as (url, _):
        began = time.monotonic()
        assert told(ask(url, timeout_seconds=0.2, attempts=3)) == HOLD
        assert time.monotonic() - began < 10  # not the 30 seconds that the service takes


def test_where_nobody_listens_is_a_hold(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert told(ask(f"http://127.0.0.1:{port}", timeout_seconds=1.0)) == HOLD
    assert told(ask("http://no.such.host.invalid", timeout_seconds=1.0, attempts=1)) == HOLD


@pytest.mark.parametrize("status", ["503 Busy", "502 Bad", "504 Late", "429 Slowly"])
def test_what_may_pass_is_asked_again_with_the_same_key(ask: Ask, status: str) -> None:
    with answering(response(b"{}", status), b"", response(body())) as (url, seen):
        assert told(ask(url)) == ("allow", None, True, 0)
    assert len(seen) == 3
    assert len({json.loads(one.partition(b"\r\n\r\n")[2])["key"] for one in seen}) == 1


@pytest.mark.parametrize(
    "status", ["401 Who", "403 No", "404 Nothing", "422 Wrong"], ids=lambda text: text.split()[0]
)
def test_a_wrong_question_is_an_error_that_says_what_the_api_said(ask: Ask, status: str) -> None:
    problem = json.dumps({"detail": "'pricin' is no subject.\x1b[2J"}).encode()
    with answering(response(problem, status, kind="application/problem+json")) as (url, seen):
        with pytest.raises(UsageError, match="'pricin' is no subject") as raised:
            ask(url)
        assert len(seen) == 1
    assert "\x1b" not in str(raised.value)


def test_a_repair_proceeds_where_the_gate_cannot_be_reached_and_says_so(ask: Ask) -> None:
    with answering(b"") as (url, _):
        found = ask(url, attempts=1, repairs=["train"])
    assert told(found) == ("warn", Code.GATE_UNREACHABLE, True, 0)
    assert found.id is None


def test_without_a_key_each_attempt_gets_one_of_its_own() -> None:
    with answering(b"", b"") as (url, seen), Client(url, attempts=1) as client:
        client.decide("pricing", "train")
        client.decide("pricing", "train")
    keys = {json.loads(one.partition(b"\r\n\r\n")[2])["key"] for one in seen}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://example.org", "no address"),
        ("example.org", "no address"),
        ("https://", "no address"),
        ("https://u:p@example.org", "Credentials"),
        ("https://example.org?x=1", "no '?'"),
        ("http://example.org", "unencrypted"),
        ("http://[", "no address"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused(url: str, said: str) -> None:
    for made in (Client, AsyncClient):
        with pytest.raises(UsageError, match=said):
            made(url, "fg_token")
    Client("http://example.org", "fg_token", insecure=True)
    Client("http://127.0.0.1:8080", "fg_token")


def test_a_token_is_nowhere_to_be_seen() -> None:
    client = Client("https://example.org", "fg_canary")
    assert "canary" not in repr(client)
    with pytest.raises(UsageError) as raised:
        Client("https://example.org", "fg_canary\r\nX: y")
    assert "canary" not in str(raised.value)


def _plan(got: list[Got], seconds: float = 10.0, attempts: int = 5) -> tuple[list[Send | Pause], Any]:
    """Run the steps with a clock that only pauses move."""
    now, taken, left = 0.0, list[Send | Pause](), iter(got)
    patience = Patience(seconds, attempts, random=lambda: 0.5, clock=lambda: now)
    plan = steps(Asked("GET", "/"), patience)
    answer: Got | None = None
    try:
        while True:
            taken.append(step := plan.send(answer))
            if isinstance(step, Pause):
                now, answer = now + step.seconds, None
            else:
                answer = next(left)
    except StopIteration as done:
        return taken, done.value
    except UnreachableError as error:
        return taken, error


GOOD = Got(200, {"content-type": "application/json"}, b"{}")


def test_pauses_grow_and_end_before_the_time_does() -> None:
    taken, answer = _plan([Got(503)] * 5 + [GOOD])
    assert [step.seconds for step in taken if isinstance(step, Pause)] == [0.05, 0.1, 0.2, 0.4]
    assert isinstance(answer, UnreachableError)
    taken, answer = _plan([Got(503)] * 5, seconds=0.12)
    assert [type(step) for step in taken] == [Send, Pause, Send]


def test_a_service_says_itself_when_to_come_back() -> None:
    taken, answer = _plan([Got(429, {"retry-after": "3"}), GOOD])
    assert [step.seconds for step in taken if isinstance(step, Pause)] == [3.0]
    assert answer == {}
    taken, answer = _plan([Got(429, {"retry-after": "30"}), GOOD])
    assert (len(taken), isinstance(answer, UnreachableError)) == (1, True)
