"""Whatever is sent, the answer is one that the API's own description knows, and never a crash."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

import httpx
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import booleans
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from featureguard.access import Scope
from featureguard.api.routes import running
from featureguard.api.service import Service
from featureguard.scorecard.documents import scorecard_to_dict
from tests.integration.api.conftest import Api
from tests.thorough import often

EXAMPLES = often(25, else_=3)
KNOWN = {"dataset": "rides", "subject": "pricing"}
AS_DESCRIBED = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def complaint(answer: httpx.Response) -> str | None:
    """What is wrong with an answer, whatever was asked."""
    if answer.status_code >= 500:
        return f"{answer.status_code} {answer.text}"
    if answer.status_code >= 400:
        told = answer.headers["content-type"] == "application/problem+json"
        whole = told and {"type", "title", "status", "detail"} <= answer.json().keys()
        return None if whole else f"no problem document: {answer.text}"
    return None if answer.headers["x-content-type-options"] == "nosniff" else "no security headers"


def complaints(api: Api, examples: int) -> list[str]:
    """What is wrong with answers to requests that the description allows, and to those that it does not."""
    token = api.token(Scope.ADMIN)
    schema = schemathesis.openapi.from_dict(api.get("/v1/openapi.json", token).json())
    schema.config.update(base_url=str(api.client.base_url).rstrip("/"))
    found: list[str] = []

    def ask(case: Any, known: bool) -> None:
        if known:
            case.path_parameters |= {name: KNOWN[name] for name in KNOWN.keys() & case.path_parameters.keys()}
        with suppress(requests.exceptions.InvalidHeader, UnicodeError):  # No client can send it.
            got = case.call(headers={"Authorization": f"Bearer {token}"})
            headers = {name: values[0] for name, values in got.headers.items()}
            headers.pop("content-encoding", None)
            if told := complaint(httpx.Response(got.status_code, headers=headers, content=got.content)):
                found.append(f"{case.as_curl_command()}: {told}")
            try:
                case.validate_response(got, checks=AS_DESCRIBED)
            except FailureGroup as failures:
                found.extend(f"{case.as_curl_command()}: {one}" for one in failures.exceptions)

    careful: Any = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    for operation in (one.ok() for one in schema.get_all_operations()):
        for mode in schemathesis.GenerationMode:
            search: Any = given(operation.as_strategy(generation_mode=mode), booleans())
            with suppress(Unsatisfiable):
                careful(search(ask))()
    return found


def test_no_request_makes_the_service_fail_and_every_error_is_a_problem(small: Api) -> None:
    assert complaints(small, EXAMPLES) == []
    small.refresh()
    assert small.get("/v1/scorecard", small.token(Scope.READ)).status_code == 200  # No row is poisoned.


@pytest.mark.long
def test_the_search_finds_a_route_that_crashes(small: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Service, "preview", crash)
    found = complaints(small, 5)
    assert found
    assert all("/v1/previews" in one and ": 500 " in one for one in found)


@pytest.mark.long
def test_the_search_finds_an_answer_that_says_more_than_is_described(
    small: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        running, "scorecard_to_dict", lambda one: {**scorecard_to_dict(one), "colour": "blue"}
    )
    found = complaints(small, 5)
    assert found
    assert all("/v1/scorecard" in one and "colour" in one for one in found)


def test_the_description_is_one_by_the_rules_of_openapi(small: Api) -> None:
    schemathesis.openapi.from_dict(small.routes.openapi()).validate()
