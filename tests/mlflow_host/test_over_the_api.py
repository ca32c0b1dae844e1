"""The same through the freshness API, whose catalog decides which subject a model is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mlflow", reason="mlflow is not installed")
pytest.importorskip("fastapi", reason="fastapi (extra 'api') is not installed")
pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")

from featureguard.access import Scope, Token, digest_of, id_of, new_secret
from featureguard.cli.app import run
from featureguard.desk import Desk, open_desk
from featureguard.mlflow.settings import Settings
from featureguard.mlflow.veto import Veto
from tests.mlflow_host.field import ALLOWED, BLOCKED, HELD, Lake, aliases_in, free_port

# MLflow's own, of SQLAlchemy 2.1.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload``:sqlalchemy.exc.SADeprecationWarning")


class Api:
    """`featureguard serve` in a process of its own.

    Attributes:
        lake: The project that it serves.
        url: Where it is.
        token: What may decide.
        reader: What may only read.
    """

    def __init__(self, lake: Lake) -> None:
        self.lake, port = lake, free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.token, self.reader = self._token(Scope.GATE), self._token(Scope.READ)
        serve = ["serve", "--read-through", "--port", str(port)]
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from featureguard.cli import main; main()", *serve],
            env={**os.environ, "FEATUREGUARD_PROJECT": str(lake.folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _token(self, scope: Scope) -> str:
        secret = new_secret()
        with self.lake.guard() as guard:
            now = datetime.now(UTC)
            guard.store_in_use.tokens.add(
                Token(str(id_of(secret)), scope.value, frozenset({scope}), digest_of(secret), now, None)
            )
        return secret

    def wait(self) -> None:
        """Until it answers."""
        opener, end = urllib.request.build_opener(urllib.request.ProxyHandler({})), time.monotonic() + 60
        while time.monotonic() < end:
            with suppress(OSError), opener.open(f"{self.url}/readyz", timeout=2):
                return
            time.sleep(0.1)
        pytest.fail("The API did not come up.")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)

    def desk(self) -> Desk:
        """Where the gate is asked."""
        return open_desk(api_url=self.url, token=self.token)


@pytest.fixture(scope="module")
def api(lake_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("api") / "project"
    shutil.copytree(lake_template, folder)
    found = Api(Lake(folder))
    try:
        found.wait()
        yield found
    finally:
        found.stop()


@pytest.fixture(autouse=True)
def at_home(api: Api, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no project here, only the API and a registry."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("FEATUREGUARD_TOKEN", api.token)
    monkeypatch.setenv("FEATUREGUARD_PROJECT", str(tmp_path / "nowhere"))


def test_promotions_and_the_way_back(api: Api, uri: str, client: Any) -> None:
    champion = (ALLOWED, "champion")
    asked = ["--alias", "champion", "--api", api.url]
    assert [run(["promote", model, "1", *asked]) for model in (ALLOWED, BLOCKED, HELD)] == [0, 1, 3]
    assert run(["promote", ALLOWED, "2", *asked]) == 0
    assert run(["promotions", "--api", api.url]) == 0
    with api.lake.turned_stale():
        assert run(["promote", ALLOWED, "3", *asked]) == 1
        assert run(["promote", ALLOWED, "1", *asked]) == 0
        client.set_registered_model_alias(ALLOWED, "champion", "3")
        assert run(["promotions", "--api", api.url, "--revert"]) == 1
    assert aliases_in(uri) == {champion: 2}
    assert run(["promotions", "--api", api.url]) == 0


def test_the_log_names_what_was_asked(api: Api, uri: str) -> None:
    assert run(["promote", ALLOWED, "1", "--alias", "challenger", "--api", api.url, "--key", "build 7"]) == 0
    with api.desk() as desk:
        [decision] = desk.decisions("mlflow:pricing/1/alias/challenger/")
    assert (decision.subject, decision.action, decision.allowed) == ("prices", "promote", True)
    assert str(decision.key).endswith(":promote:build%207")


def test_a_guard_that_asks_the_api(api: Api, uri: str) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    from featureguard.mlflow.guarded import guarded

    def store(**settings: Any) -> Any:
        veto = Veto(Settings(api=api.url, **settings))
        return guarded(SqlAlchemyStore(uri), veto)  # type: ignore[no-untyped-call]

    for token, told in ((api.reader, "scope"), (None, "token"), ("fg_wrong", "token")):
        with pytest.raises(MlflowException, match=told):
            store(token=token).set_registered_model_alias(ALLOWED, "champion", "1")
    with pytest.raises(MlflowException, match="block"):
        store(token=api.token).set_registered_model_alias(BLOCKED, "champion", "1")
    assert aliases_in(uri) == {}
    store(token=api.token).set_registered_model_alias(ALLOWED, "champion", "1")
    assert aliases_in(uri) == {(ALLOWED, "champion"): 1}


def test_a_wrong_token_is_one_usage_error(
    api: Api, uri: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FEATUREGUARD_TOKEN", "fg_0123456789ab_wrong")
    assert run(["promote", ALLOWED, "1", "--alias", "champion", "--api", api.url]) == 2
    told = capfd.readouterr().err
    assert "token" in told
    assert "fg_0123456789ab_wrong" not in told
    assert aliases_in(uri) == {}


def test_an_api_that_is_away_is_no_decision(uri: str, capfd: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    for command in (["promote", ALLOWED, "1", "--alias", "champion"], ["promotions"]):
        assert run([*command, "--api", url, "--timeout", "1"]) == 4
    assert aliases_in(uri) == {}
    assert "Traceback" not in capfd.readouterr().err


def test_the_api_and_a_project_are_one_too_many(api: Api, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["promotions", "--api", api.url, "--project", "."]) == 2
    assert "With --api" in capfd.readouterr().err
