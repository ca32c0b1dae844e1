"""Triggers on a real API: they survive its outages and their own restarts, and share what they ask."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="airflow (extra 'airflow') is not installed")
pytest.importorskip("httpx", reason="httpx (extra 'client') is not installed")


from airflow_featureguard import polling
from airflow_featureguard.asking import Question, Seen
from airflow_featureguard.polling import Pace
from airflow_featureguard.triggers import FreshnessEventTrigger, FreshnessTrigger
from featureguard.access import Scope, id_of
from featureguard.api.app import create_app
from featureguard.client import AsyncClient
from featureguard.errors import StoreError
from tests.airflow_host.field import connect
from tests.decision_world import World, world
from tests.integration.api.conftest import Api, listening, running

QUICK: dict[str, Any] = {"shortest": 0.05, "longest": 0.1}


@dataclass
class Door:
    """What stands before the API: it counts, and can be shut.

    Attributes:
        app: The API.
        open: Whether it lets anybody in; else it is a proxy without a backend.
        asked: Paths that were asked for.
    """

    app: Any
    open: bool = True
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope["path"])
        if self.open:
            await self.app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 502, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@dataclass
class Site:
    """A world, its API, the door before it, and a connection to that."""

    it: World
    api: Api
    door: Door
    connection: dict[str, Any]

    def stale(self) -> None:
        self.it.go_stale()
        self.api.refresh()

    def fresh(self) -> None:
        self.it.look()
        self.api.refresh()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with world(tmp_path, f"sqlite:///{tmp_path}/store.db") as it, running(it) as api:
        door = Door(create_app(api.service, owns_service=False))
        with listening(door) as url:
            token = api.token(Scope.READ)
            connection = {"conn_type": "featureguard", "host": url, "password": token}
            connect(monkeypatch, connection)
            yield Site(it, api, door, connection)


async def fired(trigger: Any) -> Any:
    """What it fires first."""
    async for event in trigger.run():
        return event.payload
    raise AssertionError("it ended")


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


def anew(trigger: Any) -> Any:
    """As another triggerer makes it."""
    path, arguments = trigger.serialize()
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)(**arguments)


def test_it_fires_when_the_gate_opens_and_records_nothing(site: Site) -> None:
    async def wait() -> Any:
        waiting = asyncio.create_task(fired(FreshnessTrigger(subject="pricing", **QUICK)))
        await until(lambda: len(site.door.asked) >= 3)
        assert not waiting.done()
        await asyncio.to_thread(site.fresh)
        return await waiting

    site.stale()
    told = asyncio.run(wait())
    assert (told["outcome"], told["document"]["allowed"]) == ("open", True)
    assert set(site.door.asked) == {"/v1/previews"}
    assert site.it.store.decisions.recorded() == []


@pytest.mark.parametrize("outage", ["the API", "the triggerer"])
def test_an_outage_only_delays(site: Site, outage: str) -> None:
    async def wait() -> Any:
        trigger = FreshnessTrigger(subject="pricing", **QUICK)
        waiting = asyncio.create_task(fired(trigger))
        await until(lambda: len(site.door.asked) >= 2)
        if outage == "the triggerer":
            waiting.cancel()
            await asyncio.wait([waiting])
            waiting = asyncio.create_task(fired(anew(trigger)))
        else:
            site.door.open = False
            asked = len(site.door.asked)
            await until(lambda: len(site.door.asked) > asked)
        await asyncio.to_thread(site.fresh)
        site.door.open = True
        return await waiting

    site.stale()
    assert asyncio.run(wait())["outcome"] == "open"


def test_something_unforeseen_only_delays_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wait() -> Any:
        waiting = asyncio.create_task(fired(FreshnessTrigger(subject="pricing", **QUICK)))
        await until(lambda: len(broken) >= 2)
        monkeypatch.undo()
        connect(monkeypatch, site.connection)
        return await waiting

    broken: list[str] = []

    def breaks(_: Any) -> Any:
        broken.append("once more")
        raise RuntimeError("it is not as it should be")

    monkeypatch.setattr("airflow_featureguard.hooks.settings_of", breaks)
    assert asyncio.run(wait())["outcome"] == "open"


def test_a_connection_that_was_changed_is_followed_and_nobody_who_asks_is_cut_off(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old API is silent; a question to it is under way when another goes to the new one."""

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        silent.append(await reader.readline())
        while await reader.read(1 << 16):
            pass
        writer.close()

    async def both() -> tuple[Any, Any]:
        async with await asyncio.start_server(silence, "127.0.0.1", 0) as server:
            host = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            away = {"conn_type": "featureguard", "host": host, "extra": {"timeout_seconds": 4}}
            connect(monkeypatch, away)
            line = polling._Line("featureguard_default")
            first = asyncio.create_task(line.ask(Question("pricing")))
            await until(lambda: silent)
            connect(monkeypatch, site.connection)
            old, line._settings = line._door, None  # As after any other question that nobody answered.
            second = await line.ask(Question("pricing"))
            assert not first.done()
            found = await first, second
            await line.close()
            assert old is not None
            assert old._client._http is None
            return found

    silent: list[bytes] = []
    first, second = asyncio.run(both())
    assert (first.known, second.known, second.open) == (False, True, True)
    assert "it did not answer in time" in first.text


