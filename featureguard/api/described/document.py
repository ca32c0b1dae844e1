"""The API's description: what FastAPI finds out, and what it cannot know."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from featureguard.access import Scope
from featureguard.api.described.examples import examples
from featureguard.api.described.headers import EVERYWHERE, HEADERS
from featureguard.api.described.problems import FieldProblem, Problem, problem_responses, problems_of
from featureguard.api.described.words import Answer
from featureguard.api.security.gatekeeper import COOKIE
from featureguard.api.security.scopes import scopes_of
from featureguard.json_schema import attributes_of
from featureguard.verdict import Decision, Reason, Remark
from featureguard.wire.scalars import Document

Described = dict[str, Any]

SECURITY: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of `featureguard token create`. This machine needs none while there is none.",
    },
    "browser": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The same token, as a browser keeps it after `/login`.",
    },
}
"""How to say who asks."""

_VALUES: Final = (Decision, Reason, Remark)
"""Values of ours that are answered as they are."""
_UNREAL: Final = ("HTTPValidationError", "ValidationError")
"""Errors that FastAPI describes and no route answers with."""


class DescribedApi(FastAPI):
    """An application that says what it answers, to whom, and with which errors."""

    def setup(self) -> None:
        """Describe it under its `openapi_url`; in a thread, since others are not to wait for that."""

        def tell(_: Request) -> Response:
            return JSONResponse(self.openapi())

        if self.openapi_url:
            self.add_route(self.openapi_url, tell, include_in_schema=False)

    def openapi(self) -> Described:
        """Its description (OpenAPI 3.1)."""
        if not self.openapi_schema:
            found = get_openapi(
                title=self.title, version=self.version, description=self.description, routes=self.routes
            )
            self.openapi_schema = _completed(found, scopes_of(self))
        return self.openapi_schema


def _completed(document: Described, routes: Iterable[tuple[str, str, Scope | None]]) -> Described:
    schemas = _schemas(document["components"]["schemas"])
    for method, path, scope in routes:
        if operation := document["paths"].get(path, {}).get(method.lower()):
            _tell_parameters(operation)
            _tell_answers(operation, f"{method} {path}", schemas)
            _tell_who_may(operation, scope)
            operation["responses"] |= problems_of(operation, method, path, scope)
    document["components"] = {
        "schemas": schemas,
        "responses": problem_responses(),
        "headers": HEADERS,
        "securitySchemes": SECURITY,
    }
    return document


def _schemas(found: Described) -> Described:
    """The schemas in the words of our docstrings."""
    _, errors = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    schemas = {name: one for name, one in (found | errors["$defs"]).items() if name not in _UNREAL}
    for value in _VALUES:
        _close(schemas[value.__name__])
    for described in (*_VALUES, Problem, FieldProblem, *_below(Answer), *_below(Document)):
        if described.__name__ in schemas:
            _tell_fields(schemas[described.__name__], described)
    return dict(sorted(schemas.items()))


def _close(schema: Described) -> None:
    """Every field is there, and no other."""
    schema["required"], schema["additionalProperties"] = list(schema["properties"]), False
    for one in schema["properties"].values():
        one.pop("default", None)


def _tell_fields(schema: Described, described: type) -> None:
    words = attributes_of(described)
    schema["description"] = _for_json(inspect.getdoc(described) or "").partition("\n\nAttributes:")[0]
    for name, one in schema.get("properties", {}).items():
        one.pop("title", None)
        if name in words:
            one["description"] = _for_json(words[name])


def _tell_parameters(operation: Described) -> None:
    for one in operation.get("parameters", ()):
        one["schema"].pop("title", None)


def _tell_answers(operation: Described, route: str, schemas: Described) -> None:
    """Describe what is no error; FastAPI's 422 is none of ours."""
    operation["responses"].pop("422", None)
    for status, answer in operation["responses"].items():
        answer["headers"] = answer.get("headers", {}) | EVERYWHERE
        for content in answer.get("content", {}).values():
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            if name:
                answer["description"] = schemas[name]["description"]
            content["example"] = examples().get(f"{route} {status}") or examples()[route]


def _tell_who_may(operation: Described, scope: Scope | None) -> None:
    operation["security"] = [{scheme: [str(scope)]} for scheme in SECURITY] if scope else []
    told = f"Needs the scope `{scope}`." if scope else "Anybody may ask."
    operation["description"] = f"{operation['description']}\n\n{told}"


def _below(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in base.__subclasses__():
        yield one
        yield from _below(one)


def _for_json(words: str) -> str:
    return words.replace("`None`", "`null`")
