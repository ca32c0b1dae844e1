"""The commands `promote` and `promotions`, and one clear error for each thing that can be wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mlflow", reason="mlflow is not installed")

from featureguard.cli.app import run
from tests.mlflow_host.field import ALLOWED, BLOCKED, HELD, NOBODY, Lake, aliases_in, execute, free_port

# MLflow's own, of SQLAlchemy 2.1.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload``:sqlalchemy.exc.SADeprecationWarning")


@pytest.fixture(autouse=True)
def at_home(lake: Lake, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow's own variables name the registry."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)


def test_promote_exits_as_gate_does(uri: str, capfd: pytest.CaptureFixture[str]) -> None:
    codes = [run(["promote", model, "1", "--alias", "champion"]) for model in (ALLOWED, BLOCKED, HELD)]
    assert codes == [0, 1, 3]
    assert aliases_in(uri) == {(ALLOWED, "champion"): 1}
    told = capfd.readouterr().out
    assert "'pricing@champion' is version 1 of 'pricing'." in told
    assert "stale must not promote: block" in told


def test_json_tells_everything(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["promote", ALLOWED, "1", "--alias", "champion", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["done"], told["exit_code"], told["decision"]["subject"]) == (True, 0, "prices")
    assert run(["promotions", "--json"]) == 0
    [item] = json.loads(capfd.readouterr().out)["items"]
    assert (item["model"], item["in_order"]) == (ALLOWED, True)
    assert item["decision"] != told["decision"]["id"]  # That is the confirmation, which counts.


def test_a_dry_run_says_so(uri: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["promote", ALLOWED, "1", "--alias", "champion", "--dry-run"]) == 0
    told = capfd.readouterr().out
    assert "only a preview" in told
    assert "version 1 of 'pricing' may be 'pricing@champion'." in told
    assert aliases_in(uri) == {}


def test_promotions_lists_what_no_decision_set_and_puts_it_back(
    uri: str, client: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    run(["promote", ALLOWED, "1", "--alias", "champion"])
    client.set_registered_model_alias(ALLOWED, "champion", "2")
    client.set_registered_model_alias(NOBODY, "champion", "1")
    assert run(["promotions"]) == 1
    told = capfd.readouterr().out
    assert told.count("NOT DECIDED") == 2
    assert run(["promotions", "--revert", "--only-known"]) == 1
    assert "Put back to version 1" in capfd.readouterr().out
    assert run(["promotions", "--only-known"]) == 0
    assert aliases_in(uri) == {(ALLOWED, "champion"): 1, (NOBODY, "champion"): 1}


def test_an_empty_registry_is_in_order(uri: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["promotions"]) == 0
    assert "No protected place is taken." in capfd.readouterr().out


class _Elsewhere(BaseHTTPRequestHandler):
    """Something that is no MLflow, or one that lets nobody in."""

    status = 404

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"<h1>Something else</h1>")

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def failed(capfd: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    assert run(["promote", *arguments]) == code
    told = [line for line in capfd.readouterr().err.splitlines() if "INFO" not in line]
    assert len(told) == 1, told
    return told[0]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nothing", "1"), "no version 1 of 'nothing'"),
        ((ALLOWED, "99"), "no version 99 of 'pricing'"),
        ((ALLOWED, "newest"), "'newest' is no version of a model. Write its number"),
        ((NOBODY, "1"), "Write 'aliases: {mlflow: nobody}'"),
        ((ALLOWED, "1", "--subject", "price"), "no subject 'price'. Did you mean 'prices'"),
    ],
)
def test_what_is_not_there_is_one_usage_error(
    capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    assert told in failed(capfd, 2, *arguments, "--alias", "champion")


@pytest.mark.parametrize("alias", ["latest", "v1", "not an alias"])
def test_an_alias_that_mlflow_does_not_take_is_a_usage_error(
    capfd: pytest.CaptureFixture[str], uri: str, alias: str
) -> None:
    assert "alias" in failed(capfd, 2, ALLOWED, "1", "--alias", alias)
    assert aliases_in(uri) == {}


def test_a_registry_that_is_away_is_one_error(capfd: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    told = failed(capfd, 4, ALLOWED, "1", "--alias", "champion", "--registry", url)
    assert "could not be asked" in told
    assert url in told


def test_something_that_is_no_registry_is_one_error(
    capfd: pytest.CaptureFixture[str], elsewhere: str
) -> None:
    told = failed(capfd, 2, ALLOWED, "1", "--alias", "champion", "--registry", elsewhere)
    assert "404" in told


def test_a_registry_that_lets_nobody_in_says_which_variables_to_set(
    capfd: pytest.CaptureFixture[str], elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Elsewhere, "status", 401)
    told = failed(capfd, 4, ALLOWED, "1", "--alias", "champion", "--registry", elsewhere)
    assert "MLFLOW_TRACKING_TOKEN" in told


def test_a_password_in_the_address_is_told_to_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    url = f"http://me:hunter2secret@127.0.0.1:{free_port()}"
    assert "hunter2secret" not in failed(capfd, 4, ALLOWED, "1", "--alias", "champion", "--registry", url)


def test_a_database_of_another_version_is_one_error(capfd: pytest.CaptureFixture[str], uri: str) -> None:
    execute(uri, "update alembic_version set version_num = 'ffffffffffff'")
    assert "schema" in failed(capfd, 4, ALLOWED, "1", "--alias", "champion").lower()


def test_an_address_that_is_none_is_one_error(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["promote", ALLOWED, "1", "--alias", "champion", "--registry", "nonsense://x"]) in (2, 4)
    assert "nonsense" in capfd.readouterr().err


def test_remove_without_revert_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["promotions", "--remove"]) == 2
    assert "--revert" in capfd.readouterr().err
