"""What a route asks of its caller; every route says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import APIRoute

from featureguard.access import Caller, Scope
from featureguard.api.problems import ProblemError


class Needs:
    """A dependency that refuses callers without a scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:
        caller: Caller = request.state.caller
        if self.scope not in caller.scopes:
            raise ProblemError(
                "forbidden",
                f"This needs the scope '{self.scope}', which the token '{caller.name}' does not have.",
            )
        return caller


def router(scope: Scope, **parts: Any) -> APIRouter:
    """A router whose every route needs a scope."""
    return APIRouter(dependencies=[Depends(Needs(scope))], **parts)


def scopes_of(app: FastAPI) -> Iterator[tuple[str, str, Scope | None]]:
    """Every route of an application: method, path, and what it needs; `None` for a public one."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            needed = [d.call.scope for d in route.dependant.dependencies if isinstance(d.call, Needs)]
            for method in sorted(route.methods):
                yield method, route.path, needed[0] if needed else None
