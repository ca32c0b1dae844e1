"""Stores that answer for named entities only: a real feature server, and Feast's own `online_read`."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest

pytest.importorskip("feast.protos", reason="feast (extra 'feast') is not installed")

from featureguard.errors import SourceCorruptError, SourceError, SourceUnreadableError
from featureguard.feast.skew import State
from featureguard.feast.truth import truth_of
from featureguard.feature_registry import Repo, View, by_feast, read_registry, read_repo
from featureguard.online_store import EVENT, OnlineStore, feature_server, open_online
from featureguard.online_store.by_feast import FeastStore
from featureguard.online_store.keys import encode
from featureguard.online_store.opening import Reader
from featureguard.sources.feast import OfflineSource
from tests.feast_host.field import Field, await_port

VIEW = View("driver_stats", "batch", {"driver_id": "INT64"}, {"trips": "INT64", "rate": "DOUBLE"})


@pytest.fixture(scope="module")
def filled(files: Field) -> Field:
    begin, end = files.now - timedelta(days=1), files.now
    files.materialize(begin, end, "driver_stats", "customer_profile", "pairs", "fleet")
    return files


@pytest.fixture(scope="module")
def address(filled: Field) -> Iterator[str]:
    """`feast serve`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = str(Path(sys.executable).with_name("feast"))
    command = [program, "serve", "--port", str(port), "--no-access-log"]
    with Path(filled.folder, "serve.log").open("w") as log:
        server = subprocess.Popen(command, cwd=filled.folder, stdout=log, stderr=log)
        try:
            await_port(port, 60)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


@pytest.fixture(params=["by_feast", "over_http"])
def store(request: pytest.FixtureRequest, filled: Field) -> OnlineStore:
    repo = read_repo(filled.folder, os.environ)
    if request.param == "by_feast":
        return OnlineStore(FeastStore(repo))
    settings = {"type": "remote", "path": request.getfixturevalue("address")}
    return open_online(replace(repo, online=settings))


def view_of(field: Field, name: str) -> View:
    return read_registry(read_repo(field.folder, os.environ)).views[name]


@pytest.mark.parametrize(
    ("name", "entities"),
    [
        ("driver_stats", [{"driver_id": one} for one in (3, 5_000_000, 4)]),
        ("pairs", [{"driver_id": 3, "customer_id": f"customer-{n}"} for n in (3, 4)]),
        ("customer_profile", [{"customer_id": one} for one in ("customer-7", "nobody")]),
    ],
)
def test_named_entities_are_told_as_the_store_itself_holds_them(
    store: OnlineStore, filled: Field, name: str, entities: list[dict[str, int | str]]
) -> None:
    view = view_of(filled, name)
    keys = [encode(view.join_keys, one) for one in entities]
    with open_online(read_repo(filled.folder, os.environ)) as direct:
        theirs = pl.DataFrame(direct.of(view, keys)).drop("created").sort(list(view.join_keys))
    found = pl.DataFrame(store.of(view, keys)).drop("created").sort(list(view.join_keys))
    assert found.height == 1 + (name == "driver_stats")
    assert found.equals(theirs)
    ages = pl.DataFrame(store.ages(view, keys)).sort(list(view.join_keys))
    assert ages.equals(theirs.select(*view.join_keys, EVENT))


def test_a_view_without_join_keys_is_one_entity(store: OnlineStore, filled: Field) -> None:
    assert store.lists(view_of(filled, "fleet"))
    assert store.table(view_of(filled, "fleet"))["active"].to_pylist() == [7]


def test_nobody_can_list_what_is_there(store: OnlineStore, filled: Field) -> None:
    view = view_of(filled, "driver_stats")
    assert not store.lists(view)
    asked: list[Callable[[], Any]] = [
        lambda: store.table(view),
        lambda: store.sample(view, 5),
        lambda: store.ages(view),
    ]
    for one in asked:
        with pytest.raises(SourceUnreadableError, match="answers for named entities only"):
            one()


def test_entities_with_offline_rows_are_compared_and_orphans_cannot_be_found(
    store: OnlineStore, filled: Field
) -> None:
    view = view_of(filled, "driver_stats")
    rows = OfflineSource(str(filled.folder), "driver_stats", None, {}).snapshot()
    found = truth_of(view, store, rows, now=filled.now, within=timedelta(hours=2), sample=10_000)
    assert (found.listed, found.whole) == (False, False)
    assert found.comparison.groups.keys() == {State.EQUAL}
    assert found.comparison.fresh.value == 1.0


