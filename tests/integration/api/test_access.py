"""Nobody asks what their token does not allow; every route is tried with every scope."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from featureguard.access import Scope, implied, new_secret
from featureguard.api.security.rate import Rate
from featureguard.api.security.scopes import scopes_of
from tests.decision_world import world
from tests.integration.api.conftest import Api, running

PUBLIC = {
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/static/{name}"),
}
PARAMETERS = {"dataset": "rides", "subject": "pricing", "decision_id": "0" * 16, "key": "0" * 8}


def example(path: str) -> str:
    """A path with its parameters filled in."""
    return re.sub(r"\{(\w+)\}", lambda found: PARAMETERS.get(found[1], "0" * 16), path)


def test_every_route_but_probes_and_the_way_in_needs_a_scope(small: Api) -> None:
    needs = {(method, path): scope for method, path, scope in scopes_of(small.routes)}
    assert {route for route, scope in needs.items() if scope is None} == PUBLIC
    assert {scope for scope in needs.values() if scope} >= {Scope.READ, Scope.GATE, Scope.WAIVE}
    assert all(scope is Scope.READ for (method, _), scope in needs.items() if method == "GET" and scope)


def test_each_route_lets_in_exactly_the_scopes_that_imply_its_own(small: Api) -> None:
    tokens = {scope: small.token(scope) for scope in Scope}
    wrong = []
    for method, path, needed in scopes_of(small.routes):
        for scope, token in tokens.items():
            status = small.ask(method, example(path), token, json=None if method == "GET" else {}).status_code
            allowed = needed is None or needed in implied([scope])
            if (status != 403) is not allowed:
                wrong.append((method, path, scope, status))
    assert wrong == []


@pytest.mark.parametrize("path", ["/v1/datasets", "/v1/decisions", "/v1/openapi.json", "/nowhere"])
def test_without_a_good_token_everything_looks_the_same(small: Api, path: str) -> None:
    small.token(Scope.ADMIN)
    expired = small.token(Scope.ADMIN, expires=-timedelta(seconds=1))
    revoked = small.token(Scope.ADMIN)
    small.world.store.tokens.revoke(revoked.split("_")[1], at=small.service.wall_clock())
    small.refresh()
    answers = [small.get(path, token) for token in (None, expired, revoked, new_secret(), "x", "fg__")]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in answers)


def test_a_probe_needs_no_token(small: Api) -> None:
    small.token(Scope.READ)
    assert [small.get(path).status_code for path in ("/livez", "/readyz")] == [200, 200]


def test_a_revoked_token_is_refused_from_the_next_snapshot_on(small: Api) -> None:
    token = small.token(Scope.READ)
    assert small.get("/v1/datasets", token).status_code == 200
    small.world.store.tokens.revoke(token.split("_")[1][:6], at=small.service.wall_clock())
    small.refresh()
    assert small.get("/v1/datasets", token).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", "Bearer {}"), ("Authorization", "Bearer {}")],
        [("Authorization", "bearer  {}")],
        [("Authorization", "Basic {}")],
        [("Authorization", "{}")],
        [("Authorization", "Bearer {}" + "a" * 300)],
        [("Cookie", 'featureguard_token="{}')],
    ],
)
def test_a_token_in_a_strange_wrapping_is_no_token(small: Api, headers: list[tuple[str, str]]) -> None:
    token = small.token(Scope.READ)
    sent = [(name, value.format(token)) for name, value in headers]
    assert small.client.get("/v1/datasets", headers=sent).status_code == 401


def test_a_cookie_is_a_token_for_pages_of_this_service_only(small: Api) -> None:
    token = small.token(Scope.ADMIN)
    cookie = {"Cookie": f"featureguard_token={token}"}
    assert small.get("/v1/datasets", headers=cookie).status_code == 200
    body = {"subject": "pricing", "action": "train"}
    for elsewhere in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
    ):
        assert small.post("/v1/decisions", body, headers=cookie | elsewhere).status_code == 403
    assert small.world.store.decisions.recorded() == []
    home = str(small.client.base_url).rstrip("/")
    assert small.post("/v1/decisions", body, headers=cookie | {"Origin": home}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "[", ""])
def test_without_tokens_only_this_machine_is_answered_by_its_own_name(small: Api, host: str) -> None:
    assert small.get("/v1/datasets", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:1"])
def test_without_tokens_this_machine_is_answered(small: Api, host: str) -> None:
    assert small.get("/v1/datasets", headers={"Host": host}).status_code == 200


def test_without_tokens_another_site_cannot_make_a_browser_ask(small: Api) -> None:
    body = {"subject": "pricing", "action": "train"}
    assert small.post("/v1/decisions", body, headers={"Origin": "https://evil.example"}).status_code == 403
    assert small.world.store.decisions.recorded() == []


def test_a_caller_that_asks_too_often_waits_and_others_do_not(tmp_path: Path) -> None:
    with (
        world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it,
        running(it, rate=Rate(per_second=0.001, burst=3)) as asked,
    ):
        busy, quiet = asked.token(Scope.READ), asked.token(Scope.READ)
        answers = [asked.get("/v1/datasets", busy) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 1
        assert asked.get("/v1/datasets", quiet).status_code == 200


def test_guessing_tokens_is_slowed_down_and_who_has_one_at_the_same_address_is_not(small: Api) -> None:
    good = small.token(Scope.READ)
    statuses = [small.get("/v1/datasets", new_secret()).status_code for _ in range(25)]
    assert statuses[:20] == [401] * 20
    assert 429 in statuses[20:]
    assert small.get("/v1/datasets", good).status_code == 200


def test_while_nobody_knows_the_tokens_nobody_is_let_in(small: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small.service.keeper, "tokens", None)
    answer = small.get("/v1/datasets")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:featureguard:problem:not-ready")
    assert small.get("/livez").status_code == 200
