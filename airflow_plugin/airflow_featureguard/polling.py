"""One poll for all triggers of a process that wait for the same, and never many at once."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from airflow_featureguard.asking import Question, Seen, ask, ask_service
from airflow_featureguard.hooks import FeatureGuardHook, MissingConnectionError

if TYPE_CHECKING:
    from featureguard.client import AsyncClient

MOST_A_SECOND = 8.0
"""How many questions a triggerer asks by one connection in a second, at most."""

MOST_MISSED = 5
"""How often in a row Airflow may say that there is no such connection, until that is believed."""

_JITTER = 0.2
_log = logging.getLogger("airflow.featureguard")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to ask.

    Attributes:
        shortest: Fewest seconds between two questions.
        longest: Most seconds, also where nothing is said about when it may change.
    """

    shortest: float = 15.0
    longest: float = 300.0

    def pause(self, seen: Seen, failures: int) -> float:
        """Seconds until the next question.

        Args:
            seen: What was answered: `again_seconds` tells when it may have changed.
            failures: How often in a row nobody could tell.
        """
        wanted = self.shortest * 2.0 ** min(failures, 10)
        if seen.again_seconds is not None and not failures:
            wanted = seen.again_seconds
        # Later, so that it is not asked before the evidence may have changed; at the upper end sooner.
        spread = 1 + _JITTER * random.random()
        wanted = max(wanted, self.shortest)
        return max(self.shortest, min(wanted * spread, self.longest * (2 - spread)))


class Mistake(Exception):  # noqa: N818  (nothing went wrong but the question)
    """The question cannot be answered, however often it is asked."""


async def watch(conn_id: str, question: Question, pace: Pace) -> AsyncGenerator[Seen, None]:
    """Every answer from now on; an outage is an answer that is not `known`.

    Args:
        conn_id: The connection.
        question: What is asked.
        pace: How often.

    Raises:
        Mistake: If the question is wrong, or may not be asked.
    """
    lines = _LINES.setdefault(asyncio.get_running_loop(), {})
    line = lines.setdefault(conn_id, _Line(conn_id))
    poll = line.polls.setdefault((question, pace), _Poll(line, question, pace))
    try:
        async with aclosing(poll.answers()) as answers:
            async for one in answers:
                if isinstance(one, Mistake):
                    raise one
                yield one
    finally:
        if not poll.watchers:
            line.polls.pop((question, pace))
        if not line.polls:
            lines.pop(conn_id, None)
            await line.close()


@dataclass
class _Line:
    """A connection, and everything that is asked by it."""

    conn_id: str
    polls: dict[tuple[Question, Pace], _Poll] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _next: float = 0.0
    _settings: dict[str, Any] | None = None
    _missed: int = 0
    _door: _Door | None = None

    async def ask(self, question: Question) -> Seen | Mistake:
        """Ask when it is this question's turn.

        A connection that was changed meanwhile is read anew after whatever went wrong.
        """
        from airflow.sdk.exceptions import AirflowFailException

        from featureguard.errors import FeatureGuardError

        await self._my_turn()
        try:
            found = await self._answered(question)
        except (FeatureGuardError, AirflowFailException) as error:
            self._settings = None
            return Mistake(str(error))
        except MissingConnectionError as error:
            self._missed += 1  # Airflow's own server may be away, which it tells in the same way.
            if self._missed >= MOST_MISSED:
                return Mistake(str(error))
            return Seen(False, False, False, f"featureguard: {error}")
        except Exception as error:  # Whoever waits must not wait for a poll that died.
            _log.exception("featureguard: whether %s could not be asked", question)
            self._settings = None
            why = f"featureguard: nobody can tell whether {question}: {type(error).__name__}"
            return Seen(False, False, False, f"{why}. The log of the triggerer says more.")
        self._missed = 0
        if not found.known:
            self._settings = None
        return found

    async def _answered(self, question: Question) -> Seen:
        """What refuses a connection that was read some time ago may be mended in it: a new token."""
        from featureguard.errors import FeatureGuardError

        remembered = self._settings is not None
        try:
            return await self._answer(question)
        except FeatureGuardError:
            if not remembered:
                raise
            self._settings = None
        return await self._answer(question)

    async def close(self) -> None:
        """Let go of the connections."""
        door, self._door = self._door, None
        if door:
            await door.shut()

    async def _answer(self, question: Question) -> Seen:
        from featureguard.desk import open_desk

        if self._settings is None:
            self._settings = await FeatureGuardHook(self.conn_id).asettings()
        settings = self._settings
        if "api_url" not in settings:
            return await asyncio.to_thread(lambda: ask(open_desk(**settings, by="airflow trigger"), question))
        door = self._door
        if door is None or door.settings != settings:
            old, door = door, _Door(settings)
            self._door = door
            if old:
                await old.shut()
        async with door.client() as client:
            return await ask_service(client, question)

    async def _my_turn(self) -> None:
        async with self._turn:
            clock = asyncio.get_running_loop().time
            await asyncio.sleep(max(0.0, self._next - clock()))
            self._next = clock() + 1 / MOST_A_SECOND


class _Door:
    """The way to an API: it is shut once nobody is asking any more.

    Args:
        settings: What the connection says.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        from featureguard.client import AsyncClient

        self.settings = settings
        options = dict(settings)
        self._client = AsyncClient(options.pop("api_url"), **options)
        self._asking, self._unwanted = 0, False

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[AsyncClient, None]:
        """Somebody asks."""
        self._asking += 1
        try:
            yield self._client
        finally:
            self._asking -= 1
            await self._close_if_idle()

    async def shut(self) -> None:
        """Nobody will ask here any more; those who are asking are let finish."""
        self._unwanted = True
        await self._close_if_idle()

    async def _close_if_idle(self) -> None:
        if self._asking or not self._unwanted:
            return
        try:
            await self._client.close()
        except Exception as error:
            _log.warning("featureguard: a connection to the API could not be closed: %s", error)


class _Poll:
    """One question, asked while somebody waits for its answer."""

    def __init__(self, line: _Line, question: Question, pace: Pace) -> None:
        self.watchers = 0
        self._line, self._question, self._pace = line, question, pace
        self._number, self._last = 0, Seen(False, False, False, "")
        self._answered: asyncio.Condition = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._mistake: Mistake | None = None

    async def answers(self) -> AsyncGenerator[Seen | Mistake, None]:
        """Every answer from now on."""
        self.watchers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        number = self._number
        try:
            while True:
                async with self._answered:
                    await self._answered.wait_for(lambda: self._number > number)  # noqa: B023
                    number = self._number
                yield self._mistake or self._last
        finally:
            self.watchers -= 1
            if not self.watchers:
                self._task.cancel()

    async def _run(self) -> None:
        failures = 0
        while True:
            found = await self._line.ask(self._question)
            async with self._answered:
                if isinstance(found, Mistake):
                    self._mistake = found
                else:
                    self._mistake, self._last = None, found
                self._number += 1
                self._answered.notify_all()
            failures = failures + 1 if self._mistake or not self._last.known else 0
            await asyncio.sleep(self._pace.pause(self._last, failures))


_LINES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Line]] = WeakKeyDictionary()