@pytest.mark.long
def test_feast_that_fails_is_told_by_the_kind_of_its_error_alone(tmp_path: Path) -> None:
    settings = "type: postgres\n  password: secret\n  port: nonsense"
    text = f"project: rides\nprovider: local\nregistry: r.db\nonline_store:\n  {settings}\n"
    (tmp_path / "feature_store.yaml").write_text(text)
    told = told_by(FeastStore(Repo(tmp_path, "rides", {}, {"type": "dynamodb"})))
    assert told.startswith("Feast cannot read its online store of the type 'dynamodb' (")
    assert "secret" not in told


def test_feast_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_feast, "PATIENCE_SECONDS", 0.1)
    told = told_by(FeastStore(Repo(tmp_path, "rides", {}, {"type": "dynamodb"})))
    assert told == "Feast did not read its online store of the type 'dynamodb' within 0.1 s."


def told_by(reader: Reader, view: View = VIEW) -> str:
    """The one error that a question ends in."""
    with pytest.raises(SourceError) as caught, OnlineStore(reader) as store:
        store.of(view, [encode({"driver_id": "INT64"}, {"driver_id": 1})])
    return str(caught.value)


class Answering(BaseHTTPRequestHandler):
    """Answers everything with what its server was told."""

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.server.answer  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def wrong() -> Iterator[HTTPServer]:
    """A server that is none of Feast's."""
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def answer(trips: object = 5, rate: object = 0.5, at: object = "2026-01-01T00:00:00Z", **more: Any) -> bytes:
    results = [{"values": [one], "event_timestamps": [at]} for one in (trips, rate)]
    names = {"feature_names": ["trips", "rate"]}
    return json.dumps({"metadata": names, "results": results, **more}).encode()


def at(server: HTTPServer, status: int, body: bytes) -> feature_server.FeatureServer:
    server.answer = (status, body)  # type: ignore[attr-defined]
    address = f"http://me:secret@127.0.0.1:{server.server_port}/"
    return feature_server.FeatureServer({"path": address})


def test_the_least_answer_that_makes_sense_is_taken(wrong: HTTPServer) -> None:
    with OnlineStore(at(wrong, 200, answer(rate="NaN"))) as store:
        found = pl.DataFrame(store.of(VIEW, [encode(VIEW.join_keys, {"driver_id": 1})]))
    assert (found["trips"].to_list(), found["rate"].is_nan().to_list()) == ([5], [True])


def test_what_is_told_as_present_with_the_time_1970_is_not_there(wrong: HTTPServer) -> None:
    with OnlineStore(at(wrong, 200, answer(None, None, "1970-01-01T00:00:00Z"))) as store:
        assert store.of(VIEW, [encode(VIEW.join_keys, {"driver_id": 1})]).num_rows == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b"[" * 100_000,
        answer(trips="five"),
        answer(trips=1.5),
        answer(trips=2**70),
        answer(rate="much"),
        answer(at=None),
        answer(at="yesterday"),
        answer(at="2026-01-01T00:00:00"),
        answer(results=[]),
        answer(metadata={"feature_names": ["trips", "other"]}),
        answer().replace(b"[5]", b"[5, 6]"),
    ],
)
def test_an_answer_that_is_none_of_feasts_is_one_error(wrong: HTTPServer, body: bytes) -> None:
    with pytest.raises(SourceCorruptError, match="is none of Feast's"):
        list(at(wrong, 200, body).of(VIEW, [encode(VIEW.join_keys, {"driver_id": 1})]))


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "HTTP 401: it asks for a login"),
        (404, "HTTP 404: it does not know the view 'driver_stats'"),
        (500, "HTTP 500: its own log says why"),
        (307, "HTTP 307: its own log says why"),
    ],
)
def test_a_server_that_refuses_is_told_and_not_followed(wrong: HTTPServer, status: int, told: str) -> None:
    found = told_by(at(wrong, status, b"secret"))
    assert told in found
    assert "secret" not in found


def test_an_answer_that_is_too_large_is_not_read(wrong: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_server, "MOST_BYTES", 100)
    assert "or is larger than" in told_by(at(wrong, 200, answer()))


def test_an_answer_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_server, "PATIENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        reader = feature_server.FeatureServer({"path": f"http://127.0.0.1:{silent.getsockname()[1]}"})
        assert told_by(reader).startswith("The feature server cannot be reached: ReadTimeout.")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("http://me:secret@127.0.0.1:9", "cannot be reached: ConnectionError"),
        ("http://[secret", "cannot be reached: InvalidURL"),
        ("grpc://me:secret@host", "begins neither with http:// nor with https://"),
    ],
)
def test_a_server_that_is_not_there_is_told_in_a_sentence(path: str, told: str) -> None:
    with pytest.raises(SourceUnreadableError) as caught:
        list(
            feature_server.FeatureServer({"path": path}).of(VIEW, [encode(VIEW.join_keys, {"driver_id": 1})])
        )
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)
