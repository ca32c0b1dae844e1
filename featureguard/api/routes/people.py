"""What people do: waivers, and notes about incidents. Who it was is the token's name, never the body's."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response
from pydantic import ConfigDict, Field

from featureguard.access import LOCAL, Caller, Scope
from featureguard.api.described.headers import KEPT
from featureguard.api.described.incidents import IncidentNotes, IncidentRead, Incidents
from featureguard.api.described.people import WaiverNow, Waivers
from featureguard.api.documents import holds, waiver_to_dict
from featureguard.api.problems import ProblemError
from featureguard.api.replies import answer, reading, service_of
from featureguard.api.security.scopes import Needs, router
from featureguard.api.strict import Seconds, ShortId, StrictRoute
from featureguard.errors import UsageError
from featureguard.granting import grant
from featureguard.store.notes import NoteFact
from featureguard.trouble import incident_named, notes_about, told, trouble, trouble_to_dict
from featureguard.wire.scalars import Document, Instant, Line, Name

reads = router(Scope.READ, tags=["people"], responses=KEPT)
writes = router(Scope.WAIVE, route_class=StrictRoute, tags=["people"])
Writer = Annotated[Caller, Depends(Needs(Scope.WAIVE))]


class WaiverBody(Document):
    """A time-limited exception to named reasons.

    Attributes:
        dataset: Whose reasons; left out, all of the subject.
        subject: For which subject; left out, for all.
        codes: Reason codes, e.g. `DATA_STALE`.
        seconds: For how long, from now; or
        until: until when.
        reason: Why.
        approved_by: The second person, whom tier 0 needs, where nobody has a token; with tokens it is
            somebody else's token that approves.
        ticket: Where it is followed up.
        column: Only reasons about this column.
        bound: How far it goes, in the unit of the observed value: seconds of age, a share in [0, 1].
    """

    dataset: Name | None = None
    subject: Name | None = None
    codes: Annotated[list[Line], Field(min_length=1, max_length=50)]
    seconds: Seconds | None = None
    until: Instant | None = None
    reason: Line
    approved_by: Line | None = None
    ticket: Line | None = None
    column: Line | None = None
    bound: Annotated[float, Field(allow_inf_nan=False, ge=-1e18, le=1e18)] | None = None

    model_config = ConfigDict(
        title="Waiver",
        json_schema_extra={
            "examples": [
                {
                    "dataset": "flights",
                    "subject": "departure_delay",
                    "codes": ["NULL_LIMIT"],
                    "column": "dep_delay",
                    "bound": 0.6,
                    "seconds": 72_000,
                    "reason": "Cancelled flights have no delay: the nulls are true",
                    "ticket": "ML-208",
                }
            ]
        },
    )


class Revocation(Document):
    """Why a waiver is taken back.

    Attributes:
        reason: Why.
    """

    reason: Line

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Both airports fly again."}]})


class NoteBody(Document):
    """What somebody did about an incident.

    Attributes:
        kind: `acknowledge`, `assign` (the text says to whom; empty: to nobody) or `note`.
        text: What there is to say.
    """

    kind: Literal["acknowledge", "assign", "note"]
    text: Line | Literal[""] = ""

    model_config = ConfigDict(
        title="Note",
        json_schema_extra={"examples": [{"kind": "assign", "text": "ops-features@example.org"}]},
    )


@reads.get("/v1/waivers", response_model=Waivers, summary="Waivers that hold, or all")
async def list_waivers(request: Request, everything: Annotated[bool, Query(alias="all")] = False) -> Response:
    """Earliest first."""
    fleet = service_of(request).fleet
    items = [
        waiver_to_dict(one, fleet.as_of, fleet.catalog)
        for one in fleet.waivers
        if everything or holds(one, fleet.as_of)
    ]
    return reading(request, fleet, {"items": items, "next": None})


@writes.post("/v1/waivers", response_model=WaiverNow, status_code=201, summary="Give a waiver")
async def give_waiver(request: Request, body: WaiverBody, caller: Writer) -> Response:
    """Recorded, and shown with every decision that it makes milder; it ends by itself."""
    service = service_of(request)
    fleet, now = service.fleet, service.keeper.clock()
    if (body.seconds is None) == (body.until is None):
        raise ProblemError("invalid", "Say how long it holds: 'seconds', or 'until'.")
    known = caller is not LOCAL
    if known and body.approved_by is not None:
        told = "A name proves nothing. Let the second person approve it, with a token of their own."
        raise ProblemError("invalid", told)
    until = body.until or now + timedelta(seconds=body.seconds or 0)
    waiver = grant(
        fleet.catalog,
        dataset=body.dataset,
        subject=body.subject,
        codes=body.codes,
        reason=body.reason,
        by=caller.name,
        since=now,
        until=until,
        approved_by=body.approved_by,
        ticket=body.ticket,
        column=body.column,
        bound=body.bound,
        may_wait=known,
    ).model_copy(update={"verified": known})
    await asyncio.to_thread(service.store.waivers.add, waiver)
    service.keeper.poke()
    return answer(waiver_to_dict(waiver, now, fleet.catalog), 201)


@writes.post(
    "/v1/waivers/{waiver_id}/approve",
    response_model=WaiverNow,
    responses={409: {}},
    status_code=201,
    summary="Approve, as second person",
)
async def approve_waiver(request: Request, waiver_id: ShortId, caller: Writer) -> Response:
    """A new waiver in both names, from now on; the one that waited is taken back."""
    service = service_of(request)
    if caller is LOCAL:
        raise ProblemError("forbidden", "Nobody is known here without tokens. Approve with a token.")
    now, waivers = service.keeper.clock(), service.store.waivers
    if waiver_id not in {one.id for one in await asyncio.to_thread(waivers.all)}:
        raise ProblemError("not-found", f"There is no waiver '{waiver_id}'.")
    try:
        waiver = await asyncio.to_thread(waivers.approve, waiver_id, by=caller.name, at=now)
    except UsageError as error:
        raise ProblemError("conflict", str(error)) from None
    service.keeper.poke()
    return answer(waiver_to_dict(waiver, now, service.fleet.catalog), 201)


@writes.post("/v1/waivers/{waiver_id}/revoke", response_model=WaiverNow, summary="Take a waiver back")
async def revoke_waiver(request: Request, waiver_id: ShortId, body: Revocation, caller: Writer) -> Response:
    """It stays listed; only the first time counts."""
    service = service_of(request)
    now = service.keeper.clock()
    try:
        revoked = await asyncio.to_thread(
            service.store.waivers.revoke, waiver_id, by=caller.name, at=now, reason=body.reason
        )
    except UsageError as error:
        raise ProblemError("not-found", str(error)) from None
    service.keeper.poke()
    return answer(waiver_to_dict(revoked, now, service.fleet.catalog))


@reads.get("/v1/incidents", response_model=Incidents, summary="What is broken, or was")
async def list_incidents(
    request: Request,
    since: Instant | None = None,
    everything: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    """Open ones by their cause; with `all` or `since` also those of the last 28 days, or since then."""
    service = service_of(request)
    fleet = service.fleet
    books = [known.books(fleet.as_of) for known in fleet.known.values()]
    start = since or fleet.as_of - timedelta(days=28)
    found = await asyncio.to_thread(
        trouble, books, fleet.catalog.lineage, service.store.notes, fleet.as_of, start
    )
    shown = found.groups if everything or since else found.open_groups
    return reading(request, fleet, trouble_to_dict(found, shown))


@reads.get("/v1/incidents/{key}", response_model=IncidentRead, summary="One incident")
async def read_incident(request: Request, key: ShortId) -> Response:
    """With what people did about it."""
    service = service_of(request)
    fleet = service.fleet
    books = [known.books(fleet.as_of) for known in fleet.known.values()]

    def find() -> dict[str, object]:
        try:
            incident = incident_named(books, key)
        except UsageError as error:
            raise ProblemError("not-found", str(error)) from None
        found = trouble(
            [one for one in books if one.contract.dataset == incident.dataset],
            fleet.catalog.lineage,
            service.store.notes,
            fleet.as_of,
        )
        return told(incident, found)

    return reading(request, fleet, await asyncio.to_thread(find))


@writes.post(
    "/v1/incidents/{key}/notes",
    response_model=IncidentNotes,
    status_code=201,
    summary="Acknowledge, assign, or say something",
)
async def add_note(request: Request, key: ShortId, body: NoteBody, caller: Writer) -> Response:
    """Who it was, and when, is kept with it."""
    service = service_of(request)
    fleet, now = service.fleet, service.keeper.clock()
    books = [known.books(fleet.as_of) for known in fleet.known.values()]

    def write() -> dict[str, object]:
        try:
            incident = incident_named(books, key)
        except UsageError as error:
            raise ProblemError("not-found", str(error)) from None
        service.store.add_note(NoteFact(incident.key, body.kind, caller.name, now, body.text))
        notes = notes_about([incident], service.store.notes)
        kinds = [{"kind": n.kind, "by": n.by, "at": n.at.isoformat(), "text": n.text} for n in notes]
        return {"key": incident.key, "notes": kinds}

    return answer(await asyncio.to_thread(write), 201)
