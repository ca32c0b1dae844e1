"""Whether the service lives and is ready, and the scorecard."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse

from featureguard.access import Scope
from featureguard.api.described.headers import KEPT
from featureguard.api.described.running import Life, Readiness
from featureguard.api.described.scorecard import ScorecardRead
from featureguard.api.metrics import Scrape, exposition
from featureguard.api.replies import answer, reading, service_of
from featureguard.api.security.scopes import router
from featureguard.api.service import Service
from featureguard.api.strict import Seconds
from featureguard.decision_record import decision_of
from featureguard.errors import StoreError
from featureguard.scorecard import Facts, Scorecard, scorecard, waiver_uses
from featureguard.scorecard.documents import scorecard_to_dict
from featureguard.serving.fleet import Fleet

public = APIRouter(tags=["service"])
reads = router(Scope.READ, tags=["service"])
_TICK = timedelta(microseconds=1)
_EXPOSED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Samples, in the format that `Accept` asks for.",
        "content": {"application/openmetrics-text": {"schema": {"type": "string"}}},
    }
}


@public.get("/livez", response_model=Life, summary="Whether the process answers")
async def live() -> Response:
    """Always 200; asks nothing else."""
    return answer({"live": True})


@public.get(
    "/readyz",
    response_model=Readiness,
    responses={503: {"model": Readiness}},
    summary="Whether it can answer well, and which part cannot",
)
async def ready(request: Request) -> Response:
    """200 if store and snapshot are good, else 503. A catalog that cannot be read is told, and no reason."""
    found = service_of(request).readiness()
    return answer(found, 200 if found["ready"] else 503)


@reads.get("/metrics", response_class=PlainTextResponse, responses=_EXPOSED, summary="Samples for Prometheus")
async def read_metrics(request: Request) -> Response:
    """The picture at hand, and what SLIs have counted, as OpenMetrics or Prometheus text."""
    service = service_of(request)
    fleet, keeper = service.fleet, service.keeper

    def expose() -> tuple[bytes, str]:
        try:
            settled, store_up = service.store.settled.all(), not keeper.is_stale
        except StoreError:
            settled, store_up = [], False
        age = timedelta(seconds=keeper.age_seconds or 0.0)
        read_at = service.wall_clock() - age
        return exposition(Scrape(fleet, read_at, store_up, settled), request.headers.get("accept", ""))

    content, media_type = await asyncio.to_thread(expose)
    return Response(content, media_type=media_type)


@reads.get(
    "/v1/scorecard", response_model=ScorecardRead, responses=KEPT, summary="How the datasets have done"
)
async def read_scorecard(
    request: Request, window_seconds: Annotated[Seconds, Query()] = 28 * 86_400.0
) -> Response:
    """Over the last `window_seconds`, 28 days unless told otherwise."""
    service = service_of(request)
    fleet = service.fleet
    found = await asyncio.to_thread(draw_up, service, fleet, timedelta(seconds=window_seconds))
    return reading(request, fleet, scorecard_to_dict(found))


def draw_up(service: Service, fleet: Fleet, window: timedelta) -> Scorecard:
    """The scorecard of the last stretch of time.

    Raises:
        StoreError: If looks cannot be read.
    """
    period = fleet.as_of - window, fleet.as_of
    facts = {name: Facts(fleet.books(name), fleet.report(name, service.store)) for name in fleet.known}
    recorded = (
        service.store.decisions.recorded(since=period[0], until=period[1] + _TICK) if fleet.waivers else []
    )
    ids = [waiver.id for waiver in fleet.waivers]
    naming = (one.link for one in recorded if any(waiver in one.link.body for waiver in ids))
    return scorecard(
        fleet.catalog,
        facts,
        period,
        fleet.as_of,
        mode=fleet.mode,
        waivers=fleet.waivers,
        uses=waiver_uses(map(decision_of, naming)),
    )
