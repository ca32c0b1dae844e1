"""Answers: reads that say how old they are and may be kept for a moment; decisions that may not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from fastapi import Request, Response

from featureguard.api.service import Service
from featureguard.profile import Never
from featureguard.serving.fleet import Fleet


def service_of(request: Request) -> Service:
    """The service behind a request."""
    found: Service = request.app.state.service
    return found


def reading(request: Request, fleet: Fleet, body: Mapping[str, Any]) -> Response:
    """The answer to a read: it names its snapshot, and may be kept until the next one."""
    service = service_of(request)
    content = to_json({"as_of": fleet.as_of, **body})
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {
        **snapshot_headers(service, fleet),
        "ETag": tag,
        "Cache-Control": f"private, max-age={int(service.keeper.interval.total_seconds())}",
        "Vary": "Authorization, Cookie, Accept",
    }
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


def answer(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that nobody may keep."""
    return Response(to_json(body), status, media_type="application/json", headers=dict(headers or {}))


def snapshot_headers(service: Service, fleet: Fleet) -> dict[str, str]:
    """How old an answer is."""
    age = service.keeper.age_seconds or 0.0
    stale = {"FeatureGuard-Stale": "true"} if service.keeper.is_stale else {}
    return {
        "FeatureGuard-Snapshot": fleet.version,
        "FeatureGuard-As-Of": fleet.as_of.isoformat(),
        "Age": str(int(age)),
        **stale,
    }


def snapshot_to_dict(service: Service, fleet: Fleet, *, stale: bool) -> dict[str, Any]:
    """What an answer rests on."""
    age = service.keeper.age_seconds
    return {
        "version": fleet.version,
        "taken_at": fleet.as_of.isoformat(),
        "age_seconds": None if age is None else round(age, 3),
        "stale": stale,
    }


def to_json(value: Mapping[str, Any]) -> bytes:
    """A document; NaN and infinity have no spelling, so they are refused."""
    return json.dumps(value, allow_nan=False, default=_plain, separators=(",", ":")).encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Never | Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no JSON form.")
