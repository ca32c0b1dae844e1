"""The status page in Airflow: nobody passes by its login, nobody writes, and nothing leads elsewhere."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")
pytest.importorskip("prometheus_client", reason="prometheus-client (extra 'api') is not installed")

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from airflow_featureguard import hosting
from airflow_featureguard.fetching import fetch
from airflow_featureguard.links import address_of
from airflow_featureguard.plugin import FeatureGuardPlugin
from featureguard.access import Scope, Token, digest_of, id_of, new_secret
from featureguard.store import open_store
from tests.airflow_host.web import Web, connect, connect_project
from tests.decision_world import world
from tests.integration.api.conftest import Api, listening, running

pytestmark = pytest.mark.filterwarnings(  # Airflow itself imports what warns.
    "ignore::starlette.exceptions.StarletteDeprecationWarning"
)
ADDRESSES = [
    "/",
    "/datasets/rides",
    "/static/style.css",
    "/login",
    "/metrics",
    "/v1/datasets",
    "/docs",
    "/openapi.json",
    "/no/such/thing",
]
OUTSIDE = [
    "/login",
    "/logout",
    "/metrics",
    "/livez",
    "/v1/datasets",
    "/datasets/",
    "/datasets/..",
    "/datasets/%2e%2e%2flogin",
    "/datasets/rides%2f..%2f..%2fmetrics",
    "/datasets/rides%3fa=b",
    "/datasets/rides\\..",
    "/datasets//evil.example",
    "//evil.example/",
    "/@evil.example",
    "/http://evil.example/",
    "/static/..%2frouting.py",
    "/static/nothing.css",
    f"/?q={'x' * 2_000}",
]


@pytest.fixture(scope="module")
def web(airflow_home: Path) -> Iterator[Web]:
    from airflow.api_fastapi.app import create_app, purge_cached_app
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "admin:admin,viewer:viewer")
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a secret of this test session only, " * 3)
        with listening(create_app(apps="core")) as url:
            yield Web(url, SimpleAuthManager.get_passwords())
        purge_cached_app()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    connect_project(monkeypatch, tmp_path / "project")
    yield tmp_path / "project"
    hosting.stop()


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it, running(it) as found:
        it.look()
        connect(monkeypatch, host=str(found.client.base_url), password=found.token(Scope.READ))
        yield found


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_strangers_are_refused_everywhere(web: Web, path: str, method: str) -> None:
    assert web.get(path, None, method).status_code == 401


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("user", ["viewer", "admin"])
def test_nobody_writes(web: Web, path: str, user: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert web.get(path, user, method).status_code == 405


def test_a_forged_login_is_refused(web: Web) -> None:
    assert web.get("/", None, Authorization="Bearer eyJhbGciOiJub25lIn0.e30.").status_code in (401, 403)
    assert web.get("/", None, Cookie="_token=made-up").status_code in (401, 403)
    assert web.get("/", None, Cookie="featureguard_token=fg_made_up").status_code == 401


def test_a_viewer_sees_the_pages_of_an_api(web: Web, api: Api) -> None:
    for path in ("/", "/datasets/rides", "/subjects/pricing", "/incidents", "/scorecard?days=7", "/runbooks"):
        found = web.get(path)
        assert (found.status_code, found.headers["content-type"]) == (200, "text/html; charset=utf-8"), path
    assert "rides" in web.get("/").text
    assert "No dataset is like that" in web.get("/?q=walks&state=&tier=").text
    assert web.get("/?state=odd").status_code == 422
    assert "no dataset &#39;walks&#39;" in web.get("/datasets/walks").text


def test_a_viewer_sees_the_pages_of_a_project(web: Web, project: Path) -> None:
    assert '<a href="/featureguard/datasets/rides">' in web.get("/").text
    assert "Sign out" not in web.get("/").text
    assert [web.get(path).status_code for path in ("/subjects/pricing", "/scorecard")] == [200, 200]


def test_whoever_passed_airflows_login_needs_no_token_of_the_store(web: Web, project: Path) -> None:
    with open_store(f"sqlite:///{project}/store.db", simulated=True) as store:
        secret = new_secret()
        scopes = frozenset({Scope.READ})
        store.tokens.add(Token(str(id_of(secret)), "ci", scopes, digest_of(secret), datetime.now(UTC)))
    assert web.get("/").status_code == 200


def test_an_application_of_another_connection_takes_the_place_of_the_first(
    web: Web, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert web.get("/subjects/pricing").status_code == 200
    first = hosting._RUNNING[0][1]
    connect_project(monkeypatch, tmp_path / "other")
    assert web.get("/subjects/pricing").status_code == 200
    assert len(hosting._RUNNING) == 1
    assert hosting._RUNNING[0][1] is not first


def test_a_hundred_that_look_while_it_starts_keep_nobody_from_other_work(
    airflow_home: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def views() -> list[str]:
        looking = [asyncio.create_task(fetch("featureguard_default", "/", {})) for _ in range(100)]
        while not starts:
            await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            assert await asyncio.to_thread(lambda: "done") == "done"
        may_start.set()
        return [html for _, html in await asyncio.gather(*looking)]

    def slowly(settings: Any) -> Any:
        starts.append(settings)
        may_start.wait(30)
        return usual(settings)

    starts: list[Any] = []
    may_start, usual = threading.Event(), hosting._service
    monkeypatch.setattr(hosting, "_service", slowly)
    assert all("rides" in html for html in asyncio.run(views()))
    assert len(starts) == 1


def test_a_token_that_is_not_known_or_may_not_read_is_told(
    web: Web, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for secret in (api.token(Scope.OBSERVE), new_secret(), None):
        connect(monkeypatch, host=str(api.client.base_url), password=secret)
        found = web.get("/")
        assert (found.status_code, "refuses the token" in found.text) == (502, True)


def test_every_address_of_a_page_leads_back_into_airflow(web: Web, api: Api) -> None:
    for path in ("/", "/datasets/rides", "/subjects/pricing", "/incidents", "/scorecard", "/runbooks"):
        text = web.get(path).text
        found = re.findall(r'(?:href|src|action|hx-get)="(/[^"]*)"', text)
        assert found, path
        assert [one for one in found if not one.startswith("/featureguard/")] == []
        for address in {one.partition("#")[0] for one in found}:
            status = web.get(address.removeprefix("/featureguard")).status_code
            assert status == 200, (path, address)


def test_the_browser_is_told_to_keep_the_page_in_its_place(web: Web, api: Api) -> None:
    headers = web.get("/").headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    here = f"{web.url}/featureguard/"
    assert policy["default-src"] == policy["base-uri"] == "'none'"
    assert (policy["connect-src"], policy["form-action"]) == (here, here)
    assert policy["script-src"] == f"{here}static/htmx.min.js"
    assert (policy["frame-ancestors"], headers["x-frame-options"]) == ("'self'", "SAMEORIGIN")
    assert headers["cache-control"] == "no-store"
    odd = web.get("/", Host="evil.example;script-src *").headers["content-security-policy"]
    assert "evil" not in odd


def test_neither_cookies_nor_headers_pass_and_scripts_of_others_neither(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, str]] = []

    async def hostile(scope: AsgiScope, receive: Receive, send: Send) -> None:
        seen.append({name.decode(): value.decode() for name, value in scope["headers"]})
        headers = {"Set-Cookie": "_token=evil", "HX-Redirect": "https://evil.example"}
        await HTMLResponse("<p>hello", headers=headers)(scope, receive, send)

    with listening(hostile) as url:
        connect(monkeypatch, host=url, password="fg_secret")
        found = web.get("/", Referer=f"{web.url}/secret")
        assert b"htmx" in web.get("/static/htmx.min.js").content
    assert not {"set-cookie", "hx-redirect"} & set(found.headers)
    assert len(seen) == 1
    assert seen[0]["authorization"] == "Bearer fg_secret"
    assert not {"cookie", "referer"} & set(seen[0])


def test_nothing_but_pages_is_asked_for(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    async def noting(scope: AsgiScope, receive: Receive, send: Send) -> None:
        seen.append(scope["path"])
        await HTMLResponse("<p>hello")(scope, receive, send)

    with listening(noting) as url:
        connect(monkeypatch, host=url)
        for path in OUTSIDE:
            assert (web.status(path), web.status(path, None)) == (404, 401), path
        assert web.status("/datasets/rides%0d%0aHost:evil.example") == 404  # By Airflow's own router.
        assert web.get("/datasets/rides").status_code == 200
    assert seen == ["/datasets/rides"]


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (RedirectResponse("/login?next=/"), 502, "refuses the token"),
        (Response("no", 401), 502, "refuses the token"),
        (Response("no", 403), 502, "refuses the token"),
        (RedirectResponse("http://169.254.169.254/"), 502, "refuses the token"),
        (HTMLResponse("Traceback: secret", 500), 502, "gave no page (HTTP 500)"),
        (HTMLResponse("busy", 503), 503, "not ready yet"),
        (Response("{}", media_type="application/json"), 502, "gave no page (HTTP 200)"),
        (HTMLResponse("x" * (9 << 20)), 503, "cannot be reached"),
    ],
)
def test_an_api_that_answers_wrongly_is_told_in_a_sentence(
    web: Web, monkeypatch: pytest.MonkeyPatch, answer: ASGIApp, status: int, told: str
) -> None:
    with listening(answer) as url:
        connect(monkeypatch, host=url, password="fg_secret")
        found = web.get("/")
    assert (found.status_code, told in found.text) == (status, True)
    assert "secret" not in found.text


def test_an_api_that_says_nothing_is_waited_for_as_long_as_the_connection_says(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        connect(monkeypatch, host=url, extra={"timeout_seconds": 0.3})
        began = time.monotonic()
        assert web.get("/").status_code == 503
        assert time.monotonic() - began < 5


def test_a_connection_that_is_missing_or_wrong_is_told_without_its_secrets(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = web.get("/")
    assert (found.status_code, "There is no connection" in found.text) == (503, True)
    connect(monkeypatch, host="http://freshness.example.org", password="fg_secret")
    found = web.get("/")
    assert (found.status_code, "cannot be read" in found.text, "fg_secret" in found.text) == (
        503,
        True,
        False,
    )
    for extra in ({"project": "/no/such/project"}, {"project": 7, "environment": ["odd"]}):
        connect(monkeypatch, extra=extra)
        found = web.get("/")
        assert (found.status_code, "/no/such" in found.text) == (503, False)
    connect(monkeypatch, host="http://127.0.0.1:9")
    assert "cannot be reached" in web.get("/").text


def test_the_page_is_in_the_menu_and_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = FeatureGuardPlugin()
    (view,) = plugin.external_views
    assert (view["name"], view["href"], view["destination"]) == ("Feature freshness", "/featureguard/", "nav")
    assert [one["url_prefix"] for one in plugin.fastapi_apps] == ["/featureguard"]
    monkeypatch.setenv("AIRFLOW__FEATUREGUARD__PAGE", "False")
    off = FeatureGuardPlugin()
    assert (off.fastapi_apps, off.external_views) == ([], [])


def test_links_lead_to_an_airflow_behind_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://example.org/airflow/")
    assert FeatureGuardPlugin().external_views[0]["href"] == "/airflow/featureguard/"
    assert address_of("pricing", "train") == "/airflow/featureguard/subjects/pricing#train"


def test_a_page_that_cannot_be_put_behind_the_login_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr("airflow.api_fastapi.core_api.security.requires_access_asset")
    monkeypatch.delitem(sys.modules, "airflow_featureguard.page", raising=False)
    assert FeatureGuardPlugin().fastapi_apps == []
    assert [record.message.partition(":")[0] for record in caplog.records] == ["The status page is left out"]
