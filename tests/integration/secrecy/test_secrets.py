"""A secret that somebody hands in, or puts where it does not belong, turns up nowhere."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

pytest.importorskip("fastapi", reason="fastapi (extra 'api') is not installed")
httpx = pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

from featureguard.access import Scope, Token, digest_of, id_of, new_secret
from featureguard.store import open_store
from tests.decision_world import damage
from tests.integration.crash.served import project, serving
from tests.integration.secrecy.canaries import MARK, canary, rows_of, said, seen_in

COMMAND = str(Path(sys.executable).with_name("featureguard"))
PAGES = ["/", "/datasets/rides", "/subjects/pricing", "/incidents?all=1", "/scorecard", "/runbooks", "/login"]
READS = ["/v1/datasets", "/v1/decisions", "/v1/waivers?all=true", "/v1/openapi.json", "/metrics", "/readyz"]
HTML = {"Accept": "text/html"}


def hostile(token: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Requests with canaries wherever a client may put one; none of them is meant to be kept."""
    bearer = {"Authorization": f"Bearer {token}"}
    secret = {name: canary(f"body-{name}") for name in ("subject", "password", "action", "key")}
    return [
        ("GET", "/v1/datasets", {"headers": {"Authorization": f"Bearer {canary('bad-token')}"}}),
        ("GET", "/v1/datasets", {"headers": {"Authorization": f"Basic {canary('basic')}"}}),
        ("GET", "/", {"headers": {"Cookie": f"featureguard_token={canary('cookie')}", **HTML}}),
        ("GET", "/v1/datasets", {"headers": bearer | {"X-Request-Id": canary("request id!")}}),
        ("GET", "/v1/datasets", {"headers": bearer | {"Referer": f"https://x/?token={canary('referer')}"}}),
        ("GET", "/v1/datasets", {"headers": bearer | {"User-Agent": canary("agent")}}),
        ("GET", f"/v1/datasets?owner={canary('query')}", {"headers": bearer}),
        ("GET", f"/?q={canary('search')}", {"headers": bearer | HTML}),
        ("GET", f"/nowhere?token={canary('query-of-nothing')}", {"headers": bearer}),
        ("POST", "/login", {"data": {"token": canary("login"), "next": "/"}}),
        ("POST", "/v1/previews", {"headers": bearer, "json": secret}),
        ("POST", "/v1/decisions", {"headers": bearer, "json": secret}),
        (
            "POST",
            "/v1/observations",
            {"headers": bearer, "json": {"readings": [{"token": canary("reading")}]}},
        ),
        ("POST", "/v1/waivers", {"headers": bearer, "content": f'{{"reason": "{canary("broken json")}'}),
    ]


def with_token(store: str) -> str:
    """A token of an administrator, which is a canary too."""
    secret = new_secret()
    with open_store(store) as opened:
        found = Token(
            str(id_of(secret)), "ci", frozenset([Scope.ADMIN]), digest_of(secret), datetime.now(UTC)
        )
        opened.tokens.add(found)
    return secret


def with_password(store: str) -> str:
    """The same store; on PostgreSQL as somebody whose password is a canary."""
    url = make_url(store)
    if url.get_backend_name() == "sqlite":
        return store
    role, password = f"guard_{url.database}", canary("good-password")
    damage(store, f"CREATE ROLE {role} SUPERUSER LOGIN PASSWORD '{password}'")
    return url.set(username=role, password=password).render_as_string(hide_password=False)


def test_a_secret_gets_into_no_log_page_metric_or_row(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = with_password(store_url)
    home, token, texts = (
        project(tmp_path / "project", "{env: STORE_URL}"),
        with_token(store),
        dict[str, str](),
    )
    monkeypatch.setenv("STORE_URL", store)
    for name in ("AWS_SECRET_ACCESS_KEY", "FEATUREGUARD_TOKEN", "MY_PASSWORD"):
        monkeypatch.setenv(name, canary(f"environment-{name}"))
    bearer = {"Authorization": f"Bearer {token}"}
    with serving(home) as (url, _), httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
        for method, path, more in hostile(token):
            client.request(method, path, **more)
        damage(store, "ALTER TABLE fg_looks RENAME TO fg_lost")
        texts["a problem of the store"] = client.get("/v1/datasets/rides/results", headers=bearer).text
        damage(store, "ALTER TABLE fg_lost RENAME TO fg_looks")
        for path in (*PAGES, *READS):
            texts[path] = client.get(path, headers=bearer | (HTML if path in PAGES else {})).text
    texts["log"] = (home / "serve.log").read_text()
    assert "/v1/observations" in texts["log"]
    texts |= {f"table {name}": text for name, text in rows_of(store).items()}
    assert seen_in(texts) == []
    assert [name for name, text in texts.items() if token in text] == []


@pytest.mark.long
def test_a_password_of_postgresql_is_not_told_when_nobody_answers(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="psycopg (extra 'postgres') is not installed")
    url = f"postgresql+psycopg://me:{canary('pg')}@127.0.0.1:1/evidence?password={canary('pg-query')}"
    fail_without_telling(tmp_path, url, "127.0.0.1")


@pytest.mark.postgres
def test_a_password_of_postgresql_is_not_told_when_the_server_refuses(
    tmp_path: Path, postgres_database: str
) -> None:
    url = make_url(postgres_database).set(username="stranger", password=canary("pg"))
    fail_without_telling(tmp_path, url.render_as_string(hide_password=False), "stranger")


def fail_without_telling(folder: Path, store: str, named: str) -> None:
    """Every command fails, names what it could not reach, and tells no secret."""
    home = project(folder / "project", "{env: STORE_URL}")
    environ = os.environ | {"STORE_URL": store}
    for command in (["serve", "--port", "0"], ["status"], ["gate", "pricing", "--for", "train"], ["slo"]):
        code, told = said([COMMAND, *command], home, environ)
        assert code != 0
        assert named in told
        assert seen_in({" ".join(command): told}) == []


@pytest.mark.parametrize(
    "contract",
    [
        "source: {{kind: parquet, path: 's3://me:{0}@bucket/x'}}",
        pytest.param(
            "source: {{kind: parquet, path: 's3://bucket/x?secret_key={0}'}}", marks=pytest.mark.long
        ),
        pytest.param(
            "source: {{kind: parquet, path: lake/, connection: 's3://me:{0}@bucket'}}", marks=pytest.mark.long
        ),
        pytest.param("source: {{kind: parquet, path: lake/, password: '{0}'}}", marks=pytest.mark.long),
        "password: {0}",
    ],
)
def test_a_secret_in_a_contract_is_refused_and_not_repeated(tmp_path: Path, contract: str) -> None:
    home = project(tmp_path / "project", f"sqlite:///{tmp_path}/store.db")
    written = (home / "contracts" / "rides.yaml").read_text() + contract.format(canary("contract")) + "\n"
    (home / "contracts" / "rides.yaml").write_text(written)
    for command in (["validate"], ["serve", "--port", "0"], ["status"]):
        code, told = said([COMMAND, *command], home, os.environ)
        assert code == 2
        assert "rides.yaml" in told
        assert seen_in({" ".join(command): told}) == []


def test_control_a_canary_that_is_kept_is_found(tmp_path: Path) -> None:
    from featureguard.store.notes import NoteFact
    from tests.builders import NOW

    store = f"sqlite:///{tmp_path}/store.db"
    with open_store(store) as opened:
        opened.add_note(NoteFact("0" * 16, "note", "ann", NOW, f"the password is {canary('note')}"))
    (found,) = seen_in(rows_of(store))
    assert found.startswith("fg_notes: ")
    assert MARK in found
