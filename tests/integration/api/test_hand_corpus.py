"""Each mistake of the hand corpus gets an answer, and none poisons a row.

Generated requests find little of it (`test_schema`), so it is written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import httpx
import pytest

from featureguard.access import Scope
from featureguard.api.service import Service
from tests.integration.api.conftest import Api
from tests.integration.api.hand_corpus import BODIES, PAGES, READS, Sent, corpus


def complaint(answer: httpx.Response) -> str | None:
    """What is wrong with an answer."""
    if answer.status_code >= 500:
        return "an error of the server"
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        if answer.headers.get("content-type") != "application/problem+json":
            # uvicorn itself refuses what is no HTTP.
            return None if answer.text == "Invalid HTTP request received." else "no problem document"
        if not {"type", "title", "status", "detail"} <= answer.json().keys():
            return "half a problem document"
    inside = ("Traceback", "site-packages", "sqlalchemy", ".py")
    return next((f"it tells of the inside: {word}" for word in inside if word in answer.text), None)


def complaints(api: Api, token: str | None, sent: Iterable[Sent]) -> list[str]:
    """What is wrong with the answers to many requests."""
    found = []
    for method, path, more in sent:
        given = more.get("headers", {})
        own = {} if token is None or "Authorization" in given else {"Authorization": f"Bearer {token}"}
        request = api.client.build_request(method, path, **{**more, "headers": {**own, **given}})
        try:
            answer = api.client.send(request)
        except httpx.RemoteProtocolError as error:
            found.append(f"{method} {path[:80]} {str(more)[:200]}: {error}")
            continue
        if why := complaint(answer):
            found.append(
                f"{method} {path[:80]} {str(more)[:200]}: {why}: {answer.status_code} {answer.text[:200]}"
            )
    return found


def test_no_mistake_breaks_the_service_or_what_it_keeps(asked: Api) -> None:
    token = asked.token(Scope.ADMIN)
    requests = list(corpus())
    assert len(requests) > 4_000
    assert complaints(asked, token, requests) == []
    asked.refresh()
    for path in READS:
        assert asked.get(path, token).status_code == 200, path
    for page in PAGES:
        assert asked.get(page, token, headers={"Accept": "text/html"}).status_code == 200, page


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_of_fifty_megabytes_is_refused_before_it_is_read(small: Api, declared: bool) -> None:
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(50):
            sent += 1 << 20
            yield b" " * (1 << 20)

    headers = {"Content-Type": "application/json"} | ({"Content-Length": str(50 << 20)} if declared else {})
    try:
        answer = small.client.post("/v1/observations", content=parts(), headers=headers)
    except httpx.WriteError:  # It answers and hangs up while we still send.
        assert sent < 50 << 20
        return
    assert answer.status_code == 413


def test_the_corpus_finds_a_route_that_crashes(small: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Service, "preview", crash)
    found = complaints(small, None, [("POST", "/v1/previews", {"json": BODIES["/v1/previews"]})])
    assert len(found) == 1
    assert "an error of the server" in found[0]
