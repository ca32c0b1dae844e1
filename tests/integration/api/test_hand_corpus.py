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
from tests.integration.api.hand_corpus import BODIES, PAGES, READS, WAIVER, Sent, corpus, forms, with_ids
from tests.thorough import THOROUGH


def complaint(answer: httpx.Response) -> str | None:
    """What is wrong with an answer."""
    if answer.status_code >= 500:
        return "an error of the server"
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        if answer.request.url.path == "/login" and answer.headers.get("content-type", "").startswith(
            "text/html"
        ):
            return None
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


def known_ids(api: Api) -> dict[str, str]:
    """A decision, a waiver that waits for its approval, and an open incident."""
    decision = api.post("/v1/decisions", {"subject": "pricing", "action": "train"}, api.token(Scope.GATE))
    waiver = api.post("/v1/waivers", WAIVER, api.token(Scope.WAIVE, name="ann"))
    api.world.go_stale()
    api.refresh()
    (group,) = api.get("/v1/incidents", api.token(Scope.READ)).json()["groups"]
    return {
        "decision": decision.json()["id"],
        "waiver": waiver.json()["id"],
        "incident": group["roots"][0]["key"],
    }


def test_no_mistake_breaks_the_service_or_what_it_keeps(asked: Api) -> None:
    token, requests = asked.token(Scope.ADMIN), list(corpus())
    ids = known_ids(asked)
    about_known = [with_ids(one, ids) for one in requests if "<" in one[1]]
    requests = [with_ids(one, dict.fromkeys(ids, "0" * 16)) for one in requests]
    assert (len(requests) > 4_000, len(about_known) > 250) == (True, True)
    some = [*requests[:: 1 if THOROUGH else 10], *about_known]
    assert complaints(asked, token, some) == []
    asked.refresh()
    for path in READS:
        assert asked.get(path, token).status_code == 200, path
    for page in PAGES:
        assert asked.get(page, token, headers={"Accept": "text/html"}).status_code == 200, page


def test_no_mistake_breaks_the_login(small: Api) -> None:
    small.token(Scope.READ)
    for number, (method, path, more) in enumerate(forms()):
        # Few may be wrong at one address in a minute.
        local = httpx.HTTPTransport(local_address=f"127.0.1.{1 + number // 15}")
        with httpx.Client(base_url=small.client.base_url, transport=local, trust_env=False) as client:
            answer = client.request(method, path, **more)
        assert (answer.status_code, complaint(answer)) == (401, None), (more, answer.text)


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
