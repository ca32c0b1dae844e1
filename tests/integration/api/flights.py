"""The real flights around the blizzard of February 2013, behind an API: the examples of its description.

`python -m tests.integration.api.flights` asks every route once and writes `examples.json` anew.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from featureguard.access import Scope
from featureguard.catalog import load_catalog
from featureguard.demo.replay import prepare
from featureguard.demo.year import at_local, days, load_feeds
from featureguard.errors import StoreError
from featureguard.guard import Guard
from featureguard.project import load_project
from featureguard.store import open_store
from tests.decision_world import World, damage
from tests.integration.api.conftest import Api, running

SUBJECT = "departure_delay"
BLIZZARD = date(2013, 2, 8)
_LONGEST = 2


class Flights(World):
    """The demo's project, whose files landed until the blizzard."""

    def __init__(self, folder: Path) -> None:
        prepare(folder)
        self.mode = "enforce"
        self.project = load_project(folder, {}, None)
        self.catalog = load_catalog(self.project.catalog_places, {})
        self.now = datetime(2013, 1, 1, tzinfo=UTC)
        flights_and_weather = load_feeds()
        with Guard.open(self.project, self.catalog, clock=lambda: self.now, environ={}) as guard:
            for day in takewhile(lambda day: day <= BLIZZARD, days()):
                for feed in flights_and_weather:
                    feed.land(day, folder / "lake")
                self.now = at_local(day + timedelta(days=1), 6).astimezone(UTC)
                guard.check_all(SUBJECT)
        self.store = open_store(self.project.store_url({}), simulated=True, clock=lambda: self.now)
        self.now += timedelta(minutes=58)


@contextmanager
def flights(folder: Path) -> Iterator[Api]:
    """An API on them, an hour after the check of the morning after."""
    it = Flights(folder)
    with it.store, running(it) as api:
        yield api


def asked(api: Api) -> dict[str, Any]:
    """One answer of every route, by method and path."""
    ana, ben = (api.token(Scope.ADMIN, name=name) for name in ("ana@example.org", "ben@example.org"))
    found: dict[str, Any] = {}

    def ask(method: str, path: str, token: str = ana, body: Any = None, **names: str) -> Any:
        answer = api.ask(method, path.format(**names), token, **({"json": body} if body is not None else {}))
        answer.raise_for_status()
        is_json = answer.headers["content-type"] == "application/json"
        found[f"{method} {path}"] = answer.json() if is_json else answer.text
        api.world.now += timedelta(seconds=1)
        api.refresh()
        return found[f"{method} {path}"]

    document = api.get("/v1/openapi.json", ana).json()

    def example(schema: str) -> Any:
        return document["components"]["schemas"][schema]["examples"][0]

    ask("POST", "/v1/observations", body=example("Observations"))
    ask("POST", "/v1/previews", body=example("Question"))
    given = ask("POST", "/v1/waivers", body=example("WaiverBody"))["id"]
    ask("POST", "/v1/decisions", body=example("Attempt"))
    waiver = ask("POST", "/v1/waivers/{waiver_id}/approve", ben, waiver_id=given)["id"]
    decision = api.post("/v1/decisions", example("Attempt") | {"key": "promote-again"}, ana).json()["id"]
    ask(
        "POST",
        "/v1/decisions/{decision_id}/confirm",
        body=example("Confirmation"),
        decision_id=decision,
    )
    incident = api.get("/v1/incidents", ana).json()["groups"][0]["roots"][0]["key"]
    ask("POST", "/v1/incidents/{key}/notes", body=example("NoteBody"), key=incident)
    names = {"dataset": "flights", "subject": SUBJECT, "decision_id": decision, "key": incident}
    for path, operations in document["paths"].items():
        if "get" in operations:
            ask("GET", path, **names)
    ask("POST", "/v1/waivers/{waiver_id}/revoke", ben, example("Revocation"), waiver_id=waiver)
    damage(api.world.store.name, "ALTER TABLE fg_changes RENAME TO fg_away")
    with pytest.raises(StoreError):
        api.refresh()
    found["GET /readyz 503"] = api.get("/readyz").json()
    return found


def shortened(value: Any) -> Any:
    """The same with short lists of documents, and short texts."""
    if isinstance(value, dict):
        return {name: shortened(one) for name, one in value.items()}
    if isinstance(value, list):
        documents = any(isinstance(one, dict) for one in value)
        return [shortened(one) for one in (value[:_LONGEST] if documents else value)]
    return "".join(value.splitlines(keepends=True)[:6]) if isinstance(value, str) else value


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, flights(Path(folder)) as api:
        told = json.dumps(shortened(asked(api)), indent=1, ensure_ascii=False).replace(f"{folder}/", "")
    Path(str(files("featureguard.api.described").joinpath("examples.json"))).write_text(f"{told}\n", "utf-8")
