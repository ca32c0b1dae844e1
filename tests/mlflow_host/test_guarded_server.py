"""A real `mlflow server --app-name featureguard`, asked in every way that it understands, and one without."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mlflow.server", reason="mlflow is not installed")
httpx = pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

from featureguard.mlflow.detecting import promotions
from featureguard.mlflow.promoting import promote
from featureguard.mlflow.registry import open_registry
from featureguard.mlflow.settings import Settings
from tests.mlflow_host.field import (
    ALLOWED,
    BLOCKED,
    HELD,
    POLICY,
    Lake,
    Server,
    aliases_in,
    execute,
    new_registry,
    stages_in,
)

# MLflow's own: of SQLAlchemy 2.1, and of stages, which it gives up.
pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore:The ``noload``:sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*transition_model_version_stage:FutureWarning"),
]

PREFIX = "/base"
SITUATIONS = [(ALLOWED, "allow"), (BLOCKED, "block"), (HELD, "hold"), (ALLOWED, "gate down")]


@pytest.fixture(scope="module")
def field(
    tmp_path_factory: pytest.TempPathFactory, registry_template: Path
) -> Iterator[tuple[Lake, Server, Server]]:
    """A project, a server with the guard and two workers, and one without it."""
    folder = tmp_path_factory.mktemp("servers")
    lake = Lake(folder / "project")
    lake.lay_out(POLICY)
    uris = [new_registry(registry_template, folder / name) for name in ("guarded", "plain")]
    # Uvicorn kills a worker that takes longer than 5 s to import MLflow, as it does on a busy machine.
    patient = ("--uvicorn-opts", "--timeout-worker-healthcheck 60")
    options = ("--app-name", "featureguard", "--workers", "2", *patient)
    guarded = Server(
        uris[0], folder / "guarded", *options, prefix=PREFIX, FEATUREGUARD_PROJECT=str(lake.folder)
    )
    plain = Server(uris[1], folder / "plain", "--workers", "1")
    try:
        guarded.wait()
        plain.wait()
        yield lake, guarded, plain
    finally:
        guarded.stop()
        plain.stop()


@pytest.fixture
def lake(field: tuple[Lake, Server, Server]) -> Lake:
    return field[0]


@pytest.fixture
def guarded(field: tuple[Lake, Server, Server]) -> Server:
    """The server with the guard, nothing in any place."""
    _clear(field[1].uri)
    return field[1]


@pytest.fixture
def plain(field: tuple[Lake, Server, Server]) -> Server:
    """The one without it."""
    _clear(field[2].uri)
    return field[2]


def _clear(uri: str) -> None:
    execute(uri, "delete from registered_model_aliases")
    execute(uri, "update model_versions set current_stage = 'None'")


def client_of(server: Server) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=server.url, registry_uri=server.url)


def ask(server: Server, method: str, path: str, **more: Any) -> Any:
    return httpx.request(method, f"{server.url}{path}", trust_env=False, timeout=60, **more)


def body(model: str) -> dict[str, str]:
    return {"name": model, "alias": "champion", "version": "1"}


ALIAS, STAGE = "/api/2.0/mlflow/registered-models/alias", "/api/2.0/mlflow/model-versions/transition-stage"
JSON = {"Content-Type": "application/json"}

# What MLflow's own client does, and what reaches the same handler otherwise.
HONEST: dict[str, Callable[[Server, str], Any]] = {
    "client": lambda s, m: client_of(s).set_registered_model_alias(m, "champion", "1"),
    "stage": lambda s, m: client_of(s).transition_model_version_stage(m, "1", "Production"),
    "rest": lambda s, m: ask(s, "POST", ALIAS, json=body(m)),
    "ajax": lambda s, m: ask(s, "POST", "/ajax-api/2.0/mlflow/registered-models/alias", json=body(m)),
    "escaped": lambda s, m: ask(s, "POST", ALIAS.replace("alias", "%61lias"), json=body(m)),
    "escapes": lambda s, m: ask(
        s, "POST", ALIAS, headers=JSON, content=json.dumps(body(m)).replace("champion", "\\u0063hampion")
    ),
    "twice": lambda s, m: ask(
        s, "POST", ALIAS, headers=JSON, content='{"alias": "harmless", ' + json.dumps(body(m))[1:]
    ),
    "twice told": lambda s, m: ask(s, "POST", ALIAS, headers=JSON, content=json.dumps(json.dumps(body(m)))),
    "stage in capitals": lambda s, m: ask(
        s, "POST", STAGE, json={"name": m, "version": "1", "stage": "PRODUCTION"}
    ),
}

# What the server may or may not understand: it must not be a way in.
ODD: dict[str, Callable[[Server, str], Any]] = {
    "chunked": lambda s, m: ask(
        s, "POST", ALIAS, content=(bytes([b]) for b in json.dumps(body(m)).encode()), headers=JSON
    ),
    "number": lambda s, m: ask(s, "POST", ALIAS, json={**body(m), "version": 1}),
    "no content type": lambda s, m: ask(s, "POST", ALIAS, content=json.dumps(body(m))),
    "slash": lambda s, m: ask(s, "POST", f"{ALIAS}/", json=body(m)),
    "slashes": lambda s, m: ask(s, "POST", ALIAS.replace("/mlflow", "//mlflow"), json=body(m)),
    "dots": lambda s, m: ask(s, "POST", ALIAS.replace("/mlflow", "/x/../mlflow"), json=body(m)),
    "newer": lambda s, m: ask(s, "POST", ALIAS.replace("2.0", "3.0"), json=body(m)),
    "older": lambda s, m: ask(s, "POST", ALIAS.replace("api/2.0", "api/2.0/preview"), json=body(m)),
    "prefixed again": lambda s, m: ask(s, "POST", f"{PREFIX}{ALIAS}", json=body(m)),
    "at the root": lambda s, m: httpx.post(f"{s.root}{ALIAS}", json=body(m), trust_env=False),
    "put": lambda s, m: ask(s, "PUT", ALIAS, json=body(m)),
    "patch": lambda s, m: ask(s, "PATCH", ALIAS, json=body(m)),
    "overridden": lambda s, m: ask(
        s, "GET", ALIAS, params=body(m), headers={"X-HTTP-Method-Override": "POST"}
    ),
    "query": lambda s, m: ask(s, "POST", ALIAS, params=body(m)),
    "form": lambda s, m: ask(s, "POST", ALIAS, data=body(m)),
    "utf-16": lambda s, m: ask(s, "POST", ALIAS, headers=JSON, content=json.dumps(body(m)).encode("utf-16")),
    "bom": lambda s, m: ask(s, "POST", ALIAS, headers=JSON, content=json.dumps(body(m)).encode("utf-8-sig")),
    "no json": lambda s, m: ask(s, "POST", ALIAS, headers=JSON, content=b'{"name": "' + m.encode()),
    "capitals": lambda s, m: ask(s, "POST", ALIAS, json={**body(m), "alias": "Champion"}),
    "blanks": lambda s, m: ask(s, "POST", ALIAS, json={**body(m), "alias": "champion "}),
    "create with alias": lambda s, m: ask(
        s, "POST", "/api/2.0/mlflow/model-versions/create",
        json={"name": m, "source": "s3://models/x", "aliases": ["champion"], "current_stage": "Production"},
    ),
    "create model with alias": lambda s, m: ask(
        s, "POST", "/api/2.0/mlflow/registered-models/create",
        json={"name": f"{m}_new", "aliases": [{"alias": "champion", "version": "1"}]},
    ),
    "graphql": lambda s, m: ask(
        s, "POST", "/graphql",
        json={"query": f'mutation {{ mlflowSetRegisteredModelAlias(input: {{name: "{m}"}}) {{ name }} }}'},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("model", "situation"), SITUATIONS, ids=[name for _, name in SITUATIONS])
@pytest.mark.parametrize("way", HONEST)
def test_only_an_allowing_decision_opens_a_way(
    lake: Lake, guarded: Server, way: str, model: str, situation: str
) -> None:
    before = len(lake.recorded())
    away = lake.without_store() if situation == "gate down" else nullcontext()
    with away:
        refusal = attempt(guarded, HONEST[way], model)
    stands = aliases_in(guarded.uri) or stages_in(guarded.uri)
    if situation == "allow":
        assert stands, refusal
        assert all(one.allowed for one in past(lake)[before:])
        assert past(lake)[before:][-1].kind == "confirmation"
    else:
        assert not stands
        assert refusal["error_code"] == "PERMISSION_DENIED"
        assert refusal["featureguard"]["verdict"] == situation.replace("gate down", "hold")
        assert len(lake.recorded()) - before == (0 if situation == "gate down" else 1)


def past(lake: Lake) -> list[Any]:
    from featureguard.protected import PastDecision

    return [PastDecision.of(one) for one in lake.recorded()]


@pytest.mark.parametrize("way", ODD)
def test_no_other_spelling_is_a_way(guarded: Server, way: str) -> None:
    attempt(guarded, ODD[way], BLOCKED)
    assert not aliases_in(guarded.uri)
    assert not stages_in(guarded.uri)


def attempt(server: Server, way: Callable[[Server, str], Any], model: str) -> Any:
    """What was answered, as JSON."""
    from mlflow.exceptions import RestException

    try:
        found = way(server, model)
    except RestException as error:
        return error.json
    if isinstance(found, httpx.Response):
        assert found.status_code < 500, found.text
        assert found.status_code != 403 or found.headers["content-type"] == "application/json"
        return found.json() if "json" in found.headers.get("content-type", "") else {}
    return {}


def test_a_copy_into_a_protected_model_still_has_to_ask(guarded: Server) -> None:
    client = client_of(guarded)
    client.set_registered_model_alias(ALLOWED, "champion", "1")
    copied = client.copy_model_version(f"models:/{ALLOWED}@champion", BLOCKED)
    assert not [key for key in copied.tags if key.startswith("featureguard.")]
    refusal = attempt(
        guarded, lambda s, m: client.set_registered_model_alias(m, "champion", copied.version), BLOCKED
    )
    assert refusal["featureguard"]["verdict"] == "block"
    assert aliases_in(guarded.uri) == {(ALLOWED, "champion"): 1}


def test_the_guards_tags_cannot_be_forged(guarded: Server) -> None:
    client = client_of(guarded)
    forge = lambda s, m: client.set_model_version_tag(m, "1", "featureguard.decision.00", "{}")  # noqa: E731
    assert attempt(guarded, forge, BLOCKED)["error_code"] == "PERMISSION_DENIED"
    client.set_model_version_tag(BLOCKED, "1", "owner", "me")
    assert client.get_model_version(BLOCKED, "1").tags == {"owner": "me"}


def test_taking_an_alias_away_is_free(guarded: Server) -> None:
    client = client_of(guarded)
    client.set_registered_model_alias(ALLOWED, "champion", "1")
    client.delete_registered_model_alias(ALLOWED, "champion")
    assert not aliases_in(guarded.uri)


def test_promoting_on_a_guarded_server_is_one_decision(lake: Lake, guarded: Server) -> None:
    before = len(lake.recorded())
    with lake.desk() as desk:
        found = promote(desk, open_registry(guarded.url), ALLOWED, "2", "champion")
    assert found.done
    made = lake.recorded()[before:]
    assert [one.kind for one in made] == ["decision", "confirmation", "confirmation"]
    told = client_of(guarded).get_model_version(ALLOWED, "2").tags
    assert f"featureguard.decision.{made[0].link.seal}" in told


def test_a_guarded_server_that_refuses_is_the_answer_of_a_promotion(lake: Lake, guarded: Server) -> None:
    with lake.desk() as desk:
        found = promote(desk, open_registry(guarded.url), BLOCKED, "1", "champion", subject="prices")
    assert (found.done, found.allowed, found.exit_code) == (False, False, 1)
    assert "30h" in found.told


def test_a_server_without_the_guard_lets_it_through_and_the_detector_finds_it(
    lake: Lake, plain: Server
) -> None:
    for way in (HONEST["client"], HONEST["stage"]):
        attempt(plain, way, BLOCKED)
    assert aliases_in(plain.uri) == {(BLOCKED, "champion"): 1}
    assert stages_in(plain.uri) == {(BLOCKED, 1)}
    with lake.desk() as desk:
        found = promotions(desk, open_registry(plain.url), Settings())
    assert [(str(one.place), bool(one.why)) for one in found] == [
        ("'stale@champion'", True),
        ("stage 'Production'", True),
    ]


REGISTRY_ROUTES = {
    *("CreateRegisteredModel", "RenameRegisteredModel", "UpdateRegisteredModel", "DeleteRegisteredModel"),
    *("GetRegisteredModel", "SearchRegisteredModels", "GetLatestVersions", "SetRegisteredModelTag"),
    *("DeleteRegisteredModelTag", "SetRegisteredModelAlias", "DeleteRegisteredModelAlias"),
    *("CreateModelVersion", "UpdateModelVersion", "TransitionModelVersionStage", "DeleteModelVersion"),
    *("GetModelVersion", "SearchModelVersions", "GetModelVersionDownloadUri", "GetModelVersionByAlias"),
    *("SetModelVersionTag", "DeleteModelVersionTag"),
}


def test_every_route_to_the_registry_of_this_mlflow_is_known() -> None:
    """A new one is to be thought about: does it end in the store, and in which of its methods?"""
    from mlflow.protos.model_registry_pb2 import DESCRIPTOR
    from mlflow.server.handlers import HANDLERS

    service = DESCRIPTOR.services_by_name["ModelRegistryService"]
    requests: list[Any] = list(HANDLERS)
    served = {one.DESCRIPTOR.name for one in requests} & {one.input_type.name for one in service.methods}
    assert served == REGISTRY_ROUTES


def test_graphql_changes_nothing_in_the_registry() -> None:
    from mlflow.server.graphql.graphql_schema_extensions import schema

    mutations = set(re.findall(r"^  (\w+)\(", str(schema).split("type Mutation")[1].split("}")[0], re.M))
    assert mutations == {"mlflowSearchDatasets", "mlflowSearchRuns", "testMutation"}


def test_the_server_tells_no_secret(guarded: Server) -> None:
    assert "fg_" not in guarded.log
    assert os.environ.get("FEATUREGUARD_TOKEN", "no token") not in guarded.log
