"""Errors: which can come where, and what they look like (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from featureguard.access import Scope
from featureguard.api.described.headers import EVERYWHERE, headers
from featureguard.api.problems import MEDIA_TYPE, TITLES, ProblemError

_KINDS = [f"urn:featureguard:problem:{kind}" for kind in TITLES]


class FieldProblem(BaseModel):
    """What is wrong with one field.

    Attributes:
        field: Where it is, e.g. `body.action`.
        message: What is wrong.
    """

    field: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457).

    Attributes:
        type: What kind of error it is; stable.
        title: The same in words, for every error of this kind.
        status: The HTTP status.
        detail: What happened, to what, and what to do.
        errors: Single fields and what is wrong with each; left out where there are none.
    """

    type: Annotated[str, Field(json_schema_extra={"enum": list(_KINDS)})]
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    errors: Annotated[list[FieldProblem], Field(default_factory=list, max_length=20)]


EXAMPLES: Final = (
    ProblemError(
        "unauthenticated",
        "Send 'Authorization: Bearer <token>' with a token that is active. 'featureguard token create' makes"
        " one.",
    ),
    ProblemError("forbidden", "This needs the scope 'gate', which the token 'dashboard' does not have."),
    ProblemError("not-found", "The catalog has no dataset 'flihgts'. Did you mean 'flights'?"),
    ProblemError("timeout", "The body did not arrive within 10 seconds."),
    ProblemError(
        "conflict", "ana@example.org gave waiver b8812d63756ebb54. The second person is somebody else."
    ),
    ProblemError("body-too-large", "The body is larger than 1,048,576 bytes. Send less at once."),
    ProblemError("unsupported-media-type", "Send 'Content-Type: application/json'."),
    ProblemError("misdirected", "This service is open to its own machine only: ask for 127.0.0.1."),
    ProblemError(
        "invalid",
        "The request is not valid: body.action: Field required.",
        [{"field": "body.action", "message": "Field required"}],
    ),
    ProblemError("rate-limited", "Too many requests. Ask again in 0.4 seconds."),
    ProblemError("unexpected", "Something went wrong. The log has more, under request id 5f3c9b1e2a7d4c60."),
    ProblemError(
        "store-unavailable",
        "The evidence store did not confirm a write within 5 s. Ask again with the same key.",
    ),
    ProblemError("not-ready", "Not ready yet. The evidence store is being read."),
)
"""One of every kind that a described route can answer with."""

_MORE: Final = {401: headers("WWW-Authenticate"), 429: headers("Retry-After"), 503: headers("Retry-After")}


def problem_responses() -> dict[str, Any]:
    """The answers that are errors, by the name that `problems_of` gives them."""
    return {_name(status): _response(status) for status in sorted({one.status for one in EXAMPLES})}


def problems_of(operation: dict[str, Any], method: str, path: str, scope: Scope | None) -> dict[str, Any]:
    """The errors that a route can answer with, by status.

    Args:
        operation: What is known about it.
        method: How it is asked.
        path: Where.
        scope: What it needs; `None` if it is public.
    """
    found: dict[str, Any] = {
        str(status): {"$ref": f"#/components/responses/{_name(status)}"}
        for status in sorted(_statuses(operation, method, path, scope))
    }
    if scope:
        found["403"]["description"] = f"The token lacks the scope `{scope}`, or another site asked."
    return found


def _statuses(operation: dict[str, Any], method: str, path: str, scope: Scope | None) -> Iterator[int]:
    if scope:
        yield from (401, 403, 421, 429, 500, 503)
    if "{" in path:
        yield 404
    if operation.get("parameters") or "requestBody" in operation:
        yield 422
    if method == "POST":
        yield from (408, 413)
    if "requestBody" in operation:
        yield 415
    if "409" in operation["responses"]:
        yield 409


def _name(status: int) -> str:
    return f"Problem{status}"


def _response(status: int) -> dict[str, Any]:
    told = [one for one in EXAMPLES if one.status == status]
    return {
        "description": "; ".join(one.title for one in told) + ".",
        "headers": EVERYWHERE | _MORE.get(status, {}),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {one.kind: {"value": one.document()} for one in told},
            }
        },
    }
