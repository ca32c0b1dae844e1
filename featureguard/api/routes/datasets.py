"""Datasets and subjects: how they stand, their objectives, results, incidents and lineage."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Query, Request, Response

from featureguard.access import Scope
from featureguard.api.described.datasets import DatasetRead, Datasets, Results
from featureguard.api.described.headers import KEPT
from featureguard.api.described.incidents import Incidents
from featureguard.api.described.lineage import Downstream, Graph, SubjectRead, Subjects
from featureguard.api.described.objectives import Slo
from featureguard.api.documents import (
    dataset_to_dict,
    lineage_to_dict,
    result_to_dict,
    subject_to_dict,
)
from featureguard.api.problems import ProblemError
from featureguard.api.replies import reading, service_of
from featureguard.api.security.scopes import router
from featureguard.api.strict import Seconds
from featureguard.lineage import Direction
from featureguard.problems import suggestion
from featureguard.scorecard.documents import account_to_dict, sli_to_dict
from featureguard.serving.fleet import Fleet, State
from featureguard.serving.known import Known
from featureguard.trouble import trouble, trouble_to_dict
from featureguard.wire.scalars import Instant, Name

routes = router(Scope.READ, tags=["datasets"], responses=KEPT)
Page = Annotated[int, Query(ge=1, le=1_000, description="Most items of one answer.")]
Tier = Annotated[int, Query(ge=0, le=3)]


@routes.get("/v1/datasets", response_model=Datasets, summary="Every dataset and how fresh it is")
async def list_datasets(
    request: Request,
    state: State | None = None,
    tier: Tier | None = None,
    owner: Annotated[str, Query(max_length=200)] | None = None,
    cursor: Annotated[str, Query(max_length=250)] | None = None,
    limit: Page = 100,
) -> Response:
    """By tier and name."""
    fleet = service_of(request).fleet
    found = [
        one
        for one in fleet.datasets
        if state in (None, one.state)
        and tier in (None, one.contract.tier)
        and owner in (None, one.contract.owner)
        and (cursor is None or f"{one.contract.tier}:{one.dataset}" > cursor)
    ]
    shown = found[:limit]
    following = f"{shown[-1].contract.tier}:{shown[-1].dataset}" if len(found) > limit else None
    return reading(request, fleet, {"items": [dataset_to_dict(one) for one in shown], "next": following})


@routes.get("/v1/datasets/{dataset}", response_model=DatasetRead, summary="How one dataset stands")
async def read_dataset(request: Request, dataset: Name) -> Response:
    """Age and limit, until when it is fresh, what its evidence is worth, and all that is not a pass."""
    fleet = service_of(request).fleet
    known = _known(fleet, dataset)
    await asyncio.to_thread(known.account, fleet.as_of)
    return reading(request, fleet, dataset_to_dict(fleet.dataset(dataset)))


@routes.get(
    "/v1/datasets/{dataset}/slo", response_model=Slo, summary="SLI, error budget and burn rates over a window"
)
async def read_slo(
    request: Request,
    dataset: Name,
    since: Instant | None = None,
    until: Instant | None = None,
    window_seconds: Annotated[Seconds, Query()] | None = None,
) -> Response:
    """The objective's own window, the last `window_seconds`, or from `since` until `until`."""
    fleet = service_of(request).fleet
    known = _known(fleet, dataset)
    period = _period(fleet.as_of, since, until, window_seconds)
    return reading(request, fleet, await asyncio.to_thread(_slo, known, fleet.as_of, period))


@routes.get(
    "/v1/datasets/{dataset}/results", response_model=Results, summary="What checks said, look by look"
)
async def list_results(
    request: Request,
    dataset: Name,
    since: Instant | None = None,
    until: Instant | None = None,
    check: Annotated[str, Query(max_length=100)] | None = None,
    limit: Page = 1_000,
) -> Response:
    """Oldest first, of the last 7 days unless `since` is given; page on with `since`, the answer's `next`."""
    service = service_of(request)
    fleet = service.fleet
    _known(fleet, dataset)
    start = since or fleet.as_of - timedelta(days=7)
    end = min(until, fleet.as_of) if until else fleet.as_of
    if check is not None and not check.isprintable():
        raise ProblemError("invalid", "'check' is the name of a check, e.g. 'nulls'.")
    found = await asyncio.to_thread(
        service.store.results, dataset, start, end + timedelta(microseconds=1), check=check
    )
    shown = _whole_looks(found, limit)
    following = found[len(shown)][0].isoformat() if len(shown) < len(found) else None
    items = [{"observed_at": at, **result_to_dict(result)} for at, result in shown]
    return reading(request, fleet, {"items": items, "next": following})


@routes.get(
    "/v1/datasets/{dataset}/incidents",
    response_model=Incidents,
    summary="What was broken, when, and for how long",
)
async def dataset_incidents(request: Request, dataset: Name, since: Instant | None = None) -> Response:
    """Grouped by cause, of the last 28 days unless `since` is given."""
    service = service_of(request)
    fleet = service.fleet
    books = [_known(fleet, dataset).books(fleet.as_of)]
    start = since or fleet.as_of - timedelta(days=28)
    found = await asyncio.to_thread(
        trouble, books, fleet.catalog.lineage, service.store.notes, fleet.as_of, start
    )
    return reading(request, fleet, trouble_to_dict(found, found.groups))


