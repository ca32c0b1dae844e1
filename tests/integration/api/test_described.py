"""What the API says about itself is true: of every answer, on every kind of world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jsonschema", reason="descriptions are judged by the package jsonschema")
pytest.importorskip("fastapi", reason="fastapi (extra 'api') is not installed")
pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

import httpx

from featureguard.access import Scope
from featureguard.api.described.examples import examples
from featureguard.api.documents import dataset_to_dict
from featureguard.api.routes import datasets
from featureguard.api.security.rate import Rate
from featureguard.api.security.scopes import scopes_of
from featureguard.catalog import Catalog
from featureguard.errors import StoreError
from featureguard.store import open_store
from tests.builders import HOUR
from tests.decision_world import MINUTE, World, damage
from tests.integration.api.conftest import Api, running
from tests.integration.api.description import Description

CONFIRM = "POST /v1/decisions/{decision_id}/confirm"
TRAIN = {"subject": "pricing", "action": "train"}
WAIVER = {"dataset": "rides", "codes": ["DATA_STALE"], "seconds": 3_600, "reason": "the vendor is down"}


@contextmanager
def api_on(folder: Path, happens: Callable[[World], None], **options: Any) -> Iterator[Api]:
    """The API on a world in which something happened."""
    with open_store(f"sqlite:///{folder}/store.db", simulated=True) as store:
        it = World(folder, store)
        happens(it)
        with running(it, **options) as api:
            yield api


def description_of(api: Api) -> Description:
    return Description(api.routes.openapi())


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Description:
    with api_on(tmp_path_factory.mktemp("world"), lambda _: None) as api:
        return description_of(api)


# Worlds.


def nobody_looked(it: World) -> None:
    """Nothing is known."""


def nothing_is_promised(it: World) -> None:
    it.catalog = Catalog.from_contracts([])


def fresh(it: World) -> None:
    it.look()
    it.decide(key="tonight")


def stale(it: World) -> None:
    it.promise(slo={"objective": 0.9, "window": "7d"}, runbook="https://example.org/rides", tags=["money"])
    it.look()
    it.go_stale()
    it.decide()
    it.waive()
    waiver = it.waive(column="fare", codes=["NULL_LIMIT"], bound=0.5, reason="they are true")
    it.decide()
    it.now += MINUTE
    it.revoke(waiver)


def mended(it: World) -> None:
    stale(it)
    it.now += HOUR
    it.look()
    it.guard.confirm(it.decide().id or "")


def never_arrived(it: World) -> None:
    it.look()
    for file in it.lake.iterdir():
        file.unlink()
    it.now += MINUTE
    it.guard.check("rides")


def delivered(it: World) -> None:
    daily = {"cron": "0 6 * * *", "zone": "UTC", "grace": "1h"}
    it.promise(freshness={"delivery": daily}, slo={"sli": "delivery", "objective": 0.8, "window": "7d"})
    for _ in range(3):
        it.now += 24 * HOUR
        it.look()


WORLDS = [nobody_looked, nothing_is_promised, fresh, stale, mended, never_arrived, delivered]


def reads(api: Api, said: Description) -> dict[str, httpx.Response]:
    """The answer of every read."""
    decided = api.get("/v1/decisions").json()["items"]
    broken = api.get("/v1/incidents", params={"all": True}).json()["groups"]
    names = {
        "dataset": "rides",
        "subject": "pricing",
        "decision_id": decided[0]["id"] if decided else "0" * 16,
        "key": broken[0]["roots"][0]["key"] if broken else "0" * 16,
    }
    gets = [route for route in said.routes if route.startswith("GET ")]
    return {route: api.get(route.removeprefix("GET ").format(**names)) for route in gets}


@pytest.mark.parametrize("happens", WORLDS)
def test_every_read_is_what_the_description_says(tmp_path: Path, happens: Callable[[World], None]) -> None:
    with api_on(tmp_path, happens) as api:
        said = description_of(api)
        answers = reads(api, said)
        more = [
            "/v1/incidents?all=true",
            "/v1/waivers?all=true",
            "/v1/datasets/{dataset}/slo?window_seconds=60",
        ]
        for path in more:
            answers[f"GET {path}"] = api.get(path.format(dataset="rides"))
        assert [one for route, a in answers.items() for one in said.complaints(route.split("?")[0], a)] == []
        assert happens is nothing_is_promised or answers["GET /v1/datasets/{dataset}"].status_code == 200


def test_a_field_that_is_not_described_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "dataset_to_dict", lambda one: {**dataset_to_dict(one), "colour": "blue"})
    with api_on(tmp_path, fresh) as api:
        said = description_of(api)
        wrong = said.complaints("GET /v1/datasets/{dataset}", api.get("/v1/datasets/rides"))
        assert any("'colour' was unexpected" in one for one in wrong)
        assert said.complaints("GET /v1/subjects", api.get("/v1/subjects")) == []


def test_every_write_is_what_the_description_says(tmp_path: Path) -> None:
    with api_on(tmp_path, stale) as api:
        said, answers = description_of(api), []
        ann, bob = (api.token(Scope.ADMIN, name=name) for name in ("ann", "bob"))

        def send(route: str, body: object, token: str = ann, **names: str) -> Any:
            answer = api.post(route.removeprefix("POST ").format(**names), body, token)
            answers.append((route, answer))
            api.refresh()
            return answer.json()

        send("POST /v1/previews", TRAIN)
        sent = {"dataset": "rides", "observed_at": api.world.now.isoformat(), "newest": "never"}
        send("POST /v1/observations", {"readings": [sent]})
        decided = send("POST /v1/decisions", {**TRAIN, "key": "tonight"})
        send("POST /v1/decisions", {**TRAIN, "key": "tonight"})
        send(CONFIRM, {}, decision_id=decided["id"])
        given = send("POST /v1/waivers", WAIVER)
        approved = send("POST /v1/waivers/{waiver_id}/approve", None, bob, waiver_id=given["id"])
        send("POST /v1/waivers/{waiver_id}/approve", None, bob, waiver_id=approved["id"])
        send("POST /v1/waivers/{waiver_id}/revoke", {"reason": "It is up again."}, waiver_id=approved["id"])
        key = api.get("/v1/incidents", ann).json()["groups"][0]["roots"][0]["key"]
        send("POST /v1/incidents/{key}/notes", {"kind": "acknowledge"}, key=key)
    assert [one for route, answer in answers for one in said.complaints(route, answer)] == []
    assert sorted({route for route, _ in answers}) == [
        r for r in sorted(said.routes) if r.startswith("POST ")
    ]
    assert [answer.status_code for _, answer in answers if answer.status_code >= 400] == [409]


def test_every_error_is_what_the_description_says(tmp_path: Path) -> None:
    with api_on(tmp_path, fresh, rate=Rate(per_second=0.01, burst=12)) as api:
        said, reader, gate = description_of(api), api.token(Scope.READ), api.token(Scope.GATE)
        plain = {"content": b"{}", "headers": {"Content-Type": "text/plain"}}
        long = {"content": b" " * (1 << 21)}
        answers = [
            ("GET /v1/datasets", api.get("/v1/datasets")),
            ("POST /v1/decisions", api.post("/v1/decisions", TRAIN, reader)),
            ("GET /v1/datasets/{dataset}", api.get("/v1/datasets/ridse", reader)),
            ("GET /v1/decisions/{decision_id}", api.get("/v1/decisions/012345678", reader)),
            ("GET /v1/datasets", api.get("/v1/datasets?tier=7", reader)),
            ("GET /v1/datasets", api.get("/v1/datasets?limit=x", reader)),
            ("POST /v1/previews", api.post("/v1/previews", {"subject": "pricing"}, reader)),
            ("POST /v1/previews", api.ask("POST", "/v1/previews", reader, **plain)),
            ("POST /v1/previews", api.ask("POST", "/v1/previews", reader, **long)),
            ("POST /v1/decisions", api.post("/v1/decisions", {**TRAIN, "key": ""}, gate)),
            (CONFIRM, api.post("/v1/decisions/012345678/confirm", {}, gate)),
            (CONFIRM, api.post("/v1/decisions/012345678/confirm", {"subject": 1}, gate)),
            *(("GET /v1/lineage", api.get("/v1/lineage", reader)) for _ in range(12)),
        ]
    assert [one for route, answer in answers for one in said.complaints(route, answer)] == []
    assert {answer.status_code for _, answer in answers} == {200, 401, 403, 404, 413, 415, 422, 429}


def test_what_is_answered_while_the_store_is_down_is_described_too(tmp_path: Path) -> None:
    with api_on(tmp_path, mended) as api:
        said, path = description_of(api), f"/v1/decisions/{api.get('/v1/decisions').json()['items'][0]['id']}"
        damage(f"sqlite:///{tmp_path}/store.db", "ALTER TABLE fg_changes RENAME TO fg_away")
        with pytest.raises(StoreError):
            api.refresh()
        answers = reads(api, said) | {"POST /v1/decisions": api.post("/v1/decisions", TRAIN)}
        damage(f"sqlite:///{tmp_path}/store.db", "ALTER TABLE fg_decisions RENAME TO fg_gone")
        answers["GET /v1/decisions/{decision_id}"] = api.get(path)
    assert [one for route, a in answers.items() for one in said.complaints(route, a)] == []
    assert answers["GET /v1/datasets"].headers["featureguard-stale"] == "true"
    assert answers["POST /v1/decisions"].json()["id"] is None
    failed = {route for route, answer in answers.items() if answer.status_code == 503}
    assert failed == {"GET /readyz", "GET /v1/decisions/{decision_id}"}


def test_a_crash_is_told_as_a_problem_and_the_connection_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(datasets, "dataset_to_dict", crash)
    with api_on(tmp_path, fresh) as api:
        said, answers = description_of(api), [api.get("/v1/datasets") for _ in range(2)]
        assert api.get("/livez").json() == {"live": True}
    for answer in answers:
        assert (answer.status_code, said.complaints("GET /v1/datasets", answer)) == (500, [])
        assert answer.headers["x-request-id"] in answer.json()["detail"]


def test_an_answer_that_is_known_already_is_described(tmp_path: Path) -> None:
    with api_on(tmp_path, fresh) as api:
        said, tag = description_of(api), api.get("/v1/datasets").headers["etag"]
        answer = api.get("/v1/datasets", headers={"If-None-Match": tag})
        assert (answer.status_code, said.complaints("GET /v1/datasets", answer)) == (304, [])


# The document.


def test_every_answer_has_a_schema_and_an_example_that_is_one(said: Description) -> None:
    for route in said.routes:
        for status, answer in said.operation(route)["responses"].items():
            for one in said.resolved(answer).get("content", {}).values():
                for example in (
                    [one["example"]] if "example" in one else [e["value"] for e in one["examples"].values()]
                ):
                    assert example, f"{route} {status} has no example"
                    assert said.wrong(one["schema"], example) == [], f"{route} {status}"
    assert {*examples()} == {*said.routes, "GET /readyz 503"}


def test_every_body_has_an_example_that_is_one(said: Description) -> None:
    for route in said.routes:
        if body := said.operation(route).get("requestBody"):
            schema = said.resolved(body["content"]["application/json"]["schema"])
            assert [said.wrong(schema, one) for one in schema["examples"]] == [[]], route


def test_every_field_is_explained(said: Description) -> None:
    schemas = said.document["components"]["schemas"]
    silent = [
        f"{name}.{field}"
        for name, one in schemas.items()
        for field, schema in one.get("properties", {}).items()
        if not schema.get("description")
    ]
    assert silent == []
    assert not {"HTTPValidationError", "ValidationError"} & schemas.keys()


def test_every_route_says_whom_it_answers(tmp_path: Path) -> None:
    with api_on(tmp_path, nobody_looked) as api:
        said, scopes = description_of(api), list(scopes_of(api.routes))
    for method, path, scope in scopes:
        if f"{method} {path}" in said.routes:
            told = said.operation(f"{method} {path}")
            assert told["security"] == ([{"token": [scope]}, {"browser": [scope]}] if scope else [])
            assert (f"`{scope}`" in told["description"]) == (scope is not None)
            assert ("403" in told["responses"]) == (scope is not None)
