"""Previews, decisions and confirmations."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic import ConfigDict, JsonValue, TypeAdapter, ValidationError

from featureguard.access import Caller, Scope
from featureguard.api.described.gate import Decided, DecisionRead, Decisions, Previewed
from featureguard.api.described.headers import JUDGED, KEPT
from featureguard.api.problems import ProblemError
from featureguard.api.replies import (
    answer,
    reading,
    service_of,
    snapshot_headers,
    snapshot_to_dict,
    to_json,
)
from featureguard.api.security.scopes import Needs, router
from featureguard.api.service import Service
from featureguard.api.strict import Digest, Key, PlainRoute, StrictRoute
from featureguard.decision_record import decision_of, parts_of
from featureguard.errors import UsageError
from featureguard.gate.documents import decision_to_dict
from featureguard.ruling import Ruling
from featureguard.serving.court import Ask, Preview
from featureguard.serving.fleet import Fleet
from featureguard.store.decisions import Recorded
from featureguard.wire.scalars import Document, Instant, Name

if TYPE_CHECKING:
    from featureguard.verdict import Decision

previews = router(Scope.READ, route_class=PlainRoute, tags=["gate"], responses=JUDGED)
decisions = router(Scope.GATE, route_class=PlainRoute, tags=["gate"], responses=JUDGED)
confirmations = router(Scope.GATE, route_class=StrictRoute, tags=["gate"], responses=JUDGED)
reads = router(Scope.READ, tags=["gate"])
_KEY: TypeAdapter[str] = TypeAdapter(Key)
_EXAMPLE: dict[str, JsonValue] = {"subject": "departure_delay", "action": "promote"}


class Question(Document):
    """May this subject do that?

    Attributes:
        subject: What wants to act: a model, a feature service, a job.
        action: `train`, `promote`, `serve`, `deploy`, or one of the policy's own.
    """

    subject: Name
    action: Name

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})


class Attempt(Question):
    """The same, to be recorded.

    Attributes:
        key: Names this attempt: whoever asks again with it gets the same decision.
    """

    key: Key | None = None

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EXAMPLE, "key": "promote-2013-02-09"}]})


class Confirmation(Document):
    """Who is about to act; a decision about somebody else is refused.

    Attributes:
        subject: What is about to act; left out, whatever was decided about.
        action: What it is about to do; left out, what was decided about. With both, there is an answer (a
            hold) even while the decision cannot be read.
    """

    subject: Name | None = None
    action: Name | None = None

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})


@previews.post(
    "/v1/previews", response_model=Previewed, summary="What the gate would say now; nothing is recorded"
)
async def preview(request: Request, question: Question) -> Response:
    """Nothing may start on a preview: ask for a decision."""
    service = service_of(request)
    return _told(await service.preview(question.subject, question.action), service)


@decisions.post(
    "/v1/decisions",
    response_model=Decided,
    summary="Decide, and record it before it is answered",
    openapi_extra={
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            }
        ]
    },
)
async def decide(request: Request, attempt: Attempt) -> Response:
    """200 with `allowed` for every decision; a problem only where there is none."""
    caller: Caller = request.state.caller
    header = _key(request.headers.get("idempotency-key"))
    if attempt.key and header and attempt.key != header:
        raise ProblemError("invalid", "The body's 'key' and the header 'Idempotency-Key' differ. Send one.")
    service = service_of(request)
    if service.read_through:
        await service.newest()
    fleet = service.fleet
    ask = Ask(attempt.subject, attempt.action, attempt.key or header, caller.name)
    return _ruled(await service.written(service.decisions, ask), service, fleet, ask.key)


@confirmations.post(
    "/v1/decisions/{decision_id}/confirm", response_model=Decided, summary="Ask again right before the action"
)
async def confirm(
    request: Request,
    decision_id: Digest,
    confirmation: Confirmation,
    caller: Annotated[Caller, Depends(Needs(Scope.GATE))],
) -> Response:
    """The answer may keep or worsen the decision, never improve it."""
    service = service_of(request)
    fleet = service.fleet
    try:
        found = await asyncio.to_thread(
            service.court.confirm,
            decision_id,
            subject=confirmation.subject,
            action=confirmation.action,
            by=caller.name,
        )
    except UsageError:
        await _recorded(service, decision_id)  # One that is not there is 404, here as everywhere.
        raise
    return _ruled(found, service, fleet)


@reads.get(
    "/v1/decisions", response_model=Decisions, responses=KEPT, summary="Recorded decisions, newest first"
)
async def list_decisions(
    request: Request,
    subject: Name | None = None,
    since: Instant | None = None,
    until: Instant | None = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    key_prefix: Key | None = None,
) -> Response:
    """Decisions and confirmations; page on with `until`, the last one's `decided_at`.

    `key_prefix` keeps those whose idempotency key begins so.
    """
    service = service_of(request)
    fleet = service.fleet
    found = await asyncio.to_thread(
        service.store.decisions.recorded,
        subject=subject,
        since=since,
        until=until,
        limit=limit + 1,
        newest_first=True,
        key_prefix=key_prefix,
    )
    shown = found[:limit]
    following = shown[-1].decided_at.isoformat() if len(found) > limit else None
    return reading(request, fleet, {"items": [_brief(one) for one in shown], "next": following})


@reads.get("/v1/decisions/{decision_id}", response_model=DecisionRead, summary="One recorded decision")
async def read_decision(request: Request, decision_id: Digest) -> Response:
    """With what was decided, by whom it was asked, and its place in the chain."""
    service = service_of(request)
    found = await _recorded(service, decision_id)
    told = parts_of(found.link)
    return answer(
        {
            **_brief(found),
            "by": told["by"],
            "inputs": told["inputs"],
            "sequence": found.link.sequence,
            "previous": found.link.previous,
            "decision": told["decision"],
        }
    )


async def _recorded(service: Service, decision_id: str) -> Recorded:
    try:
        return await asyncio.to_thread(service.store.decisions.find, decision_id)
    except UsageError as error:
        raise ProblemError("not-found", str(error)) from None


def _told(found: Preview, service: Service) -> Response:
    body = {
        "allowed": found.decision.allowed,
        "snapshot": snapshot_to_dict(service, found.fleet, stale=found.stale),
    }
    return _answer(body, found.decision, service, found.fleet)


def _ruled(found: Ruling, service: Service, fleet: Fleet, key: str | None = None) -> Response:
    body = {
        "id": found.id,
        "key": key,
        "allowed": found.allowed,
        "repeated": found.repeated,
        "expired": found.expired,
        "snapshot": snapshot_to_dict(service, fleet, stale=service.keeper.is_stale),
    }
    return _answer(body, found.decision, service, fleet)


def _answer(body: Mapping[str, Any], decision: Decision, service: Service, fleet: Fleet) -> Response:
    """An answer about a decision, whose own text is made once for all who are told it."""
    told = service.told.get(decision, lambda: to_json(decision_to_dict(decision)))
    content = b"".join((to_json(body)[:-1], b',"decision":', told, b"}"))
    return Response(content, media_type="application/json", headers=snapshot_headers(service, fleet))


def _key(header: str | None) -> str | None:
    """The idempotency key of a header.

    Raises:
        ProblemError: If it cannot be one.
    """
    try:
        return _KEY.validate_python(header) if header is not None else None
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise ProblemError("invalid", f"The header 'Idempotency-Key' is no key: {why}") from None


def _brief(found: Recorded) -> dict[str, Any]:
    decision = decision_of(found.link)
    return {
        "id": found.link.seal,
        "kind": found.kind,
        "key": found.key,
        "subject": found.subject,
        "action": found.action,
        "decided_at": found.decided_at,
        "effective": found.effective,
        "allowed": decision.allowed,
        "valid_until": decision.valid_until,
        "codes": sorted({reason.code.value for reason in decision.reasons}),
    }