def test_a_token_that_was_changed_everywhere_ends_no_waiting(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wait() -> Any:
        waiting = asyncio.create_task(fired(FreshnessTrigger(subject="pricing", **QUICK)))
        await until(lambda: len(site.door.asked) >= 2)
        new = await asyncio.to_thread(site.api.token, Scope.READ, name="new")
        connect(monkeypatch, {**site.connection, "password": new})
        old = str(id_of(site.connection["password"]))
        await asyncio.to_thread(site.it.store.tokens.revoke, old, at=datetime.now(UTC))
        await asyncio.to_thread(site.api.refresh)
        asked = len(site.door.asked)
        await until(lambda: len(site.door.asked) >= asked + 3)
        assert not waiting.done()
        await asyncio.to_thread(site.fresh)
        return await waiting

    site.stale()
    assert asyncio.run(wait())["outcome"] == "open"


def test_a_connection_that_airflow_cannot_read_now_is_an_outage_and_no_mistake(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wait() -> Any:
        waiting = asyncio.create_task(fired(FreshnessTrigger(subject="pricing", **QUICK)))
        await asyncio.sleep(0.2)
        connect(monkeypatch, site.connection)
        return await waiting

    monkeypatch.delenv("AIRFLOW_CONN_FEATUREGUARD_DEFAULT")
    assert asyncio.run(wait())["outcome"] == "open"
    monkeypatch.delenv("AIRFLOW_CONN_FEATUREGUARD_DEFAULT")
    told = asyncio.run(fired(FreshnessTrigger(subject="pricing", **QUICK)))
    assert (told["outcome"], "There is no connection" in told["text"]) == ("mistake", True)


def test_a_connection_that_cannot_be_closed_ends_no_waiting(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    closes = AsyncClient.close

    async def breaks(client: AsyncClient) -> None:
        await closes(client)
        raise RuntimeError("it will not shut")

    monkeypatch.setattr("featureguard.client.AsyncClient.close", breaks)
    assert asyncio.run(fired(FreshnessTrigger(subject="pricing", **QUICK)))["outcome"] == "open"
    assert "it will not shut" in caplog.text


def test_a_picture_that_stands_still_opens_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> Any:
        raise StoreError("the store is away")

    fresh = asyncio.run(fired(FreshnessTrigger(dataset="rides", **QUICK)))
    assert fresh["outcome"] == "open"
    monkeypatch.setattr(site.api.service.keeper, "_refreshed", down)
    with pytest.raises(StoreError):
        site.api.service.keeper.refresh()
    told = asyncio.run(fired(FreshnessTrigger(dataset="rides", until=time.time() + 3, **QUICK)))
    assert (told["outcome"], "'rides' is unknown" in told["text"]) == ("timeout", True)


def test_it_gives_up_in_time_and_tells_what_was_answered_last(site: Site) -> None:
    site.stale()
    told = asyncio.run(fired(FreshnessTrigger(subject="pricing", until=time.time() + 3, **QUICK)))
    assert told["outcome"] == "timeout"
    assert told["text"].startswith("featureguard: block: 'pricing' may not train. The newest 'at'")


def test_a_breach_and_a_mistake_end_the_waiting(site: Site) -> None:
    site.stale()
    breached = asyncio.run(fired(FreshnessTrigger(subject="pricing", fail_on_block=True, **QUICK)))
    assert breached["outcome"] == "breach"
    mistaken = asyncio.run(fired(FreshnessTrigger(subject="pricig", **QUICK)))
    assert mistaken["outcome"] == "mistake"
    assert "Did you mean 'pricing'?" in mistaken["text"]


def test_a_hundred_that_wait_for_the_same_ask_once(site: Site) -> None:
    async def wait() -> list[Any]:
        waiting = [
            asyncio.create_task(fired(FreshnessTrigger(subject="pricing", shortest=0.5, longest=0.5)))
            for _ in range(100)
        ]
        await until(lambda: len(site.door.asked) >= 3)
        asked = len(site.door.asked)
        await asyncio.to_thread(site.fresh)
        found = await asyncio.gather(*waiting)
        assert len(site.door.asked) <= asked + 2
        return found

    site.stale()
    assert {told["outcome"] for told in asyncio.run(wait())} == {"open"}


def test_an_event_is_fired_once_for_each_opening_whatever_happens_in_between(site: Site) -> None:
    async def watched() -> list[str]:
        fires: list[str] = []

        async def listen() -> None:
            events = FreshnessEventTrigger(subject="pricing", **QUICK).run()
            while True:
                fires.append((await anext(events)).payload["featureguard"]["verdict"])

        async def after(change: Callable[[], object]) -> None:
            await asyncio.to_thread(change)
            asked = len(site.door.asked)
            await until(lambda: len(site.door.asked) >= asked + 3)

        watching = asyncio.create_task(listen())
        await until(lambda: fires)
        for change in (lambda: setattr(site.door, "open", False), lambda: setattr(site.door, "open", True)):
            await after(change)
        await after(site.stale)
        await after(site.fresh)
        watching.cancel()
        return fires

    assert asyncio.run(watched()) == ["allow", "allow"]


class Kept:
    """What Airflow keeps with an asset."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    async def aget(self, key: str) -> Any:
        return self.values.get(key)

    async def aset(self, key: str, value: Any) -> None:
        self.values[key] = value


def test_an_opening_that_was_told_is_not_told_again_after_a_restart(site: Site) -> None:
    async def twice() -> bool:
        first: Any = FreshnessEventTrigger(subject="pricing", **QUICK)
        second = anew(first)
        first.asset_state_store = second.asset_state_store = kept = Kept()
        events = first.run()
        await anext(events)
        moving: Awaitable[Any] = anext(events)  # It remembers once it is asked for more.
        going = asyncio.ensure_future(moving)
        await until(lambda: kept.values)
        going.cancel()
        await asyncio.wait([going])
        again = asyncio.create_task(fired(second))
        asked = len(site.door.asked)
        await until(lambda: len(site.door.asked) >= asked + 3)
        again.cancel()
        return again.done() and not again.cancelled()

    assert asyncio.run(twice()) is False


def test_an_asset_that_keeps_nothing_costs_no_opening(site: Site) -> None:
    class Broken:
        async def aget(self, key: str) -> Any:
            raise OSError("the database is away")

        async def aset(self, key: str, value: Any) -> None:
            raise OSError("the database is away")

    async def twice() -> list[bool]:
        events = trigger.run()
        found = [(await anext(events)).payload["featureguard"]["allowed"]]
        moving = asyncio.ensure_future(anext(events))
        asked = len(site.door.asked)
        await until(lambda: len(site.door.asked) >= asked + 3)
        assert not moving.done()
        await asyncio.to_thread(site.stale)
        asked = len(site.door.asked)
        await until(lambda: len(site.door.asked) >= asked + 3)
        await asyncio.to_thread(site.fresh)
        return [*found, (await moving).payload["featureguard"]["allowed"]]

    trigger: Any = FreshnessEventTrigger(subject="pricing", **QUICK)
    trigger.asset_state_store = Broken()
    assert asyncio.run(twice()) == [True, True]


@pytest.mark.parametrize(
    ("again", "failures", "least", "most"),
    [(None, 0, 15, 18), (3, 0, 15, 18), (120, 0, 120, 144), (9_999, 0, 240, 300), (None, 2, 60, 72)],
)
def test_the_pace_follows_when_something_may_change(
    again: float | None, failures: int, least: float, most: float
) -> None:
    seen = Seen(False, False, not failures, "", again_seconds=again)
    pauses = [Pace().pause(seen, failures) for _ in range(200)]
    assert least <= min(pauses) < max(pauses) <= most
