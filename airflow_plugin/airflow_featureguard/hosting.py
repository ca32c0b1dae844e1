"""Our own application on a project's store, run inside Airflow's web server for whoever may look there."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featureguard.api.security.asgi import Receive, Scope, Send
    from featureguard.api.service import Service

INTERVAL = timedelta(seconds=5)
"""How often the store is asked what changed."""


class Application:
    """The status page, and nothing that needs more than to read.

    Args:
        settings: `project`, `environment` and `now`, as `featureguard.desk.open_desk` takes them.

    Raises:
        FeatureGuardError: If the project, its contracts or its store cannot be read.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        from featureguard.access import Caller, Scope
        from featureguard.errors import MissingExtraError

        try:
            from featureguard.api.app import api
            from featureguard.api.page import views
            from featureguard.api.security.shell import Shell
        except ModuleNotFoundError as error:
            raise MissingExtraError(str(error.name), "api") from error
        self._service = _service(settings)
        self._service.keeper.ahead = views.ahead
        self._caller = Caller("airflow", frozenset({Scope.READ}))
        self._shell = Shell(self._known)
        self._routes = api(self._service)
        self._service.start()

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as ASGI has it."""
        await self._shell(scope, receive, send)

    @property
    def is_ready(self) -> bool:
        """Whether there is a picture, or the store cannot be read."""
        keeper = self._service.keeper
        return keeper.fleet is not None or keeper.health.store_problem is not None

    def stop(self) -> None:
        """End its threads, and let go of the store."""
        self._service.stop()
        self._service.store.close()

    async def _known(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Airflow knows who it is; tokens are for those who ask from outside.
        scope["state"]["caller"] = self._caller
        await self._routes(scope, receive, send)


async def application_on(settings: dict[str, Any]) -> Application:
    """The one application of this process: started when somebody looks, and stopped at the end.

    However many look while it starts, only one thread is kept from other work, and it is ours.

    Raises:
        FeatureGuardError: If the project, its contracts or its store cannot be read.
    """
    return await asyncio.get_running_loop().run_in_executor(_STARTER, _application_on, settings)


def _application_on(settings: dict[str, Any]) -> Application:
    with _LOCK:
        if _RUNNING and _RUNNING[0][0] == settings:
            return _RUNNING[0][1]
        _stop()
        _RUNNING.append((settings, Application(settings)))
        return _RUNNING[0][1]


def stop() -> None:
    """Stop it, if it runs."""
    with _LOCK:
        _stop()


def _stop() -> None:
    while _RUNNING:
        _RUNNING.pop()[1].stop()


def _service(settings: Mapping[str, Any]) -> Service:
    from featureguard.api.service import Service, stamp_of
    from featureguard.desk import catalog_of, clock_of
    from featureguard.project import load_project
    from featureguard.store import open_store

    folder = settings.get("project")
    project = load_project(Path(folder) if folder else None, os.environ, settings.get("environment"))
    clock = clock_of(project, settings.get("now"))
    catalog_of(project)  # Wrong contracts are told at once, and not by a picture that never comes.
    return Service.on(
        open_store(project.store_url(os.environ), simulated=project.simulated),
        lambda: catalog_of(project),
        clock=clock,
        stamp=stamp_of(project.catalog_places),
        mode=project.enforcement,
        interval=INTERVAL,
    )


_LOCK = threading.Lock()
_STARTER = ThreadPoolExecutor(1, "featureguard-page")
_RUNNING: list[tuple[dict[str, Any], Application]] = []
atexit.register(stop)
