"""One poll for all triggers of a process that wait for the same, and never many at once."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from airflow_featureguard.asking import Question, Seen, ask, ask_service
from airflow_featureguard.hooks import FeatureGuardHook

if TYPE_CHECKING:
    from featureguard.client import AsyncClient

MOST_A_SECOND = 8.0
"""How many questions a triggerer asks by one connection in a second, at most."""

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
    _client: AsyncClient | None = None

    async def ask(self, question: Question) -> Seen | Mistake:
        """Ask when it is this question's turn.

        A connection that was changed meanwhile is read anew after whatever went wrong.
        """
        from airflow.sdk.exceptions import AirflowFailException

        from featureguard.errors import FeatureGuardError

        await self._my_turn()
        try:
            found = await self._answer(question)
        except (FeatureGuardError, AirflowFailException) as error:
            await self._forget()
            return Mistake(str(error))
        except Exception as error:  # Whoever waits must not wait for a poll that died.
            _log.exception("featureguard: whether %s could not be asked", question)
            await self._forget()
            why = f"featureguard: nobody can tell whether {question}: {type(error).__name__}"
            return Seen(False, False, False, f"{why}. The log of the triggerer says more.")
        if not found.known:
            await self._forget()
        return found

    async def close(self) -> None:
        """Let go of the connections."""
        await self._forget()

    async def _answer(self, question: Question) -> Seen:
        from featureguard.client import AsyncClient
        from featureguard.desk import open_desk

        if self._settings is None:
            self._settings = await FeatureGuardHook(self.conn_id).asettings()
        settings = dict(self._settings)
        if (url := settings.pop("api_url", None)) is None:
            return await asyncio.to_thread(lambda: ask(open_desk(**settings, by="airflow trigger"), question))
        if self._client is None:
            self._client = AsyncClient(url, **settings)
        return await ask_service(self._client, question)

    async def _forget(self) -> None:
        self._settings, client = None, self._client
        self._client = None
        if client:
            await client.close()

    async def _my_turn(self) -> None:
        async with self._turn:
            clock = asyncio.get_running_loop().time
            await asyncio.sleep(max(0.0, self._next - clock()))
            self._next = clock() + 1 / MOST_A_SECOND


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
