"""Errors as problem details (RFC 9457): what happened, to what, and what to do; nothing about the inside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from featureguard.errors import BusyError, FeatureGuardError, StoreError, UsageError, WrongClockError
from featureguard.serving.keeper import UNREADABLE

MEDIA_TYPE = "application/problem+json"

TITLES = {
    "unauthenticated": (401, "A valid token is needed"),
    "forbidden": (403, "Not allowed"),
    "not-found": (404, "Not found"),
    "method-not-allowed": (405, "Method not allowed"),
    "timeout": (408, "The request took too long to arrive"),
    "conflict": (409, "Conflict"),
    "body-too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "Send JSON"),
    "misdirected": (421, "Not this host"),
    "invalid": (422, "The request is not valid"),
    "rate-limited": (429, "Too many requests"),
    "unexpected": (500, "Unexpected error"),
    "store-unavailable": (503, "The evidence store is not available"),
    "not-ready": (503, "Not ready"),
}
"""Every kind of problem, with its status and title."""


class ProblemError(Exception):
    """An answer that is no answer.

    Attributes:
        kind: One of `TITLES`.
        detail: What happened, and what to do.
        errors: Single fields and what is wrong with each, `{"field": ..., "message": ...}`.
        headers: Further headers.
    """

    def __init__(
        self,
        kind: str,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.errors, self.headers = kind, detail, errors, headers or {}

    @property
    def status(self) -> int:
        """The HTTP status."""
        return TITLES[self.kind][0]

    @property
    def title(self) -> str:
        """The same for every problem of this kind."""
        return TITLES[self.kind][1]

    def document(self) -> dict[str, Any]:
        """What is told."""
        status, title = self.status, self.title
        told: dict[str, Any] = {
            "type": f"urn:featureguard:problem:{self.kind}",
            "title": title,
            "status": status,
            "detail": self.detail,
        }
        if self.errors:
            told["errors"] = list(self.errors)
        return told

    def body(self) -> bytes:
        """The same as JSON."""
        # ASCII: a detail may quote whatever was sent, lone surrogates too.
        return json.dumps(self.document()).encode()


def problem_of(error: FeatureGuardError) -> ProblemError:
    """An error of ours as a problem: where the store is and what its driver said is for the log alone."""
    if isinstance(error, UsageError | WrongClockError):
        return ProblemError("invalid", str(error))
    if isinstance(error, StoreError):
        told = str(error) if isinstance(error, BusyError) else UNREADABLE
        return ProblemError("store-unavailable", told, headers={"Retry-After": "1"})
    return ProblemError("unexpected", "Something went wrong; the log of the service says what.")
