"""The application: routes, errors as problems, and what stands before them."""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from itertools import chain

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from featureguard.api.described.document import DescribedApi
from featureguard.api.page import entrance, views
from featureguard.api.page import routes as page
from featureguard.api.page.rendering import HTML, render
from featureguard.api.problems import MEDIA_TYPE, ProblemError, problem_of
from featureguard.api.routes import datasets, gate, observations, people, running
from featureguard.api.security.body import BodyLimit
from featureguard.api.security.gatekeeper import Gatekeeper, is_page
from featureguard.api.security.rate import Rate
from featureguard.api.security.shell import Shell, crash
from featureguard.api.service import Service
from featureguard.errors import FeatureGuardError
from featureguard.serving.settler import settler

_log = logging.getLogger("featureguard.api")
OBSERVATIONS = "/v1/observations"
LARGEST_OBSERVATIONS = 8 << 20
"""Most bytes of one batch of observations; 1 MiB elsewhere."""

_DESCRIPTION = (
    "May this model be trained, promoted or served now, and why not? Freshness, objectives, incidents and "
    "decisions from recorded evidence. Times are ISO 8601 with a zone, ages and durations seconds, ratios in "
    "[0, 1]; null is not measured. Errors are problem details (RFC 9457)."
)


def create_app(
    service: Service,
    *,
    open_to: frozenset[str] | None = frozenset(),
    rate: Rate | None = None,
    owns_service: bool = True,
) -> ASGIApp:
    """The whole application.

    Args:
        service: What it answers from.
        open_to: Further names of this machine under which anybody on it may ask while there are no tokens;
            `None`: a token is always needed.
        rate: How often each caller may ask; `None`: as often as it likes.
        owns_service: Start and stop the service with the application.
    """
    app = api(service, owns_service=owns_service)
    settle = settler(service.store.settled)
    service.keeper.ahead = lambda fleet: chain(views.ahead(fleet), settle(fleet))
    limited = BodyLimit(app, most_at={OBSERVATIONS: LARGEST_OBSERVATIONS})
    kept = Gatekeeper(
        limited,
        tokens=lambda: service.keeper.tokens,
        open_to=open_to,
        clock=service.wall_clock,
        rate=rate,
    )
    return Shell(kept)


def api(service: Service, *, owns_service: bool = False) -> FastAPI:
    """The routes, without what stands before them."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if owns_service:
            service.start()
        yield
        if owns_service:
            service.stop()

    app = DescribedApi(
        title="featureguard",
        version=importlib.metadata.version("featureguard"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        redirect_slashes=False,
        generate_unique_id_function=_name,
    )
    app.state.service = service
    app.router.routes.extend(_routes())
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(FeatureGuardError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _crash)
    return app


def _name(route: APIRoute) -> str:
    return route.name


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Every route, made once: they hold nothing of an application."""
    found = APIRouter(generate_unique_id_function=_name)
    for routes in (
        gate.previews,  # What is asked most is looked for first.
        gate.decisions,
        observations.routes,
        running.public,
        running.reads,
        gate.confirmations,
        gate.reads,
        datasets.routes,
        people.reads,
        people.writes,
        entrance.public,
        entrance.signed_in,
        page.routes,
    ):
        found.include_router(routes)
    return tuple(found.routes)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    if is_page(request.scope):
        return _problem_page(error)
    return Response(error.body(), error.status, headers=dict(error.headers), media_type=MEDIA_TYPE)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, FeatureGuardError)
    problem = problem_of(error)
    if problem.status >= 500:
        _log.error("request %s: %s", request.state.request_id, error)
    return await _problem(request, problem)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"field": ".".join(map(str, one["loc"]))[:300], "message": str(one["msg"])[:300]}
        for one in error.errors()[:20]
    ]
    told = "; ".join(f"{one['field']}: {one['message']}" for one in errors[:3])
    return await _problem(
        request, ProblemError("invalid", f"The request is not valid: {told}.", errors=errors)
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        headers = {"Allow": (error.headers or {}).get("Allow", "GET")}
        told = f"{request.method} is not possible here."
        return await _problem(request, ProblemError("method-not-allowed", told, headers=headers))
    if error.status_code == 404:
        return await _problem(request, ProblemError("not-found", "There is nothing at this address."))
    return await _problem(request, ProblemError("invalid", str(error.detail)))


async def _crash(request: Request, _: Exception) -> Response:
    return await _problem(request, crash(request.state.request_id))


def _problem_page(error: ProblemError) -> Response:
    content = render(
        "problem.html",
        here="",
        title=error.title,
        detail=error.detail,
        status=error.status,
        leaves=False,
    )
    looks_again = {"Refresh": "2"} if error.kind == "not-ready" else {}
    return Response(content, error.status, headers={**error.headers, **looks_again}, media_type=HTML)
