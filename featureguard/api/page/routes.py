"""The status page: what stands, what does not, and why; for people, without JavaScript if need be."""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import BeforeValidator, Field

from featureguard.access import Scope
from featureguard.api.page.rendering import HTML, query, render
from featureguard.api.page.views import Wanted, dataset_view, fleet_view, incidents_view, subject_view
from featureguard.api.problems import ProblemError
from featureguard.api.replies import service_of
from featureguard.api.routes.running import draw_up
from featureguard.api.security.gatekeeper import COOKIE
from featureguard.api.security.scopes import router
from featureguard.problems import suggestion
from featureguard.publish.alert import Wishes
from featureguard.publish.rules import alert_groups
from featureguard.publish.runbooks import TITLES
from featureguard.serving.fleet import Fleet, State
from featureguard.serving.known import MONTH
from featureguard.trouble import trouble
from featureguard.wire.scalars import Name

routes = router(Scope.READ, include_in_schema=False)

_MOMENT = timedelta(microseconds=1)
_RECENT = 20


def _nothing(value: object) -> object:
    """A form sends an empty text for what nobody chose."""
    return None if value == "" else value


def _days(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 5 else value


Days = Annotated[Literal[7, 28, 90, 365], BeforeValidator(_days)]


@routes.get("/")
async def show_fleet(
    request: Request,
    q: Annotated[str, Query(max_length=100)] = "",
    state: Annotated[State | None, BeforeValidator(_nothing)] = None,
    tier: Annotated[Annotated[int, Field(ge=0, le=3)] | None, BeforeValidator(_nothing)] = None,
    owner: Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(_nothing)] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """All datasets by tier, and what the gate would say to each subject."""
    wanted = Wanted(state, tier, owner, q, page)

    def draw(fleet: Fleet) -> dict[str, Any]:
        chosen = {"q": q, "state": state and state.value, "tier": tier, "owner": owner}

        def page_address(number: int) -> str:
            return f"/?{query(**chosen, page=number)}"

        return {
            "view": fleet_view(fleet, wanted),
            "wanted": wanted,
            "filtered": wanted != Wanted(page=page),
            "tiers": {name: subject.tier for name, subject in fleet.catalog.subjects.items()},
            "address": page_address(page),
            "page_address": page_address,
        }

    return await _page(request, "fleet.html", draw)


@routes.get("/datasets/{dataset}")
async def show_dataset(request: Request, dataset: Name, days: Days = 28) -> Response:
    """One dataset: its age over time, its null rates, incidents, evidence and contracts."""
    service = service_of(request)

    def draw(fleet: Fleet) -> dict[str, Any]:
        if dataset not in fleet.known:
            hint = suggestion(dataset, sorted(fleet.known))
            raise ProblemError("not-found", f"The catalog has no dataset '{dataset}'.{hint}")
        start, until = fleet.as_of - timedelta(days=days), fleet.as_of + _MOMENT
        results = service.store.results(dataset, start, until)
        books = [fleet.books(dataset)]
        return {
            "view": dataset_view(fleet, dataset, results, days),
            "account": fleet.known[dataset].account(fleet.as_of),
            "report": fleet.report(dataset, service.store),
            "found": trouble(
                books, fleet.catalog.lineage, service.store.notes, fleet.as_of, fleet.as_of - MONTH
            ),
        }

    return await _page(request, "dataset.html", draw)


@routes.get("/subjects/{subject}")
async def show_subject(request: Request, subject: Name) -> Response:
    """One subject: what it stands on, and each decision explained."""
    service = service_of(request)

    def draw(fleet: Fleet) -> dict[str, Any]:
        if subject not in fleet.catalog.subjects:
            hint = suggestion(subject, sorted(fleet.catalog.subjects))
            raise ProblemError("not-found", f"The catalog has no subject '{subject}'.{hint}")
        until = fleet.as_of + _MOMENT if fleet.simulated else None
        return {
            "view": subject_view(fleet, subject),
            "subject": fleet.catalog.subjects[subject],
            "policy": fleet.catalog.policy_of(subject).policy,
            "datasets": fleet.known.keys(),
            "recorded": service.store.decisions.recorded(
                subject=subject, until=until, limit=_RECENT, newest_first=True
            ),
        }

    return await _page(request, "subject.html", draw)


@routes.get("/incidents")
async def show_incidents(
    request: Request, everything: Annotated[bool, Query(alias="all")] = False
) -> Response:
    """What is broken, by its cause."""
    service = service_of(request)

    def draw(fleet: Fleet) -> dict[str, Any]:
        found = incidents_view(fleet, service.store.notes)
        return {
            "found": found,
            "groups": found.groups if everything else found.open_groups,
            "everything": everything,
            "datasets": fleet.known.keys(),
        }

    return await _page(request, "incidents.html", draw)


@routes.get("/scorecard")
async def show_scorecard(request: Request, days: Days = 28) -> Response:
    """How the datasets have done."""
    service = service_of(request)

    def draw(fleet: Fleet) -> dict[str, Any]:
        return {"card": draw_up(service, fleet, timedelta(days=days)), "window": days}

    return await _page(request, "scorecard.html", draw)


@routes.get("/runbooks")
async def show_runbooks(request: Request) -> Response:
    """What to do about each alert; also while nothing could be read from the store yet."""
    content = render(
        "runbooks.html",
        here=request.url.path,
        groups=alert_groups(Wishes()),
        titles=TITLES,
        version=importlib.metadata.version("featureguard"),
        leaves=COOKIE in request.cookies,
    )
    return Response(content, media_type=HTML)


async def _page(request: Request, template: str, draw: Callable[[Fleet], dict[str, Any]]) -> Response:
    """Draw a page from the picture at hand, beside the event loop."""
    service = service_of(request)
    fleet, keeper = service.fleet, service.keeper
    around = {
        "here": request.url.path,
        "as_of": fleet.as_of,
        "age": keeper.age_seconds,
        "version": fleet.version,
        "stale": (keeper.health.store_problem or "It was not read in time.") if keeper.is_stale else None,
        "leaves": COOKIE in request.cookies,
    }
    content = await asyncio.to_thread(lambda: render(template, **around, **draw(fleet)))
    return Response(content, media_type=HTML)
