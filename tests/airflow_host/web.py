"""Airflow's own web application in this process, with its own login, and projects for its page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.builders import HOUR, NOW, write
from tests.world import at

CONTRACT = "dataset: rides\nowner: me@example.org\ntime: {event: at}\nfreshness: {max_age: 2h}\n"
SUBJECT = "subject: pricing\nowner: ml@example.org\nrequires: [rides]\n"


class Web:
    """A browser that is at Airflow, as nobody or as somebody who signed in.

    Attributes:
        url: Where Airflow is.
    """

    def __init__(self, url: str, passwords: Mapping[str, str]) -> None:
        self.url, self._tokens = url, dict[str, str]()
        for user, password in passwords.items():
            login = {"username": user, "password": password}
            told = httpx.post(f"{url}/auth/token", json=login, trust_env=False)
            self._tokens[user] = told.json()["access_token"]

    def get(
        self, path: str, user: str | None = "viewer", method: str = "GET", **headers: str
    ) -> httpx.Response:
        """Ask as a user whose browser keeps Airflow's cookie, or as nobody."""
        sent = self._cookie(user) | headers
        return httpx.request(method, f"{self.url}/featureguard{path}", headers=sent, trust_env=False)

    def status(self, path: str, user: str | None = "viewer") -> int:
        """What an address is answered with that is sent as it is, dots and all."""
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=20)
        connection.request("GET", f"/featureguard{path}", headers=self._cookie(user))
        found = connection.getresponse().status
        connection.close()
        return found

    def _cookie(self, user: str | None) -> dict[str, str]:
        return {"Cookie": f"_token={self._tokens[user]}"} if user else {}


def connect(monkeypatch: pytest.MonkeyPatch, **parts: Any) -> None:
    """Make the connection whose page is shown."""
    connection = json.dumps({"conn_type": "featureguard", **parts})
    monkeypatch.setenv("AIRFLOW_CONN_FEATUREGUARD_DEFAULT", connection)


def connect_project(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Make a project whose `rides` are an hour old, and a connection to it."""
    from featureguard.desk import open_desk

    folder.mkdir(exist_ok=True)
    (folder / "featureguard.yaml").write_text(
        "catalog: [contracts/]\nstore: {url: 'sqlite:///store.db', simulated: true}\n"
    )
    (folder / "contracts").mkdir()
    source = "source: {kind: parquet, path: lake/}\n"
    (folder / "contracts" / "rides.yaml").write_text(CONTRACT + source)
    (folder / "contracts" / "pricing.yaml").write_text(SUBJECT)
    (folder / "lake").mkdir()
    write(folder / "lake" / "rides.parquet", at=at(NOW - HOUR))
    with open_desk(project=folder, now=NOW.isoformat()) as desk:
        desk.check(["rides"])
    connect(monkeypatch, extra={"project": str(folder), "now": NOW.isoformat()})