@routes.get(
    "/v1/datasets/{dataset}/lineage",
    response_model=Graph,
    summary="What a dataset is made from, and what is made from it",
)
async def dataset_lineage(request: Request, dataset: Name, direction: Direction = "both") -> Response:
    """Nodes with their states, and edges."""
    return _lineage(request, dataset, direction)


@routes.get(
    "/v1/datasets/{dataset}/impact",
    response_model=Downstream,
    summary="What a dataset takes down when it breaks, and how",
)
async def dataset_impact(request: Request, dataset: Name) -> Response:
    """Everything downstream, nearest first, each with the way that leads there."""
    fleet = service_of(request).fleet
    _known(fleet, dataset)
    impact = fleet.catalog.lineage.impact(dataset)
    told = {
        kind: [{"name": one.name, "distance": one.distance, "path": list(impact.path(one))} for one in found]
        for kind, found in (("datasets", impact.datasets), ("subjects", impact.subjects))
    }
    return reading(request, fleet, {"dataset": dataset, **told})


@routes.get("/v1/subjects", response_model=Subjects, summary="Everything that a gate protects")
async def list_subjects(request: Request) -> Response:
    """By name."""
    fleet = service_of(request).fleet
    items = [subject_to_dict(one, fleet) for one in fleet.catalog.subjects.values()]
    return reading(request, fleet, {"items": items, "next": None})


@routes.get("/v1/subjects/{subject}", response_model=SubjectRead, summary="What one subject stands on")
async def read_subject(request: Request, subject: Name) -> Response:
    """With the states of all datasets upstream."""
    fleet = service_of(request).fleet
    if subject not in fleet.catalog.subjects:
        hint = suggestion(subject, sorted(fleet.catalog.subjects))
        raise ProblemError("not-found", f"The catalog has no subject '{subject}'.{hint}")
    told = subject_to_dict(fleet.catalog.subjects[subject], fleet)
    states = {name: fleet.dataset(name).state.value for name in told["stands_on"]}
    return reading(request, fleet, {**told, "states": states})


@routes.get(
    "/v1/subjects/{subject}/lineage", response_model=Graph, summary="What a subject stands on, as a graph"
)
async def subject_lineage(request: Request, subject: Name) -> Response:
    """Nodes with their states, and edges."""
    return _lineage(request, subject, "up")


@routes.get("/v1/lineage", response_model=Graph, summary="Who is made from whom")
async def whole_lineage(request: Request) -> Response:
    """The whole catalog."""
    fleet = service_of(request).fleet
    return reading(request, fleet, lineage_to_dict(fleet.catalog.lineage, fleet.catalog, fleet))


def _known(fleet: Fleet, dataset: str) -> Known:
    if dataset not in fleet.known:
        hint = suggestion(dataset, sorted(fleet.known))
        raise ProblemError("not-found", f"The catalog has no dataset '{dataset}'.{hint}")
    return fleet.known[dataset]


def _lineage(request: Request, name: str, direction: Direction) -> Response:
    fleet = service_of(request).fleet
    if name not in fleet.catalog.lineage.names:
        hint = suggestion(name, sorted(fleet.catalog.lineage.names))
        raise ProblemError("not-found", f"The catalog has no '{name}'.{hint}")
    shown = fleet.catalog.lineage.subgraph(name, direction)
    return reading(request, fleet, lineage_to_dict(shown, fleet.catalog, fleet))


def _period(
    now: datetime, since: datetime | None, until: datetime | None, window: float | None
) -> tuple[datetime, datetime] | None:
    if window is not None and (since or until):
        raise ProblemError("invalid", "Give 'window_seconds', or 'since' and 'until', not both.")
    if window is not None:
        return now - timedelta(seconds=window), now
    if since is None and until is None:
        return None
    end = min(until, now) if until else now
    if since is None or since >= end:
        raise ProblemError("invalid", "'since' is an instant before 'until', and before now.")
    return since, end


def _slo(known: Known, now: datetime, period: tuple[datetime, datetime] | None) -> Mapping[str, Any]:
    books, contract = known.books(now), known.contract
    account = books.account(unknown_as_bad=known.unknown_as_bad, window=period)
    if account:
        return {"dataset": contract.dataset, "objective": account_to_dict(account), "sli": None}
    start, end = period or (now - timedelta(days=28), now)
    promised = contract.freshness is not None and contract.freshness.max_age is not None
    told = sli_to_dict(books.sli("time", start, end), "time") if promised else None
    return {
        "dataset": contract.dataset,
        "objective": None,
        "sli": told and {"start": start.isoformat(), "end": end.isoformat(), **told},
    }


def _whole_looks(found: list[Any], limit: int) -> list[Any]:
    """As many results as fit, without cutting a look in two; at least one look."""
    if len(found) <= limit:
        return found
    end = limit
    while end and found[end][0] == found[end - 1][0]:
        end -= 1
    while not end or (end < len(found) and found[end][0] == found[end - 1][0]):
        end += 1
    return found[:end]
