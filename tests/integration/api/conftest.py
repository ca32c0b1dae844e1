"""A running API on a small world, with a client that presents whatever token a test likes."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="fastapi (extra 'api') is not installed")
pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

import httpx
import uvicorn
from fastapi import FastAPI
from httpx import Response
from starlette.types import ASGIApp

from featureguard.access import Scope, Token, digest_of, id_of, new_secret
from featureguard.api.app import api, create_app
from featureguard.api.security.rate import Rate
from featureguard.api.service import Service
from tests.decision_world import World, world


class Api:
    """An API and the world behind it.

    Attributes:
        world: Its store, its catalog and its clock.
        service: What the routes use.
        routes: The application without what stands before it.
        client: Asks it.
    """

    def __init__(self, it: World, service: Service, routes: FastAPI, client: httpx.Client) -> None:
        self.world, self.service, self.routes, self.client = it, service, routes, client

    def refresh(self) -> None:
        """Let it see what was written."""
        self.service.keeper.refresh()

    def token(self, *scopes: Scope, expires: timedelta | None = None, name: str = "ci") -> str:
        """A new token that it knows."""
        secret, now = new_secret(), datetime.now(UTC)
        until = now + expires if expires is not None else None
        self.world.store.tokens.add(
            Token(str(id_of(secret)), name, frozenset(scopes), digest_of(secret), now, until)
        )
        self.refresh()
        return secret

    def get(self, path: str, token: str | None = None, **more: Any) -> Response:
        """Read."""
        return self.ask("GET", path, token, **more)

    def post(self, path: str, body: object, token: str | None = None, **more: Any) -> Response:
        """Send a document."""
        return self.ask("POST", path, token, json=body, **more)

    def ask(self, method: str, path: str, token: str | None = None, **more: Any) -> Response:
        """Send anything."""
        headers = more.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        return self.client.request(method, path, headers=headers, **more)


# Each client would read the certificates of all authorities anew.
_TLS = ssl.create_default_context()


class _Prompt(uvicorn.Server):
    """A server that ends at once; uvicorn looks ten times a second whether it should."""

    async def main_loop(self) -> None:
        ticks = 0
        while not self.should_exit:
            if ticks % 20 == 0:
                await self.on_tick(ticks // 20)
            ticks += 1
            await asyncio.sleep(0.005)


@contextmanager
def running(it: World, *, rate: Rate | None = None, **options: Any) -> Iterator[Api]:
    """The API on a world; what is written elsewhere is seen after `refresh`."""
    service = Service.on(
        it.store,
        lambda: it.catalog,
        clock=lambda: it.now,
        stamp=lambda: id(it.catalog),
        mode=it.mode,
        interval=timedelta(minutes=5),
        **options,
    )
    service.writer.start()
    service.keeper.refresh()
    app = create_app(service, rate=rate, owns_service=False)
    with listening(app) as url, httpx.Client(base_url=url, trust_env=False, verify=_TLS) as client:
        yield Api(it, service, api(service), client)
    service.writer.stop()


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """Serve an application over real HTTP; gives its address."""
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off")
    server = _Prompt(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def it(tmp_path: Path, store_url: str) -> Iterator[World]:
    """A world on SQLite, and on PostgreSQL."""
    with world(tmp_path, store_url) as made:
        yield made


@pytest.fixture
def asked(it: World) -> Iterator[Api]:
    """The API on it."""
    with running(it) as made:
        yield made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Api]:
    """The API on SQLite only, for what does not depend on the database."""
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as made, running(made) as api_:
        yield api_
