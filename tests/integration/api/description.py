"""Holds answers against the API's own description."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_instant(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


class Description:
    """What `/v1/openapi.json` says.

    Args:
        document: The document.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def operation(self, route: str) -> Any:
        """What is said about a route, e.g. `GET /v1/datasets`."""
        method, path = route.split(" ", 1)
        return self.document["paths"][path][method.lower()]

    @property
    def routes(self) -> list[str]:
        """All of them."""
        found = self.document["paths"].items()
        return [f"{method.upper()} {path}" for path, methods in found for method in methods]

    def wrong(self, schema: Any, value: object) -> list[str]:
        """Where a value is not what a schema says."""
        whole = {"$schema": Draft202012Validator.META_SCHEMA["$id"], **self.document, "allOf": [schema]}
        found = Draft202012Validator(whole, format_checker=_FORMATS).iter_errors(value)
        return [f"{one.json_path}: {one.message[:300]}" for one in found]

    def complaints(self, route: str, answer: httpx.Response) -> list[str]:
        """Where an answer is not what its route's description says."""
        responses = self.operation(route)["responses"]
        if str(answer.status_code) not in responses:
            return [f"{route}: {answer.status_code} is not described."]
        told = self.resolved(responses[str(answer.status_code)])
        found = self._about_headers(told["headers"], answer)
        if "content" not in told:
            return found + (["A body that is not described."] if answer.content else [])
        media_type = answer.headers["content-type"].partition(";")[0]
        if media_type not in told["content"]:
            return [*found, f"{route}: {media_type} is not described."]
        value = answer.json() if media_type.endswith("json") else answer.text
        return found + [f"{route}: {one}" for one in self.wrong(told["content"][media_type]["schema"], value)]

    def resolved(self, part: Any) -> Any:
        """A part of the document, or what it refers to."""
        if "$ref" not in part:
            return part
        found: Any = self.document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def _about_headers(self, told: Any, answer: httpx.Response) -> list[str]:
        found = []
        for name, one in told.items():
            header, sent = self.resolved(one), answer.headers.get(name)
            value: Any = int(sent) if sent and header["schema"].get("type") == "integer" else sent
            if sent is None:
                found += [f"The header {name} is missing."] if header.get("required") else []
            else:
                found += [f"{name}: {one}" for one in self.wrong(header["schema"], value)]
        return found
