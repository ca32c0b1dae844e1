"""Headers of answers: how old they are, and whether they may be kept."""

from __future__ import annotations

from typing import Any, Final

_INSTANT = {"type": "string", "format": "date-time"}


def _always(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": schema}


HEADERS: Final[dict[str, Any]] = {
    "X-Request-Id": _always(
        "Names the request in the service's log; the one that was sent, if it was short and plain.",
        type="string",
        pattern="^[A-Za-z0-9-]{1,64}$",
    ),
    "Cache-Control": _always(
        "`private, max-age=…` for what may be kept until the next picture, else `no-store`.", type="string"
    ),
    "ETag": _always(
        "Names the answer: with it as `If-None-Match` the same answer is 304 without a body.",
        type="string",
        pattern='^"[0-9a-f]{32}"$',
    ),
    "Vary": _always("What else the answer depends on.", type="string"),
    "FeatureGuard-Snapshot": _always(
        "Names the picture of catalog and facts that the answer comes from.",
        type="string",
        pattern="^[0-9a-f]{16}$",
    ),
    "FeatureGuard-As-Of": _always("The instant that the picture shows.", **_INSTANT),
    "FeatureGuard-Stale": {
        "description": "There only while the store cannot be read: the picture stands still.",
        "schema": {"const": "true"},
    },
    "Age": _always("How many seconds ago the picture was read.", type="integer", minimum=0),
    "Retry-After": _always("In how many seconds to ask again.", type="integer", minimum=1),
    "WWW-Authenticate": _always("How to say who asks.", type="string"),
}
"""Every header that answers are described with."""


def headers(*names: str) -> dict[str, Any]:
    """Headers of an answer."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


EVERYWHERE: Final = headers("X-Request-Id", "Cache-Control")
"""What every answer has."""

_PICTURE = headers("FeatureGuard-Snapshot", "FeatureGuard-As-Of", "FeatureGuard-Stale", "Age")
_NAMED = {"headers": headers("ETag", "Vary") | _PICTURE}

JUDGED: Final[dict[int | str, dict[str, Any]]] = {200: {"headers": _PICTURE}}
"""Of routes whose answer names its picture, and may not be kept."""

KEPT: Final[dict[int | str, dict[str, Any]]] = {
    200: _NAMED,
    304: {"description": "Nothing has changed.", **_NAMED},
}
"""Of routes whose answer may be kept until the next picture."""
